"""The life of an event: its statuses and the one table of moves between them."""

from enum import StrEnum

from triggers_api.errors import ConflictError


class EventStatus(StrEnum):
    """Where an event stands with its consumers."""

    PENDING = "pending"  # stored, nobody has acknowledged it yet
    FAILED = "failed"  # every push of it was given up; it stays in the inbox
    DELIVERED = "delivered"  # a consumer acknowledged it


TRANSITIONS: dict[EventStatus, frozenset[EventStatus]] = {
    EventStatus.PENDING: frozenset({EventStatus.DELIVERED, EventStatus.FAILED}),
    EventStatus.FAILED: frozenset({EventStatus.DELIVERED, EventStatus.PENDING}),
    EventStatus.DELIVERED: frozenset({EventStatus.PENDING}),  # only a replay leads back
}
"""From each status, the statuses an event may move to."""

UNDELIVERED = (EventStatus.PENDING, EventStatus.FAILED)
"""What the inbox holds, in the order of an event's life."""

ALL_STATUSES = (*UNDELIVERED, EventStatus.DELIVERED)
"""Every status, in the order of an event's life: the order in which lists must be read."""


MOST_ROUNDS = 100
"""How often an event can be replayed, so that a receiver that replays what it gets must stop."""


def too_many_replays() -> ConflictError:
    """The error for one replay too many."""
    message = f"This event was replayed {MOST_ROUNDS} times. Post a new one."
    return ConflictError(message, code="too_many_replays")


def sources_of(target: EventStatus) -> tuple[EventStatus, ...]:
    """The statuses from which an event may move to `target`."""
    return tuple(status for status in ALL_STATUSES if target in TRANSITIONS[status])
