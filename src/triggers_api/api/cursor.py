"""Cursors: a position in one tenant's one query, signed, so that no other is accepted.

The signature keeps mistakes out (a cursor of another query, of another tenant, cut short).
No tenant's privacy rests on it: whose events are read is decided by the API key alone.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime

from triggers_api.access.ports import KeyQuery, TenantQuery
from triggers_api.errors import Detail, InvalidRequestError
from triggers_api.events.ports import EventQuery, Position
from triggers_api.executions.ports import ExecutionQuery, ExecutionsQuery
from triggers_api.push.ports import ConfigQuery, DeliveryQuery, MissedQuery
from triggers_api.timestamps import to_text
from triggers_api.usage.ports import UsageQuery

_SIGNATURE_BYTES = 12

ListQuery = (
    EventQuery
    | ExecutionQuery
    | ExecutionsQuery
    | DeliveryQuery
    | MissedQuery
    | ConfigQuery
    | KeyQuery
    | TenantQuery
    | UsageQuery
)
"""What is listed in pages."""


class CursorCodec:
    """Writes and reads cursors."""

    def __init__(self, key: bytes) -> None:
        """All processes of a deployment sign with the same key."""
        self._key = key

    def encode(self, tenant: str | None, query: ListQuery, position: Position) -> str:
        """A text without meaning to the caller, safe in a URL; an operator has no tenant."""
        place = f"{to_text(position.created_at)}{position.id}".encode()
        return urlsafe_b64encode(self._signature(tenant, query, place) + place).decode().rstrip("=")

    def decode(self, tenant: str | None, query: ListQuery, cursor: str) -> Position:
        """The position in this query. Raises `InvalidRequestError` for any other cursor."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (Base64Error, ValueError):
            raise _invalid() from None
        signature, place = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(tenant, query, place)):
            raise _invalid()
        if self.encode(tenant, query, position := _position(place)) != cursor:
            raise _invalid()  # another spelling of the same bytes
        return position

    def _signature(self, tenant: str | None, query: ListQuery, place: bytes) -> bytes:
        said = json.dumps([tenant, type(query).__name__, *_asked(query)], default=to_text)
        message = said.encode() + b"\0" + place
        return hmac.digest(self._key, message, hashlib.sha256)[:_SIGNATURE_BYTES]


def _asked(query: ListQuery) -> Iterator[object]:
    """What a query asks for; what a release before did not know counts only where it is used."""
    for field in fields(query):
        value = getattr(query, field.name)
        if not field.metadata.get("added_later"):
            yield value
        elif value != field.default:
            yield [field.name, value]


def _position(place: bytes) -> Position:
    """Only reached with a good signature, so this is what `encode` wrote."""
    text = place.decode()
    return Position(datetime.fromisoformat(text[:27]).astimezone(UTC), text[27:])


def _invalid() -> InvalidRequestError:
    message = (
        "This cursor does not belong to this query. Follow the Link header of the page before, "
        "or start again without a cursor."
    )
    detail = Detail("cursor", "not a cursor of this query", "invalid_cursor")
    return InvalidRequestError(message, code="invalid_cursor", details=(detail,))
