"""Rescue: what should long have been tried again, and was not, gets another message.

A delivery under way is a record and a message, and a message can be lost: with a schedule that
gave it up in silence, a queue that was purged, made anew or stood still for a week, a dead letter
that somebody threw away. So records whose next attempt is late are looked for, and their tasks
sent again, as their own retry would have sent them. If the first message is alive after all, the
record decides between the two, as ever.

A push may rightly be late: a receiver that is down or too busy holds what waits for it, a line is
long, workers are behind. That is no loss, and another message would only make it longer. So a
delivery is lost only if it is late at two looks an hour apart, and nothing holds it at either.
But workers may be behind because of one tenant alone: so a share of each tenant's counts as lost
all the same.
If nothing becomes of the new message either, the next one takes twice as long.
"""

from collections import Counter, deque
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
from triggers_api.push.ports import ConfigList, Left, RescueStore, Retrying, TaskQueue, Workers
from triggers_api.push.turns import LOOKS_AGAIN_WITHIN
from triggers_api.timestamps import Clock

LATE_AFTER: Final = timedelta(hours=1)
"""A delay of the queue takes a quarter of it, a worker that died a tenth."""
LATE_BEHIND_WORKERS_AFTER: Final = timedelta(days=1)
LATE_BEHIND_OTHERS_AFTER: Final = WAITS_AT_MOST + timedelta(days=1)
"""By then, what waits for a receiver has been given up, unless its message is lost."""
SHARE_WHILE_BEHIND: Final = 500
"""Of a tenant in each run: messages that may be needless are a small part of what workers take."""
_LONGEST_BETWEEN: Final = timedelta(days=1)  # two messages
_PAGE: Final = 100
_TENANTS_AT_ONCE: Final = 20
_REMEMBERED: Final = 1_000  # tenants to go on with, in 200 KB; any other is begun anew


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

    Nobody's million keeps another's one waiting: the next run goes on where this one stops, and
    begins with the tenant whose turn it would have been.
    """

    def __init__(
        self,
        *,
        tenants: Callable[[], Sequence[str]],
        store: RescueStore,
        configs: ConfigList,
        queue: TaskQueue,
        workers: Callable[[], Workers],
        clock: Clock,
        within: timedelta,
    ) -> None:
        """`tenants` are all that may have something under way; `workers` tells how they do."""
        self._tenants = tenants
        self._store = store
        self._configs = configs
        self._queue = queue
        self._workers = workers
        self._clock = clock
        self._within = within

    def __call__(self) -> Rescued:
        """Do one run. What fails for one tenant does not stop the others."""
        ends_at = self._clock() + self._within
        known, tenants = self._store.read_left(), self._tenants()
        rescued = Rescued(tenants=len(tenants))
        after = {tenant: known.after[tenant] for tenant in tenants if tenant in known.after}
        waiting = deque(sorted(tenants, key=lambda tenant: (tenant <= known.last, tenant)))
        last, usual = known.last, _Usual(self._store, self._configs, self._workers)
        while waiting and self._clock() < ends_at:
            turn = [waiting.popleft() for _ in range(min(_TENANTS_AT_ONCE, len(waiting)))]
            untried, more = self._look_at(turn, after, usual, rescued)
            last = turn[turn.index(untried[0]) - 1] if untried else turn[-1]  # one is always tried
            waiting.extendleft(reversed(untried))
            waiting += more
        unfinished = [*waiting, *rescued.failures]
        rescued.left = len(unfinished)
        places = [(tenant, after[tenant]) for tenant in unfinished if tenant in after]
        left = Left(dict(places[:_REMEMBERED]), last if waiting else "")
        if left != known:
            self._store.keep_left(left)
        return rescued

    def _look_at(
        self, turn: Sequence[str], after: dict[str, str], usual: "_Usual", rescued: Rescued
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Look at a page of each; who had no turn after all, and of whom there is more to see."""
        tried: set[str] = set()

        def look(tenant: str) -> _Looked:
            tried.add(tenant)
            return self._look(tenant, after.get(tenant, ""), usual)

        untried: list[str] = []
        more: list[str] = []
        looks = InParallel(self._clock).each(turn, look)
        for tenant, looked in zip(turn, looks, strict=True):
            if tenant not in tried:  # what others failed with is none of its own
                untried.append(tenant)
                continue
            place = after.pop(tenant, None)
            if isinstance(looked, _Looked):
                _add(rescued, looked)
                place = looked.next_after
                more += [tenant] if place else []
            else:
                rescued.failures[tenant] = looked
            # A bug may be the place's, another release's: so the next run begins anew.
            if place and not isinstance(looked, InternalError):
                after[tenant] = place
        return untried, more

    def _look(self, tenant: str, after: str, usual: "_Usual") -> _Looked:
        """One page of a tenant: note what is late for the first time, send what was late before."""
        now = self._clock()
        page = self._store.list_retrying(
            tenant, begun_before=now - LATE_AFTER, limit=_PAGE, after=after
        )
        late = [each for each in page.found if _is_late(each, LATE_AFTER, now)]
        lost = [each for each in late if usual.is_lost(each, now)]
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
        self, store: RescueStore, configs: ConfigList, workers: Callable[[], Workers]
    ) -> None:
        self._store = store
        self._configs = configs
        self._ask_workers = workers
        self._workers: Workers | None = None
        self._shares: Counter[str] = Counter()  # by tenant; each is looked at by one at a time
        self._known: dict[str, tuple[Mapping[str, NotificationConfig], Mapping[str, datetime]]] = {}

    def is_lost(self, late: Retrying, now: datetime) -> bool:
        """Whether nothing holds what is late by `LATE_AFTER`, or not for so long.

        Workers may be behind with one tenant alone, and no message tells whose wait: the queue
        serves the others as ever. So each has a share that counts as if nobody were behind.
        """
        task = late.delivery.task
        if self._is_held(task, now):
            return _is_late(late, LATE_BEHIND_OTHERS_AFTER, now)
        if self._workers is None:
            self._workers = self._ask_workers()
        if self._workers == Workers.KEEP_UP or _is_late(late, LATE_BEHIND_WORKERS_AFTER, now):
            return True
        self._shares[task.tenant] += 1
        return self._workers == Workers.BEHIND and self._shares[task.tenant] <= SHARE_WHILE_BEHIND

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
