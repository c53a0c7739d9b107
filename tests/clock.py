"""A clock that stands still until it is told otherwise."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 22, 55, 18, 123456, UTC)


class FixedClock:
    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **duration: float) -> datetime:
        """Go on by a duration, given as to `timedelta`, and tell the new time."""
        self.at += timedelta(**duration)
        return self.at
