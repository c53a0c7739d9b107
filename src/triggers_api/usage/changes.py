"""Changes: what the streams of the tables tell of writes that are worth counting."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A write, by its place in its shard."""

    tenant: str
    at: datetime  # when it was written; the same however often the record is handed out
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStored(Change):
    """A new event; a request that repeats one stores none."""

    event_id: str
    event_type: str
    execution_id: str | None
    payload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAcknowledged(Change):
    """An event became delivered."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReplayed(Change):
    """An event is pending again."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecorded(Change):
    """A delivery's record holds more attempts than before, or has come to its end."""

    config_id: str
    durations_ms: tuple[int, ...]  # of the attempts that are new
    is_succeeded: bool  # it became so with this write
    is_dead: bool  # so did this
