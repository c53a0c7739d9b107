"""Daily usage: what a tenant's events and pushes came to on one day, in UTC.

A write counts for the day on which it was made. An event that is replayed and acknowledged again
counts as acknowledged again, as it does in `/metrics`; so does a delivery that succeeds or is
given up again. Nothing that expires or is erased takes anything back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

from triggers_api.usage.changes import Change, DeliveryRecorded, EventAcknowledged, EventStored
from triggers_api.usage.counters import Amounts, Count, Row

KEPT_FOR: Final = timedelta(days=400)  # a bill may be asked about after a year


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyUsage:
    """The figures of one tenant and day."""

    day: date
    events_created: int = 0
    payload_bytes: int = 0
    events_acknowledged: int = 0
    attempts: int = 0
    deliveries_succeeded: int = 0
    deliveries_failed: int = 0

    @classmethod
    def of(cls, day: date, amounts: Amounts) -> Self:
        """What a row holds; names that are no figures of a day are left out."""
        names = [each.name for each in fields(cls) if each.name != "day"]
        return cls(day=day, **{name: amounts.get(name, 0) for name in names})


def row_of(tenant: str, day: date) -> Row:
    """The row that holds a day's figures."""
    begins_at = datetime.combine(day, time(), UTC)
    return Row(tenant, f"day#{day.isoformat()}", begins_at + KEPT_FOR, day)


def daily_counts(change: Change) -> Iterator[Count]:
    """What a change adds to its day."""
    amounts = {name: amount for name, amount in _amounts(change).items() if amount}
    if amounts:
        yield Count(row_of(change.tenant, change.at.date()), change.number, amounts)


def _amounts(change: Change) -> Amounts:
    match change:
        case EventStored():
            return {"events_created": 1, "payload_bytes": change.payload_bytes}
        case EventAcknowledged():
            return {"events_acknowledged": 1}
        case DeliveryRecorded():
            return {
                "attempts": len(change.durations_ms),
                "deliveries_succeeded": int(change.is_succeeded),
                "deliveries_failed": int(change.is_dead),
            }
    return {}
