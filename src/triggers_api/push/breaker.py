"""A config's circuit breaker: keeps us from hammering a receiver that fails.

It is closed until ten attempts in a row have failed. Then it is open: for 120 seconds nothing
is sent, and waiting pushes use up no attempts. Then it is half-open: it lets through one probe
at a time; three successes in a row close it, one failure opens it again. The pushes that waited
then go out at a pace (see `pace.py`); so do those for a receiver that is too busy but not down.

The state is part of the config's row, which every delivery reads anyway, so a healthy breaker
costs nothing. Changes are decided here, and written only if the row has not changed since.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from triggers_api.push.pace import FIRST_INTERVAL, Pace

FAILURES_TO_OPEN: Final = 10
OPEN_FOR: Final = timedelta(seconds=120)
SUCCESSES_TO_CLOSE: Final = 3
PROBE_TAKES: Final = timedelta(seconds=45)  # above a push's timeout; later, the prober has died


class BreakerState(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"  # everything
    OPEN = "open"  # nothing
    HALF_OPEN = "half_open"  # one probe at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """The state; each change returns a new one."""

    failures: int = 0  # in a row
    successes: int = 0  # of probes, in a row
    opened_at: datetime | None = None  # set while it is not closed
    probing_until: datetime | None = None  # a worker is probing, or died probing
    pace: Pace | None = None  # if set, pushes take turns
    failing_since: datetime | None = None  # the first failure since a success
    begun_at: datetime | None = None  # for another receiver, or anew; None: with the config

    def is_of_another_receiver_than(self, other: "CircuitBreaker") -> bool:
        """Whether it began anew since the other was read: their receivers' answers are apart."""
        return self.begun_at != other.begun_at

    def state(self, at: datetime) -> BreakerState:
        """What it lets through at that moment."""
        if self.opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if at < self.opened_at + OPEN_FOR else BreakerState.HALF_OPEN

    def waits_until(self, at: datetime) -> datetime | None:
        """Until when nothing may be sent because the receiver is down; None if it may."""
        if self.opened_at is not None and at < self.opened_at + OPEN_FOR:
            return self.opened_at + OPEN_FOR
        if self.probing_until is not None and at < self.probing_until:
            return self.probing_until
        return None

    def held_until(self, at: datetime) -> datetime:
        """Until when nothing at all is sent to the receiver."""
        pace = self._pace(at)
        return max(self.waits_until(at) or at, at if pace is None else pace.next_at)

    @property
    def met_limit(self) -> bool:
        """Whether the pace is stable: it will hardly become faster."""
        return self.pace is not None and self.pace.met_limit

    def turn_of(self, ticket: int | None, tickets: int, at: datetime) -> datetime:
        """When the push with this ticket may be sent; `tickets` were drawn in all."""
        pace = self._pace(at)
        turn = at if pace is None else pace.turn_of(ticket, tickets, at)
        held_until = self.held_until(at)
        behind = timedelta(0) if pace is None else turn - max(pace.next_at, at)
        return held_until + behind

    def taken(self, ticket: int | None, tickets: int, at: datetime) -> "CircuitBreaker":
        """Somebody takes the next turn; if the breaker is half-open, that is its one probe."""
        pace = self._pace(at)
        probes = self.state(at) is BreakerState.HALF_OPEN
        if pace is None and not probes:
            return self  # costs no write, even if an old pace is still there
        return replace(
            self,
            probing_until=at + PROBE_TAKES if probes else None,
            pace=None if pace is None else pace.taken(ticket, tickets, at),
        )

    def succeeded(self, at: datetime) -> "CircuitBreaker":
        """An attempt succeeded."""
        pace = self._pace(at)
        if self.opened_at is None:
            if self.failures == 0 and pace is None:
                return self  # a healthy receiver costs no write
            return self._closed(pace=None if pace is None else pace.faster())
        if self.successes + 1 >= SUCCESSES_TO_CLOSE:
            return self._closed(pace=pace)
        return replace(self, successes=self.successes + 1, probing_until=None)

    def failed(self, at: datetime, tickets: int = 0) -> "CircuitBreaker":
        """An attempt failed: the receiver is down, or seems to be."""
        failures, since = self.failures + 1, self.failing_since or at
        if self.opened_at is None and failures < FAILURES_TO_OPEN:
            return self._closed(failures=failures, pace=self._pace(at), since=since)
        served = tickets if self.pace is None else self.pace.served
        pace = Pace(next_at=at + OPEN_FOR, since=at, served=served)
        return replace(self._closed(failures=failures, pace=pace, since=since), opened_at=at)

    def was_too_fast(
        self, at: datetime, *, sent_at: Pace | None, wait: timedelta | None, tickets: int
    ) -> "CircuitBreaker":
        """The receiver is up, and asks us to wait: that is no failure."""
        pace = self._pace(at)
        if pace is None:
            slower = Pace.begun(at, wait=wait or FIRST_INTERVAL, served=tickets)
        else:
            slower = pace.slower(at, sent_at=sent_at, wait=wait)
        return replace(self, probing_until=None, pace=slower)

    def was_answered(self) -> "CircuitBreaker":
        """The receiver refused this event, which says nothing about others."""
        return replace(self, probing_until=None)

    def _closed(
        self, *, failures: int = 0, pace: Pace | None, since: datetime | None = None
    ) -> "CircuitBreaker":
        return CircuitBreaker(
            failures=failures, pace=pace, failing_since=since, begun_at=self.begun_at
        )

    def _pace(self, at: datetime) -> Pace | None:
        return None if self.pace is None or self.pace.is_over(at) else self.pace
