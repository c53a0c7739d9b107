"""Event ids: `evt_` and a ULID, whose random half can be derived from an idempotency key.

A ULID is 48 bits of milliseconds and 80 bits that tell ids of one millisecond apart.
If there is an idempotency key, those 80 bits are a hash of tenant and key. The store files
an event under its random half, so the conditional write of a second request with the same key
meets the first one's event, and idempotency costs no extra write.
"""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ulid import ULID

ENTROPY_BYTES = 10
_ENTROPY_CHARACTERS = 16  # 80 bits in Crockford's base 32

EVENT_ID = re.compile(r"evt_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def is_event_id(text: str) -> bool:
    """Whether `text` has the form of an event id."""
    return EVENT_ID.fullmatch(text) is not None


def new_event_id(created_at: datetime, entropy: bytes) -> str:
    """The id of an event created then; `entropy` is ten bytes."""
    milliseconds = int(created_at.timestamp() * 1000)
    return f"evt_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + entropy)}"


def random_entropy() -> bytes:
    """Ten bytes for an event without an idempotency key."""
    return secrets.token_bytes(ENTROPY_BYTES)


class Origin(StrEnum):
    """Who chose a key. Keys of different origins never collide."""

    REQUEST = "request"  # the Idempotency-Key of a request, or of one event of a batch
    BATCH = "batch"  # the Idempotency-Key of a batch, and the event's index in it
    CLOUD_EVENT = "cloud_event"  # source and id
    SOURCE = "source"  # a foreign sender's: our source's id, and its own id of the delivery
    ALERT = "alert"  # ours: connector and streak
    SUCCESSOR = "successor"  # ours: the id under which an event found its key's place taken


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The key by which a repeated event is recognised."""

    origin: Origin
    parts: tuple[str | int, ...]

    @classmethod
    def of_request(cls, text: str) -> "IdempotencyKey":
        """The key that a caller sent in a header, or beside one event."""
        return cls(Origin.REQUEST, (text,))

    @property
    def names_the_event(self) -> bool:
        """Whether the key alone identifies the event, whatever its content."""
        return self.origin in (Origin.CLOUD_EVENT, Origin.SOURCE, Origin.ALERT)


def entropy_of_key(tenant: str, key: IdempotencyKey) -> bytes:
    """Ten bytes that are the same for every request of this tenant with this key."""
    # A JSON array: no part can run over into the next one, whatever it contains.
    text = json.dumps([tenant, key.origin, *key.parts])
    return hashlib.sha256(text.encode()).digest()[:ENTROPY_BYTES]


def created_at_of(event_id: str) -> datetime:
    """When the event was created, to the millisecond, read from its id."""
    return ULID.from_str(event_id.removeprefix("evt_")).datetime


def to_bytes(event_id: str) -> bytes:
    """The id in 16 bytes, to keep many together."""
    return ULID.from_str(event_id.removeprefix("evt_")).bytes


def from_bytes(packed: bytes) -> str:
    """The id that `to_bytes` packed."""
    return f"evt_{ULID.from_bytes(packed)}"


def random_half(event_id: str) -> str:
    """The 16 characters of an id that do not tell its time."""
    return event_id[-_ENTROPY_CHARACTERS:]
