"""What begins, continues and ends a connector's failures in a row."""

from datetime import datetime
from typing import Final

from triggers_api.events.event import Event
from triggers_api.timestamps import to_text

FAILURES_TO_ALERT: Final = 3
ALERT_TYPE: Final = "notifications.consecutive_failures"
_SUCCESSES: Final = (".completed", ".succeeded")


def is_failure(event: Event) -> bool:
    """Whether it counts as a failure of its connector."""
    return event.event_type.endswith(".failed")


def is_success(event: Event) -> bool:
    """Whether it ends its connector's streak."""
    return event.event_type.endswith(_SUCCESSES)


def streak_name(reset_at: datetime | None) -> str:
    """A streak is named after the success before it."""
    return "the beginning" if reset_at is None else to_text(reset_at)
