"""Lines of pushes: so many are sent each second, and what is more waits its turn.

A push that may not go at once reserves the next turn, in a token bucket that may owe: so each
turn is one push's, the line is served in order, and a push that waits comes back when its turn
is there, neither sooner nor to ask again. It holds no worker meanwhile, and nothing waits in
flight. Waiting is no attempt and no failure of the receiver's, and however long the line grows,
nothing in it is given up before its event expires.

There are two lines. A config's protects its receiver, a tenant's everybody else. A push stands
in its config's line first, so that what floods one config comes into its tenant's line no faster
than that config's limit, and delays none of the tenant's other pushes. A config whose limit is
no lower than its tenant's needs no line: the tenant's keeps both.

Who has come to the end of the lines may be one of many: queues delay by whole seconds, workers
come late, a tenant's line lets several go at once. So before a config's receiver there is a door,
the same bucket once more, which lets one go after the other. Who is near waits in the worker.

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
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Task

LOOKS_AGAIN_WITHIN: Final = timedelta(minutes=15)  # a queue's longest delay; the limit may change
_KEPT_FOR: Final = timedelta(minutes=2)  # then another has long been sent in its place
_SOON: Final = timedelta(seconds=2)  # a worker waits at the door so long
# Who waits at a door holds a place of a worker: half a second each, of these 25 for a config.
# A receiver of more a second is seldom hurt if some come together, and there is no door.
_DOOR_UP_TO: Final = 50  # a second
_ASKS_AGAIN_AFTER: Final = timedelta(seconds=5)  # while the store does not answer


@dataclass(frozen=True, slots=True)
class Turn:
    """A push's place in its lines."""

    task: Task  # which remembers it
    at: datetime  # when it may go, if it may go now: a moment away at most
    again_at: datetime | None = None  # when to come back; None if it may go now


