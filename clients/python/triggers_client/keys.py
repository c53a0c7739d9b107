"""A tenant's API keys."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from triggers_client.encoding import text_of
from triggers_client.models import ApiKey, IssuedApiKey
from triggers_client.paging import path_of, walk
from triggers_client.transport import Transport

_KEYS = "/keys"


def _key_path(key_id: str, action: str = "") -> str:
    return f"{_KEYS}/{quote(key_id, safe='')}{action}"


class Keys:
    """`/keys` of the API.

    What makes a secret is not sent again after a lost answer: look for the key by its name.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, limit: int | None = 100) -> Iterator[ApiKey]:
        """All of the tenant, dead ones too, newest first; `limit` is of a page."""
        return walk(self._transport, path_of(_KEYS, {"limit": limit}))

    def create(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        expires_at: str | None = None,
        allowed_ips: Sequence[str] | None = None,
    ) -> IssuedApiKey:
        """Make one that may do nothing that this client's own may not; told whole this once."""
        return self._issued(_KEYS, key_draft(name, scopes, expires_at, allowed_ips))

    def rotate(self, key_id: str, *, overlap_seconds: int = 0) -> IssuedApiKey:
        """Give it a new secret, told this once; the old one works so long, too."""
        return self._issued(_key_path(key_id, "/rotate"), {"overlap_seconds": overlap_seconds})

    def revoke(self, key_id: str) -> None:
        """End it for good; again changes nothing."""
        self._transport.send("DELETE", _key_path(key_id))

    def _issued(self, path: str, body: Mapping[str, Any]) -> IssuedApiKey:
        answer = self._transport.send("POST", path, text_of(body), repeatable=False)
        return cast("IssuedApiKey", answer.document())


def key_draft(
    name: str, scopes: Sequence[str], expires_at: str | None, allowed_ips: Sequence[str] | None
) -> dict[str, object]:
    """The body that asks for a key."""
    return {
        "name": name,
        "scopes": [*scopes],
        "expires_at": expires_at,
        "allowed_ips": None if allowed_ips is None else [*allowed_ips],
    }
