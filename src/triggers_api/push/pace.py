"""A config's pace: how what waits for a receiver comes back to it, one by one.

Healthy is to have none: everything is sent at once. A receiver that says "too fast", or comes
back from being down, gets one: pushes take turns, an interval apart. Each success shortens the
interval, by much at first and by little once the receiver's limit was met; a refusal lengthens
it, and nobody is sent to before the time that the receiver asked for. So a receiver that takes
one push a second gets one a second, and one that takes all of them has no pace ten seconds later.

Who has to wait draws a ticket, and comes back when its turn should be. A turn that nobody came
for has passed too: tickets that were lost hold nobody up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

FIRST_INTERVAL: Final = timedelta(seconds=1)
_FIRST_AT_MOST: Final = timedelta(seconds=10)
LONGEST_INTERVAL: Final = timedelta(minutes=5)
SOON: Final = timedelta(seconds=2)  # so near a turn is waited for in place
FORGOTTEN_AFTER: Final = timedelta(hours=1)  # without a refusal
_FREE_BELOW: Final = timedelta(milliseconds=20)
_SHORTEST_WORD: Final = timedelta(seconds=1)  # `Retry-After` knows no shorter time
_FASTER: Final = 1.1
_FASTER_AT_LIMIT: Final = 1.001
_SLOWER: Final = 1.25
_SLOWER_AT_LIMIT: Final = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """State and its changes; each answers a new one."""

    next_at: datetime  # whoever's turn is next may be sent then
    interval: timedelta = FIRST_INTERVAL
    since: datetime  # when it began or was last slowed down
    served: int  # whose tickets are not above have had their turn
    met_limit: bool = False  # the receiver refused what came at about this pace

    @classmethod
    def begun(cls, at: datetime, *, wait: timedelta, served: int) -> "Pace":
        """Begin after a wait; who asks for a long one is not likely to take one each second."""
        interval = min(max(wait / 2, FIRST_INTERVAL), _FIRST_AT_MOST)
        return cls(next_at=at + wait, interval=interval, since=at, served=served)

    def is_over(self, at: datetime) -> bool:
        """Whether it was kept for so long that it says nothing any more."""
        return at > max(self.since + FORGOTTEN_AFTER, self.next_at)

    def turn_of(self, ticket: int | None, tickets: int, at: datetime) -> datetime:
        """When it is that ticket's turn; without one, behind all `tickets` that were drawn."""
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
        """A push was taken. None: the receiver takes whatever comes."""
        interval = self.interval / (_FASTER_AT_LIMIT if self.met_limit else _FASTER)
        return replace(self, interval=interval) if interval >= _FREE_BELOW else None

    def slower(self, at: datetime, *, sent_at: "Pace | None", wait: timedelta | None) -> "Pace":
        """A push that was sent at a pace was refused; it may say for how long to leave it alone."""
        if sent_at is None or sent_at.since != self.since:  # another was refused since: that counts
            return replace(self, next_at=max(self.next_at, at + (wait or timedelta(0))))
        if wait is None:
            interval = self.interval * 2
        else:
            is_near = wait <= max(self.interval * 2, _SHORTEST_WORD)
            interval = self.interval * (_SLOWER_AT_LIMIT if is_near else _SLOWER)
        interval = min(interval, LONGEST_INTERVAL)
        return replace(
            self,
            next_at=max(self.next_at, at + (interval if wait is None else wait)),
            interval=interval,
            since=at,
            served=max(0, self.served - 1),  # whoever was refused has its turn yet before it
            met_limit=True,
        )

    def _served_by(self, at: datetime, tickets: int) -> int:
        passed = max(0, (at - self.next_at) // self.interval)  # turns that nobody came for
        return min(max(tickets, self.served), self.served + passed)
