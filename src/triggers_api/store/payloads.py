"""Large payloads, each an item of its own that only its event's head can open.

| item    | pk              | sk                            | holds                  |
|---------|-----------------|-------------------------------|------------------------|
| payload | the head's `pk` | `payload#<event id>#<digest>` | the payload, encrypted |

The key is drawn for this one item and kept nowhere but in the head. So the two have one life,
whatever stops between their writes: a payload whose head was never stored, was erased or was
swept cannot be read by anybody any more, and time to live sweeps it.
"""

import hashlib
import os
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from triggers_api.store.table import Item

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PAYLOAD: Final = "payload#"
"""Begins the sort key of every payload that is kept apart."""

_KEY_BYTES: Final = 32
_SPARE: Final = timedelta(days=1)  # clocks differ, and only the head's expiry is meant exactly
_NONCE: Final = bytes(12)  # a key seals one payload, so no nonce is used twice with it


def new_key() -> bytes:
    """A key for one payload."""
    return os.urandom(_KEY_BYTES)


def kept_until(head_until: datetime, delivered_retention: timedelta) -> datetime:
    """When a payload may be swept whose head now says `head_until`.

    Acknowledged on its last day, the event is kept for another retention.
    """
    return head_until + delivered_retention + _SPARE


def in_head(key: bytes) -> dict[str, Any]:
    """What a head holds in the place of its payload."""
    return {"M": {"key": {"B": key}}}


def key_of(head: Item) -> bytes | None:
    """The key of a head's payload; None if the head holds the payload itself, or none."""
    kept: dict[str, Any] = head.get("payload", {})
    key: bytes | None = kept["M"]["key"]["B"] if "M" in kept else None
    return key


def place_of(head: Item) -> Item:
    """The primary key of a head's payload: no two keys lead to one, so no two requests do."""
    digest = hashlib.sha256(key_of(head) or b"").hexdigest()[:16]
    return {"pk": head["pk"], "sk": {"S": f"{PAYLOAD}{head['id']['S']}#{digest}"}}


def sealed(head: Item, packed: bytes) -> Item:
    """The item of a payload that was compressed."""
    place = place_of(head)
    box = _cipher(head).encrypt(_NONCE, packed, _context(place))
    return place | {"payload": {"B": box}}


def opened(head: Item, body: Item) -> bytes:
    """The payload's JSON text; raises `cryptography.exceptions.InvalidTag` for another head's."""
    return zlib.decompress(_cipher(head).decrypt(_NONCE, body["payload"]["B"], _context(body)))


def units_to_read(body: Item) -> int:
    """The read units that a payload's item takes, read consistently: one for each 4 KB begun."""
    return -(-len(body["payload"]["B"]) // 4096)


def _context(place: Item) -> bytes:
    """What the payload is sealed for: it opens nowhere else."""
    return f"{place['pk']['S']} {place['sk']['S']}".encode()


def _cipher(head: Item) -> "AESGCM":
    # Loaded at its first use: most events are small.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key_of(head) or b"")
