"""One spelling of a moment: UTC, six decimals, a trailing Z, so that its text sorts as time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""What tells the time; injected, so that a test can set it. Answers an aware UTC datetime."""


def now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """`2026-11-21T22:55:18.123456Z`, always 27 characters."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """Read an ISO 8601 moment; without an offset it is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("before the year 1 or after the year 9999 in UTC") from None
