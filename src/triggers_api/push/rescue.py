"""Rescue: what should long have been tried again, and was not, gets another message.

A delivery under way is a record and a message, and a message can be lost: with a schedule that
gave it up in silence, a queue that was purged, made anew or stood still for a week, a dead letter
that somebody threw away. So records whose next attempt is late are looked for, and their tasks
sent again, as their own retry would have sent them. If the first message is alive after all, the
record decides between the two, as ever.

A push may rightly be late: a receiver that is down or too busy holds what waits for it, a line is
long, workers are behind. That is no loss, and another message would only make it longer. So a
delivery is lost only if it is late at two looks an hour apart, and nothing holds it at either.
If nothing becomes of the new message either, the next one takes twice as long.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from triggers_api.errors import InternalError, TransientError
from triggers_api.parallel import InParallel
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import WAITS_AT_MOST
from triggers_api.push.delivery import Task
from triggers_api.push.ports import ConfigList, RescueStore, Retrying, TaskQueue
from triggers_api.push.turns import LOOKS_AGAIN_WITHIN
from triggers_api.timestamps import Clock

LATE_AFTER: Final = timedelta(hours=1)
"""A delay of the queue takes a quarter of it, a worker that died a tenth."""
LATE_BEHIND_WORKERS_AFTER: Final = timedelta(days=1)
LATE_BEHIND_OTHERS_AFTER: Final = WAITS_AT_MOST + timedelta(days=1)
"""By then, what waits for a receiver has been given up, unless its message is lost."""
_LONGEST_BETWEEN: Final = timedelta(days=1)  # two messages
_PAGE: Final = 100
_TENANTS_AT_ONCE: Final = 20
_REMEMBERED: Final = 500  # tenants to go on with; any other is begun anew


@dataclass(slots=True)
class Rescued:
    """What one run did."""

    tenants: int = 0
    noted: int = 0  # late for the first time
    pushed: int = 0  # sent again
    held: int = 0  # late, and rightly so
    left: int = 0  # tenants that the next run goes on with
    failures: dict[str, Exception] = field(default_factory=dict)  # by tenant


@dataclass(frozen=True, slots=True)
class _Looked:
    """What came of one page."""

    next_after: str | None
    late: int
    noted: int
    pushed: int


class Rescue:
    """Looks through what is under way, a page of each tenant in turn, for as long as it is given.

    Nobody's million keeps another's one waiting, and the next run goes on where this one stops.
    """

    def __init__(
        self,
        *,
        tenants: Callable[[], Sequence[str]],
        store: RescueStore,
        configs: ConfigList,
        queue: TaskQueue,
        is_behind: Callable[[], bool],
        clock: Clock,
        within: timedelta,
    ) -> None:
        """`tenants` are all that may have something under way; `is_behind` asks about workers."""
        self._tenants = tenants
        self._store = store
        self._configs = configs
        self._queue = queue
        self._is_behind = is_behind
        self._clock = clock
        self._within = within

    def __call__(self) -> Rescued:
        """Do one run. What fails for one tenant does not stop the others."""
        ends_at = self._clock() + self._within
        known, tenants = self._store.read_left(), self._tenants()
        rescued = Rescued(tenants=len(tenants))
        after = {tenant: known.get(tenant, "") for tenant in tenants}
        waiting = deque(sorted(tenants, key=lambda tenant: tenant not in known))
        usual = _Usual(self._store, self._configs, self._is_behind)
        while waiting and self._clock() < ends_at:
            turn = [waiting.popleft() for _ in range(min(_TENANTS_AT_ONCE, len(waiting)))]
            for tenant, looked in zip(turn, self._look_at(turn, after, usual), strict=True):
                if isinstance(looked, TransientError | InternalError):
                    rescued.failures[tenant] = looked
                    continue
                _add(rescued, looked)
                if looked.next_after is not None:
                    after[tenant] = looked.next_after
                    waiting.append(tenant)
        unfinished = [*waiting, *rescued.failures]
        rescued.left = len(unfinished)
        left = {tenant: after[tenant] for tenant in unfinished[:_REMEMBERED]}
        if left != known:
            self._store.keep_left(left)
        return rescued

    def _look_at(
        self, turn: Sequence[str], after: Mapping[str, str], usual: "_Usual"
    ) -> Sequence[_Looked | TransientError | InternalError]:
        return InParallel(self._clock).each(
            turn, lambda tenant: self._look(tenant, after[tenant], usual)
        )

    def _look(self, tenant: str, after: str, usual: "_Usual") -> _Looked:
        """One page of a tenant: note what is late for the first time, send what was late before."""
        now = self._clock()
        page = self._store.list_retrying(
            tenant, begun_before=now - LATE_AFTER, limit=_PAGE, after=after
        )
        late = [each for each in page.found if _is_late(each, LATE_AFTER, now)]
        lost = [each for each in late if _is_late(each, usual.wait_of(each, now), now)]
        noted = InParallel(self._clock).each(lost, partial(self._store.note_late, at=now))
        ours = [each for each, is_ours in zip(lost, noted, strict=True) if is_ours is True]
        again = [_again(each) for each in ours if each.late_at is not None]
        self._queue.send(again)
        for each in noted:
            if isinstance(each, TransientError | InternalError):
                raise each
        return _Looked(page.next_after, len(late), len(ours) - len(again), len(again))


class _Usual:
    """How late a delivery may be, as things are during one run; each is asked at most once."""

    def __init__(
        self, store: RescueStore, configs: ConfigList, is_behind: Callable[[], bool]
    ) -> None:
        self._store = store
        self._configs = configs
        self._is_behind = is_behind
        self._behind: bool | None = None
        self._known: dict[str, tuple[Mapping[str, NotificationConfig], Mapping[str, datetime]]] = {}

    def wait_of(self, found: Retrying, now: datetime) -> timedelta:
        """How long after its time it is late."""
        task = found.delivery.task
        if self._is_held(task, now):
            return LATE_BEHIND_OTHERS_AFTER
        if self._behind is None:
            self._behind = self._is_behind()
        return LATE_BEHIND_WORKERS_AFTER if self._behind else LATE_AFTER

    def _is_held(self, task: Task, now: datetime) -> bool:
        """Whether the next push to its receiver would have to wait for long."""
        configs, lines = self._of(task.tenant)
        config = configs.get(task.config_id)
        if config is None or not config.enabled:
            return False  # a worker drops it
        breaker = config.breaker
        ends = [breaker.turn_of(None, config.tickets, now)]
        ends += [lines[name] for name in ("", config.id) if name in lines]
        return breaker.opened_at is not None or max(ends) - now > LOOKS_AGAIN_WITHIN

    def _of(self, tenant: str) -> tuple[Mapping[str, NotificationConfig], Mapping[str, datetime]]:
        if tenant not in self._known:
            configs = {each.id: each for each in self._configs.list_configs(tenant)}
            self._known[tenant] = configs, self._store.lines_of(tenant)
        return self._known[tenant]


def _is_late(found: Retrying, after: timedelta, now: datetime) -> bool:
    """Whether it is late, and was not found so a short while ago."""
    due_at = found.delivery.next_attempt_at
    if due_at is None or now - due_at < after:
        return False
    if found.late_at is None:
        return True
    between = min(found.late_at - due_at, _LONGEST_BETWEEN)
    return now - found.late_at >= max(LATE_AFTER, between)


def _again(found: Retrying) -> Task:
    """Its next attempt; how long it waits for its receiver counts from when that was due."""
    due_at = found.delivery.next_attempt_at
    return replace(found.delivery.task, waits_since=None if due_at is None else due_at.timestamp())


def _add(rescued: Rescued, looked: _Looked) -> None:
    rescued.noted += looked.noted
    rescued.pushed += looked.pushed
    rescued.held += looked.late - looked.noted - looked.pushed
