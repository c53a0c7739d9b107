"""Every metric: handlers emit only these, dashboards and alarms read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Metric(StrEnum):
    """A metric of the namespace `TriggersAPI`, by its name in CloudWatch."""

    API_LATENCY = "ApiLatency"
    API_ERRORS = "ApiErrors"
    EVENTS_CREATED = "EventsCreated"
    EVENTS_ACKNOWLEDGED = "EventsAcknowledged"
    EVENTS_FAILED = "EventsFailed"
    EVENTS_REPLAYED = "EventsReplayed"
    EVENTS_SET_ASIDE = "EventsSetAside"
    COUNTS_SET_ASIDE = "CountsSetAside"
    DELIVERIES_SUCCEEDED = "DeliveriesSucceeded"
    DELIVERIES_FAILED = "DeliveriesFailed"
    WIDESPREAD_FAILURES = "WidespreadFailures"
    DELIVERY_LATENCY = "DeliveryLatency"
    DEAD_LETTERS = "DeadLetters"
    OVERDUE_DELIVERIES = "OverdueDeliveries"
    INBOX_DEPTH = "InboxDepth"
    OLDEST_PENDING_AGE = "OldestPendingAge"
    CIRCUITS_OPEN = "CircuitsOpen"
    DELETION_STALLED = "DeletionStalled"


class Unit(StrEnum):
    """As CloudWatch spells it."""

    COUNT = "Count"
    MILLISECONDS = "Milliseconds"
    SECONDS = "Seconds"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A metric's unit, and what one value of it means."""

    unit: Unit
    says: str


DIMENSION: Final = "service"  # every metric's; its value is the stack's name
CHANNEL: Final = "channel"
"""A dimension beside it, of a few metrics only: each channel is a metric more, $0.30 a month."""

METRICS: Final[Mapping[Metric, Meaning]] = {
    Metric.API_LATENCY: Meaning(
        Unit.MILLISECONDS, "time in the function for one request; /health and /metrics apart"
    ),
    Metric.API_ERRORS: Meaning(Unit.COUNT, "answers of 500 and above, of the same requests"),
    Metric.EVENTS_CREATED: Meaning(Unit.COUNT, "events stored, alerts of our own too"),
    Metric.EVENTS_ACKNOWLEDGED: Meaning(Unit.COUNT, "events that became delivered"),
    Metric.EVENTS_FAILED: Meaning(Unit.COUNT, "events that became failed"),
    Metric.EVENTS_REPLAYED: Meaning(Unit.COUNT, "events that were put back to pending"),
    Metric.EVENTS_SET_ASIDE: Meaning(Unit.COUNT, "events, or pushes of one, left to a person"),
    Metric.COUNTS_SET_ASIDE: Meaning(
        Unit.COUNT, "records or sums of them that usage lacks, left to a person"
    ),
    Metric.DELIVERIES_SUCCEEDED: Meaning(Unit.COUNT, "1 for a delivery that succeeded, 0 if dead"),
    Metric.DELIVERIES_FAILED: Meaning(Unit.COUNT, "deliveries given up"),
    Metric.WIDESPREAD_FAILURES: Meaning(
        Unit.COUNT, "deliveries given up within an hour, if many tenants' are"
    ),
    Metric.DELIVERY_LATENCY: Meaning(Unit.MILLISECONDS, "from an event's creation to its delivery"),
    Metric.DEAD_LETTERS: Meaning(Unit.COUNT, "deliveries given up"),
    Metric.OVERDUE_DELIVERIES: Meaning(
        Unit.COUNT, "deliveries pushed again because their own messages were lost"
    ),
    Metric.INBOX_DEPTH: Meaning(Unit.COUNT, "undelivered events, 10,000 of a tenant at most"),
    Metric.OLDEST_PENDING_AGE: Meaning(Unit.SECONDS, "age of the oldest undelivered event"),
    Metric.CIRCUITS_OPEN: Meaning(Unit.COUNT, "configs whose circuit breaker is open"),
    Metric.DELETION_STALLED: Meaning(
        Unit.SECONDS, "the longest time that nothing of a tenant went that is being deleted"
    ),
}

BY_CHANNEL: Final = (Metric.DELIVERIES_SUCCEEDED, Metric.DELIVERIES_FAILED)
"""Emitted once for all and once for each channel."""

RARE: Final = frozenset(
    {
        Metric.API_ERRORS,
        Metric.EVENTS_FAILED,
        Metric.EVENTS_REPLAYED,
        Metric.EVENTS_SET_ASIDE,
        Metric.COUNTS_SET_ASIDE,
        Metric.DELIVERIES_FAILED,
        Metric.DEAD_LETTERS,
        Metric.DELETION_STALLED,
        Metric.OVERDUE_DELIVERIES,
    }
)
"""Emitted only when there is something to tell, never a zero: a metric is billed by the hour that
has a value of it. Who wants a rate divides by how many values another metric has."""