class Turns:
    """Gives turns; without a limit everybody goes at once, and nothing is asked."""

    def __init__(self, buckets: TokenBuckets, per_second: Callable[[str], int | None]) -> None:
        """`per_second` tells a tenant's limit; all workers share the buckets."""
        self._buckets = buckets
        self._per_second = per_second

    def recall(self, task: Task, now: datetime) -> Turn | None:
        """The turn in its tenant's line that a push has and must still wait for; asks nobody."""
        turn_at = _time(task.turn_at)
        if turn_at is None or turn_at <= now or task.turn_rate != self._per_second(task.tenant):
            return None
        return _wait(task, turn_at, now)

    def take(self, task: Task, config: NotificationConfig, now: datetime) -> Turn:
        """Let a push go whose turns have come; give another one the next turn."""
        own = self._limit_of(config)
        task = self._out_of_lines(_without_lapsed(task, now), own, now)
        turn = self._in_config_line(task, own, now)
        if turn.again_at is None:
            turn = self._in_tenant_line(turn.task, now)
        if turn.again_at is None:
            turn = self._at_door(turn.task, own, now)
        return turn

    def _in_config_line(self, task: Task, own: int | None, now: datetime) -> Turn:
        """If the store does not answer it waits: to send faster would be against its word."""
        if own is None:
            return Turn(task, now)
        turn_at = _time(task.config_turn_at)
        if turn_at is None:
            try:
                turn_at = self._next_turn(_config_line(task, own), _evenly(own), now)
            except TransientError:
                return _wait(task, now + _ASKS_AGAIN_AFTER, now)
            task = replace(task, config_turn_at=turn_at.timestamp(), config_turn_rate=own)
        return Turn(task, now) if turn_at <= now else _wait(task, turn_at, now)

    def _in_tenant_line(self, task: Task, now: datetime) -> Turn:
        """If the store does not answer it goes: a limit must not be what stops pushes."""
        per_second = self._per_second(task.tenant)
        if per_second is None:
            return Turn(task, now)
        turn_at = _time(task.turn_at)
        if turn_at is None:
            try:
                turn_at = self._next_turn(_line(task, per_second), _at_once(per_second), now)
            except TransientError:
                return Turn(task, now)
            task = replace(task, turn_at=turn_at.timestamp(), turn_rate=per_second)
        return Turn(task, now) if turn_at <= now else _wait(task, turn_at, now)

    def _at_door(self, task: Task, own: int | None, now: datetime) -> Turn:
        """As in its config's line. Who comes for a turn at the door goes, even a little late."""
        if own is None or own > _DOOR_UP_TO:
            return Turn(task, now)
        turn_at = _time(task.door_at)
        if turn_at is None:
            try:
                turn_at = self._next_turn(f"{_config_line(task, own)}:door", _evenly(own), now)
            except TransientError:
                return _wait(task, now + _ASKS_AGAIN_AFTER, now)
            task = replace(task, door_at=turn_at.timestamp())
        if turn_at <= now + _SOON:
            return Turn(task, max(turn_at, now))
        return _wait(task, turn_at - _SOON / 2, now)

    def _next_turn(self, line: str, limit: RateLimit, now: datetime) -> datetime:
        return self._buckets.owe(line, limit, 1, now).next_at - limit.time_of(1)

    def _limit_of(self, config: NotificationConfig) -> int | None:
        """The config's, if its tenant's does not keep it."""
        own, its_tenants = config.policy.rate_limit_per_second, self._per_second(config.tenant)
        return None if own is None or (its_tenants is not None and its_tenants <= own) else own

    def _out_of_lines(self, task: Task, own: int | None, now: datetime) -> Task:
        """The push without its turns of limits that are no more; a later push gets those to come."""
        rate, own_rate = task.turn_rate, task.config_turn_rate
        if rate is not None and rate != self._per_second(task.tenant):
            self._give_back(_line(task, rate), _at_once(rate), _time(task.turn_at), now)
            task = replace(task, turn_at=None, turn_rate=None)
        if own_rate is not None and own_rate != own:
            line, turn_at = _config_line(task, own_rate), _time(task.config_turn_at)
            self._give_back(line, _evenly(own_rate), turn_at, now)
            task = replace(task, config_turn_at=None, config_turn_rate=None, door_at=None)
        return task

    def _give_back(
        self, line: str, limit: RateLimit, turn_at: datetime | None, now: datetime
    ) -> None:
        if turn_at is not None and turn_at > now:
            with suppress(TransientError):
                self._buckets.give_back(line, limit, 1, now)


def lines_of(tenant: str) -> str:
    """Where the lines of a tenant and its configs are kept, one for each limit that it had."""
    return f"{tenant}#pace"


def _line(task: Task, per_second: int) -> str:
    return f"{lines_of(task.tenant)}/{per_second}"


def _config_line(task: Task, per_second: int) -> str:
    return f"{lines_of(task.tenant)}/{task.config_id}:{per_second}"


def _at_once(per_second: int) -> RateLimit:
    """A second's turns may be taken together."""
    return RateLimit(per_second, per_second)


def _evenly(per_second: int) -> RateLimit:
    """One turn after the other, also after a rest."""
    return RateLimit(per_second, 1)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _without_lapsed(task: Task, now: datetime) -> Task:
    """The push without turns that it has not come for; who waited for one kept those before.

    But where there is a door, a place in the config's line is kept: the door sees who is late.
    """
    turns = [task.turn_at, task.door_at]
    has_door = task.config_turn_rate is not None and task.config_turn_rate <= _DOOR_UP_TO
    if not has_door:
        turns.append(task.config_turn_at)
    last = max((each for each in turns if each is not None), default=None)
    if last is None or now.timestamp() - last <= _KEPT_FOR.total_seconds():
        return task
    if has_door:
        return replace(task, turn_at=None, turn_rate=None, door_at=None)
    return task.out_of_line()


def _wait(task: Task, until: datetime, now: datetime) -> Turn:
    """What it waits here does not count as waiting for its receiver."""
    again_at = min(until, now + LOOKS_AGAIN_WITHIN)
    if task.waits_since is not None:
        waits_since = task.waits_since + (again_at - now).total_seconds()
        task = replace(task, waits_since=waits_since)
    return Turn(task, until, again_at)
