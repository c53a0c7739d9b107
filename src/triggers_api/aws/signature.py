"""Signature Version 4 of a POST of JSON to the root of an endpoint of AWS."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import NoCredentialsError

from triggers_api.aws.environment import Place, Secrets
from triggers_api.timestamps import now


class Signer:
    """Signs with the secrets it is given; if there are none, with those that botocore finds."""

    def __init__(
        self,
        service: str,
        place: Place,
        secrets: Secrets | None,
        find_credentials: Callable[[], Any],
    ) -> None:
        """`find_credentials` answers botocore's, which refresh themselves, or None."""
        self._scope = f"{place.region}/{service}/aws4_request"
        self._host = urlsplit(place.url).netloc
        self._find_credentials = find_credentials
        self._found: Any = None
        self._given = secrets
        self._key: tuple[tuple[str, str], bytes] = (("", ""), b"")  # of a day and a secret

    def sign(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """All headers that are needed; the given ones are in lower case."""
        access_key, secret, token = self._given or self._secrets()
        moment = now().strftime("%Y%m%dT%H%M%SZ")
        signed = headers | {"host": self._host, "x-amz-date": moment}
        if token:
            signed["x-amz-security-token"] = token
        names = sorted(signed)
        lines = "\n".join(f"{name}:{signed[name]}" for name in names)
        content = hashlib.sha256(body).hexdigest()
        canonical = f"POST\n/\n\n{lines}\n\n{';'.join(names)}\n{content}"
        scope = f"{moment[:8]}/{self._scope}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
        signature = _hmac(self._key_of(moment[:8], secret), text).hex()
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return signed

    def _key_of(self, day: str, secret: str) -> bytes:
        made_of, key = self._key
        if made_of != (day, secret):
            key = f"AWS4{secret}".encode()
            for part in (day, *self._scope.split("/")):
                key = _hmac(key, part)
            self._key = ((day, secret), key)  # at once, for other threads
        return key

    def _secrets(self) -> Secrets:
        self._found = self._found or self._find_credentials()
        if self._found is None:
            raise NoCredentialsError
        frozen = self._found.get_frozen_credentials()
        return Secrets(frozen.access_key, frozen.secret_key, frozen.token)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
