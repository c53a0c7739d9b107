"""A tenant's line: so many of its pushes are sent each second, and what is more waits its turn.

A push that may not go at once reserves the next turn, in a token bucket that may owe: so each
turn is one push's, the line is served in order, and a push that waits comes back when its turn
is there, neither sooner nor to ask again. It holds no worker meanwhile, and nothing waits in
flight. Waiting is no attempt and no failure of the receiver's, and however long the line grows,
nothing in it is given up before its event expires.

A push takes a turn only while its receiver's breaker lets it through. If the breaker holds it
back when its turn comes, the turn lapses and the push takes another once it is let through: a
write more for each time that it is held back again.

A changed limit is another line. Who comes back with a turn of the old one gives it back, and
takes a turn of the new one, or none if there is no limit any more. If the old limit returns, its
line holds those who stayed, and nobody waits behind turns that nobody will take.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from triggers_api.access.ports import TokenBuckets
from triggers_api.access.token_bucket import RateLimit
from triggers_api.errors import TransientError
from triggers_api.push.delivery import Task

LOOKS_AGAIN_WITHIN: Final = timedelta(minutes=15)  # a queue's longest delay; the limit may change
_KEPT_FOR: Final = timedelta(minutes=2)  # then another has long been sent in its place


@dataclass(frozen=True, slots=True)
class Turn:
    """A push's place in its tenant's line."""

    task: Task  # which remembers it
    again_at: datetime | None  # when to come back; None if it may go now


class Turns:
    """Gives turns; without a limit everybody goes at once, and nothing is asked."""

    def __init__(self, buckets: TokenBuckets, per_second: Callable[[str], int | None]) -> None:
        """`per_second` tells a tenant's limit; all workers share the buckets."""
        self._buckets = buckets
        self._per_second = per_second

    def recall(self, task: Task, now: datetime) -> Turn | None:
        """The turn that a push has and must still wait for; asks nobody."""
        turn_at = self._turn_of(task)
        return None if turn_at is None or turn_at <= now else _wait(task, turn_at, now)

    def take(self, task: Task, now: datetime) -> Turn:
        """Let a push go whose turn has come; give another one the next turn.

        If the store does not answer it goes: a limit must not be what stops pushes.
        """
        per_second = self._per_second(task.tenant)
        if task.turn_rate is not None and task.turn_rate != per_second:
            task = self._out_of_line(task, task.turn_rate, now)
        if per_second is None:
            return Turn(task, None)
        turn_at = self._turn_of(task)
        if turn_at is None or now - turn_at > _KEPT_FOR:
            limit = _limit(per_second)
            try:
                taken = self._buckets.owe(_line(task, per_second), limit, 1, now)
            except TransientError:
                return Turn(task, None)
            turn_at = taken.next_at - limit.time_of(1)
            task = replace(task, turn_at=turn_at.timestamp(), turn_rate=per_second)
        return Turn(task, None) if turn_at <= now else _wait(task, turn_at, now)

    def _out_of_line(self, task: Task, rate: int, now: datetime) -> Task:
        """The push without its turn of a limit that is no more."""
        if task.turn_at is not None and task.turn_at > now.timestamp():
            with suppress(TransientError):
                self._buckets.give_back(_line(task, rate), _limit(rate), 1, now)
        return replace(task, turn_at=None, turn_rate=None)

    def _turn_of(self, task: Task) -> datetime | None:
        """Its turn, unless the limit has changed since it was given."""
        if task.turn_at is None or task.turn_rate != self._per_second(task.tenant):
            return None
        return datetime.fromtimestamp(task.turn_at, UTC)


def lines_of(tenant: str) -> str:
    """Where the lines of a tenant are kept, one for each limit that it had."""
    return f"{tenant}#pace"


def _line(task: Task, per_second: int) -> str:
    return f"{lines_of(task.tenant)}/{per_second}"


def _limit(per_second: int) -> RateLimit:
    return RateLimit(per_second, per_second)


def _wait(task: Task, turn_at: datetime, now: datetime) -> Turn:
    """What it waits here does not count as waiting for its receiver."""
    again_at = min(turn_at, now + LOOKS_AGAIN_WITHIN)
    if task.waits_since is not None:
        waits_since = task.waits_since + (again_at - now).total_seconds()
        task = replace(task, waits_since=waits_since)
    return Turn(task, again_at)
