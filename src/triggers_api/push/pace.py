"""A config's pace: waiting pushes go to the receiver one by one, an interval apart.

A healthy receiver has no pace: everything is sent at once. A receiver gets one when it says "too
fast", or comes back after being down. Each success shortens the interval, by a lot at first, and
by little once the receiver's limit was met. A refusal lengthens it, and nothing is sent before
the time that the receiver asked for. So a receiver that takes one push a second gets one a
second, and one that takes everything has lost its pace ten seconds later.

A push that has to wait draws a ticket, and comes back when its turn should be. A turn passes
even if nobody takes it, so lost tickets hold nobody up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

FIRST_INTERVAL: Final = timedelta(seconds=1)
_FIRST_AT_MOST: Final = timedelta(seconds=10)
LONGEST_INTERVAL: Final = timedelta(minutes=5)
SOON: Final = timedelta(seconds=2)  # a worker waits for a turn this near
FORGOTTEN_AFTER: Final = timedelta(hours=1)  # without a refusal
_FREE_BELOW: Final = timedelta(milliseconds=20)
_SHORTEST_WORD: Final = timedelta(seconds=1)  # `Retry-After` knows no shorter time
_FASTER: Final = 1.1
_FASTER_AT_LIMIT: Final = 1.001
_SLOWER: Final = 1.25
_SLOWER_AT_LIMIT: Final = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The state; each change returns a new one."""

    next_at: datetime  # when the next push may be sent
    interval: timedelta = FIRST_INTERVAL
    since: datetime  # when what was sent at this pace could first be taken
    served: int  # tickets up to this one have had their turn
    met_limit: bool = False  # the receiver refused pushes at about this pace

    @classmethod
    def begun(cls, at: datetime, *, wait: timedelta, served: int) -> "Pace":
        """Begin after a wait; a receiver that asks for a long one hardly takes one a second."""
        interval = min(max(wait / 2, FIRST_INTERVAL), _FIRST_AT_MOST)
        return cls(next_at=at + wait, interval=interval, since=at + wait, served=served)

    def is_over(self, at: datetime) -> bool:
        """Whether it is too old to mean anything."""
        return at > max(self.since + FORGOTTEN_AFTER, self.next_at)

    def turn_of(self, ticket: int | None, tickets: int, at: datetime) -> datetime:
        """When it is this ticket's turn; without a ticket, after all `tickets` drawn so far."""
        served = self._served_by(at, tickets)
        ahead = tickets - served if ticket is None else ticket - served - 1
        return max(self.next_at, at) + self.interval * max(0, ahead)

    def taken(self, ticket: int | None, tickets: int, at: datetime) -> "Pace":
        """Somebody takes the next turn."""
        served = self._served_by(at, tickets)
        return replace(
            self,
            next_at=max(self.next_at, at) + self.interval,
            served=served if ticket is None else min(served + 1, tickets),
        )

    def faster(self) -> "Pace | None":
        """The pace after a success; None once the receiver takes whatever comes."""
        interval = self.interval / (_FASTER_AT_LIMIT if self.met_limit else _FASTER)
        return replace(self, interval=interval) if interval >= _FREE_BELOW else None

    def slower(self, at: datetime, *, sent_at: "Pace | None", wait: timedelta | None) -> "Pace":
        """The pace after a refusal of a push sent at `sent_at`; the receiver may ask to wait."""
        if sent_at is None or sent_at.since != self.since:  # slowed down already since it was sent
            return self._held_until(max(self.next_at, at + (wait or timedelta(0))))
        if wait is None:
            interval = self.interval * 2
        else:
            is_near = wait <= max(self.interval * 2, _SHORTEST_WORD)
            interval = self.interval * (_SLOWER_AT_LIMIT if is_near else _SLOWER)
        interval = min(interval, LONGEST_INTERVAL)
        next_at = max(self.next_at, at + (interval if wait is None else wait))
        return replace(
            self,
            next_at=next_at,
            interval=interval,
            since=next_at,
            served=max(0, self.served - 1),  # the refused push still has its turn
            met_limit=True,
        )

    def _held_until(self, at: datetime) -> "Pace":
        """Take turns from then on; after a long hold, as if the pace began then."""
        is_long = at - self.since > LONGEST_INTERVAL
        return replace(self, next_at=at, since=at if is_long else self.since)

    def _served_by(self, at: datetime, tickets: int) -> int:
        passed = max(0, (at - self.next_at) // self.interval)  # turns that nobody took
        return min(max(tickets, self.served), self.served + passed)
