"""The event: what an integrator posts, in the one shape it has everywhere."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from triggers_api.events.lifecycle import EventStatus
from triggers_api.timestamps import to_text

MetadataValue = str | int | float | bool | None
SYSTEM_TYPES: Final = "notifications"  # the first word of types that nobody outside may use
MAX_TYPE_LENGTH: Final = 128
MAX_PAYLOAD_BYTES: Final = 256 * 1024


class Severity(StrEnum):
    """How much a person should care, from least to most."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened at an integrator's; only its status and delivery fields change."""

    id: str
    event_type: str
    payload: bytes
    """A JSON object as UTF-8 text, number for number as it was sent; never parsed again."""
    metadata: dict[str, MetadataValue]
    severity: Severity
    execution_id: str | None
    status: EventStatus
    created_at: datetime
    delivered_at: datetime | None = None
    delivery_attempts: int = 0

    def as_json(self) -> bytes:
        """The event as UTF-8 JSON, every key present: the one shape of answers, lists and pushes.

        The payload is spliced in as it was sent, because parsing and dumping it
        would turn `1.10` into `1.1` and lose digits that a double cannot hold.
        """
        head = {"id": self.id, "event_id": self.id, "event_type": self.event_type}
        tail = {
            "metadata": self.metadata,
            "severity": self.severity,
            "execution_id": self.execution_id,
            "status": self.status,
            "created_at": to_text(self.created_at),
            "delivered_at": None if self.delivered_at is None else to_text(self.delivered_at),
            "delivery_attempts": self.delivery_attempts,
        }
        return b'%s,"payload":%s,%s' % (_dump(head)[:-1], self.payload, _dump(tail)[1:])


def is_systems_own(event_type: str) -> bool:
    """Whether an event of this type is believed by its type, for nobody outside can send one."""
    return event_type.partition(".")[0].lower() == SYSTEM_TYPES


def is_of_type(event_type: str, wanted: str | None) -> bool:
    """Whether a type is the wanted one, or begins like a wanted prefix (`invoice.*`)."""
    if wanted is None:
        return True
    return event_type.startswith(wanted[:-1]) if wanted.endswith(".*") else event_type == wanted


def events_as_json(events: Iterable[Event]) -> bytes:
    """A JSON array of events, as UTF-8."""
    return b"[" + b",".join(event.as_json() for event in events) + b"]"


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _dump(value: object) -> bytes:
    return _encoder.encode(value).encode()
