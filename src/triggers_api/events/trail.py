"""An event's trail: what its own record remembers of its life, also once it is erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from triggers_api.events.event import MetadataValue, Severity
from triggers_api.events.lifecycle import EventStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What is known of an event without its payload."""

    id: str
    event_type: str
    severity: Severity
    execution_id: str | None
    created_at: datetime
    metadata: Mapping[str, MetadataValue]  # empty once it is erased
    status: EventStatus | None  # None once it is erased
    delivered_at: datetime | None = None
    rounds: int = 0  # how often it was replayed
    replayed_at: datetime | None = None  # the last time
    erased_at: datetime | None = None

    @property
    def matched_at(self) -> datetime:
        """When its last round of pushes began: by the configs of then."""
        return self.replayed_at or self.created_at
