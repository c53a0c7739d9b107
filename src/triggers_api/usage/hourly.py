"""Hourly usage: the hours of a tenant's day, for people who look at how it goes.

They are kept in the row of their day, under names of three letters: an hour costs no write of its
own, and all of a day's together half a kilobyte. Hours that were counted by an older version are
not there, and read as nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from triggers_api.usage.changes import Change, DeliveryRecorded, EventStored
from triggers_api.usage.counters import Amounts, Count
from triggers_api.usage.daily import row_of

_CREATED: Final = "c"
_SUCCEEDED: Final = "s"
_FAILED: Final = "f"
NAMES: Final = {
    _CREATED: "events_created",
    _SUCCEEDED: "deliveries_succeeded",
    _FAILED: "deliveries_failed",
}
"""What the letters stand for; the two digits behind one are the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyUsage:
    """The figures of one tenant and hour."""

    begins_at: datetime
    events_created: int = 0
    deliveries_succeeded: int = 0
    deliveries_failed: int = 0

    @classmethod
    def of(cls, begins_at: datetime, amounts: Amounts) -> Self:
        """What the row of its day holds of an hour."""
        figures = {name: amounts.get(_name(letter, begins_at), 0) for letter, name in NAMES.items()}
        return cls(begins_at=begins_at, **figures)


def hourly_counts(change: Change) -> Iterator[Count]:
    """What a change adds to its hour, in the row of its day."""
    match change:
        case EventStored():
            what = _CREATED
        case DeliveryRecorded(is_succeeded=True):
            what = _SUCCEEDED
        case DeliveryRecorded(is_dead=True):
            what = _FAILED
        case _:
            return
    row = row_of(change.tenant, change.at.date())
    yield Count(row, change.number, {_name(what, change.at): 1})


def _name(what: str, at: datetime) -> str:
    return f"{what}{at.astimezone(UTC):%H}"
