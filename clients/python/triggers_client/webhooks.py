"""Signatures after Standard Webhooks, as the API puts them on what it pushes.

`v1` is made with a secret (`whsec_…`) that both sides know, `v1a` with a private key of the API's,
and verified with the public one (`whpk_…`); that needs the extra `triggers-client[v1a]`.
"""

import base64
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triggers_client.errors import TriggersError

_PREFIX = "whsec_"
_PUBLIC = "whpk_"
_TOLERANCE_SECONDS = 300
_SECRET_BYTES = range(24, 65)  # as the standard says
_PUBLIC_BYTES = range(32, 33)
_NO_KEY = (
    "To verify, give whsec_ and 24 to 64 bytes in base64, or the public key, whpk_ and 32."
    " This is neither."
)


class WebhookVerificationError(TriggersError):
    """The push is not genuine, or too old; the message says which."""


class WebhookKeyError(TriggersError, ValueError):
    """What was given to verify with is no key: the receiver's fault, whatever the push says."""


def new_secret() -> str:
    """A secret of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret; raises `WebhookKeyError` if it is none."""
    return _bytes_after(_PREFIX, secret, _SECRET_BYTES)


def _bytes_after(prefix: str, text: str, sizes: range) -> bytes:
    text = text.strip()  # what a file holds ends with the end of its line
    encoded = text.removeprefix(prefix)
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as cause:
        raise WebhookKeyError(_NO_KEY) from cause
    # Without its beginning, a public key would do for a secret, and everybody knows it.
    if not text.startswith(prefix) or len(raw) not in sizes:
        raise WebhookKeyError(_NO_KEY)
    return raw


def signed(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers."""
    message = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    signature = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    keys: Sequence[str],
    *,
    tolerance_seconds: float = _TOLERANCE_SECONDS,
    now: float | None = None,
) -> None:
    """Raise `WebhookVerificationError` unless one of the keys has signed the push.

    `body` is the request's body as it came; `keys` are secrets and public keys, several while one
    is rotated. Raises `WebhookKeyError` if one of them is none, such as a variable that is not
    set: with an empty key, anybody could sign.
    """
    verifying = [_Key.of(key) for key in keys]
    if not verifying:
        raise WebhookKeyError("There is no key to verify with.")
    known = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = _header(known, "webhook-id"), _header(known, "webhook-timestamp")
    if not re.fullmatch("[0-9]{1,15}", timestamp):
        raise WebhookVerificationError("The header webhook-timestamp is no number of seconds.")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance_seconds:
        raise WebhookVerificationError("The webhook is too old, or from the future.")
    message = f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body
    sent = [each.partition(",") for each in _header(known, "webhook-signature").split(" ")]
    if not any(key.has_signed(message, kind, text) for key in verifying for kind, _, text in sent):
        raise WebhookVerificationError("No signature of this webhook fits its body and your keys.")


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise WebhookVerificationError(f"The webhook has no header {name}.")
    return value


@dataclass(frozen=True, slots=True)
class _Key:
    """What one kind of signature is verified with."""

    kind: str
    raw: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "_Key":
        """What a secret or a public key stands for."""
        if not text.strip().startswith(_PUBLIC):
            return cls("v1", key_of(text))
        return cls("v1a", _bytes_after(_PUBLIC, text, _PUBLIC_BYTES))

    def has_signed(self, message: bytes, kind: str, text: str) -> bool:
        """Whether this signature is by this key."""
        try:
            signature = base64.b64decode(text, validate=True)
        except ValueError:
            return False
        if kind != self.kind:
            return False
        if kind == "v1a":
            return _fits(self.raw, message, signature)
        return hmac.compare_digest(signature, hmac.digest(self.raw, message, "sha256"))


def _fits(public_key: bytes, message: bytes, signature: bytes) -> bool:
    # Only who verifies by a public key needs the library, and has it.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
