"""A config's circuit breaker: keeps a receiver that fails from being hammered.

Closed until ten attempts in a row have failed. Then open: for 120 seconds nothing is sent,
and what waits uses up no attempts. After that half-open: one probe at a time, and three that
succeed in a row close it; one that fails opens it again.

The state is part of the config's row, which every delivery reads anyway, so a healthy breaker
costs nothing. Changes are decided here and written on condition that the row is as it was read.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

FAILURES_TO_OPEN: Final = 10
OPEN_FOR: Final = timedelta(seconds=120)
SUCCESSES_TO_CLOSE: Final = 3
PROBE_TAKES: Final = timedelta(seconds=30)  # above a send's timeout; then the prober is dead


class BreakerState(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"  # everything
    OPEN = "open"  # nothing
    HALF_OPEN = "half_open"  # one probe at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """State and its changes; each answers a new one."""

    failures: int = 0  # in a row
    successes: int = 0  # of probes, in a row
    opened_at: datetime | None = None  # set while it is not closed
    probing_until: datetime | None = None  # somebody is probing, or died of it

    def state(self, at: datetime) -> BreakerState:
        """What it lets through at that moment."""
        if self.opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if at < self.opened_at + OPEN_FOR else BreakerState.HALF_OPEN

    def waits_until(self, at: datetime) -> datetime | None:
        """Until when nothing may be sent; None if something may."""
        if self.opened_at is not None and at < self.opened_at + OPEN_FOR:
            return self.opened_at + OPEN_FOR
        if self.probing_until is not None and at < self.probing_until:
            return self.probing_until
        return None

    def probing(self, at: datetime) -> "CircuitBreaker":
        """Somebody takes the half-open breaker's one probe."""
        return replace(self, probing_until=at + PROBE_TAKES)

    def succeeded(self) -> "CircuitBreaker":
        """An attempt succeeded."""
        if self.opened_at is None or self.successes + 1 >= SUCCESSES_TO_CLOSE:
            return CircuitBreaker()
        return replace(self, successes=self.successes + 1, probing_until=None)

    def failed(self, at: datetime) -> "CircuitBreaker":
        """An attempt failed."""
        failures = self.failures + 1
        if self.opened_at is not None or failures >= FAILURES_TO_OPEN:
            return CircuitBreaker(failures=failures, opened_at=at)
        return CircuitBreaker(failures=failures)
