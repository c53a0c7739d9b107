"""One true time that nobody waits for, and the wrong clocks that processes have."""

from datetime import UTC, datetime, timedelta

from tests.simulation.scheduler import current

_BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)


class VirtualClock:
    """Read by calling it; each actor's clock is off by up to a few seconds, always alike."""

    def __init__(self, largest_skew: timedelta = timedelta(0)) -> None:
        self.now = _BEGIN
        self._largest_skew = largest_skew

    def __call__(self) -> datetime:
        actor = current()
        if actor is None:
            return self.now
        share = (sum(actor.name.encode()) % 201 - 100) / 100  # -1 to 1, told by its name
        return self.now + self._largest_skew * share

    def pass_by(self, time: timedelta) -> None:
        """Let some time pass."""
        self.now += time

    def pass_until(self, moment: datetime) -> None:
        """Let time pass to a moment; never back."""
        self.now = max(self.now, moment)
