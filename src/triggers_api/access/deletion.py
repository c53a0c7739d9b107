"""Delete a tenant whole: piece by piece, repeatable at every step, until nothing is left.

A removal takes what a tenant has of one kind. All removals are run again and again, because some
of what was accepted before the keys died is still being written: a request under way, a push
whose receiver is slow, a task with a delay, what a stream's reader makes of a row that is gone.
A pass ends the deletion only if it began after all of that is over, and found nothing. Then nobody
is left who could write for this tenant.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.ports import DeletionStore, TenantStore
from triggers_api.access.tenants import Deletion, TenantState
from triggers_api.errors import UnseenError
from triggers_api.timestamps import Clock

Removal = Callable[[str], Iterator[int]]
"""Removes what a tenant has of one kind, a batch at a time; yields how much each batch removed."""

WRITERS_END_WITHIN: Final = timedelta(minutes=5)
"""A principal is remembered for 60 s, a request takes 10, its event is dispatched unasked within
120, in 30, and a push's worker takes 60."""
READERS_END_WITHIN: Final = timedelta(minutes=4)
"""Since anything was found last. A stream's reader takes what is up to 120 s old unasked, works on
it for 60, and asks whether a row is there before it works on what is older."""
TASKS_END_WITHIN: Final = timedelta(minutes=20)
"""A task waits in the queue for up to 15 minutes, unless the queue is stuck."""
TAKEN_FOR: Final = timedelta(seconds=120)
"""Longer than a run may take, and than it hides dead letters: no two work on one tenant."""
LETTERS_SOUGHT_FOR: Final = timedelta(hours=1)
"""Since anything was found last. They hold ids only, and their queue drops them by itself."""
_TENANTS_AT_ONCE: Final = 10


@dataclass(slots=True)
class Run:
    """What one run did."""

    removed: dict[str, int] = field(default_factory=dict)  # by kind, of all tenants
    ended: list[str] = field(default_factory=list)  # tenants of which nothing is left
    left: int = 0  # tenants that are still being deleted
    unseen: list[str] = field(default_factory=list)  # those of `ended` that may have letters left
    failures: dict[str, Exception] = field(default_factory=dict)  # by tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueDeletions:
    """Works on all tenants that are being deleted, for as long as it is given."""

    tenants: TenantStore
    deletions: DeletionStore
    removals: Mapping[str, Removal]  # by kind, in order
    last_removals: Mapping[str, Removal]  # run only when all others found nothing
    letters: Removal  # of everybody's dead letters; run last, and may raise `UnseenError`
    is_queue_empty: Callable[[], bool]  # of everybody's tasks, those too that wait
    clock: Clock
    within: timedelta

    def __call__(self, tell_stalled: Callable[[timedelta], None] = lambda _: None) -> Run:
        """Do one run. What fails for one tenant does not stop the others.

        For how long nothing went is told before any work: whatever becomes of the run, it is known.
        """
        run, ends_at = Run(), self.clock() + self.within
        waiting = self.tenants.list_deleting(limit=_TENANTS_AT_ONCE)
        if (stalled_for := self._stalled_for(waiting, run)) is not None:
            tell_stalled(stalled_for)
        for done, tenant in enumerate(waiting):
            share = (ends_at - self.clock()) / (len(waiting) - done)
            try:
                self._work_on(tenant, run, self.clock() + share)
            except Exception as error:  # noqa: BLE001  # reported, and logged by the caller
                run.failures[tenant] = error
        run.left = len(waiting) - len(run.ended)
        return run

    def _stalled_for(self, waiting: Iterable[str], run: Run) -> timedelta | None:
        """The longest time that nothing of a tenant went, of those too that another run has."""
        known = []
        for tenant in waiting:
            try:
                known.append(self.deletions.find(tenant))
            except Exception as error:  # noqa: BLE001  # as in a run
                run.failures[tenant] = error
        at = self.clock()
        return max((at - each.progressed_at for each in known if each), default=None)

    def _work_on(self, tenant: str, run: Run, ends_at: datetime) -> None:
        began_at = self.clock()
        if not self.deletions.take(tenant, began_at, until=began_at + TAKEN_FOR):
            return  # another run has it
        record = self.tenants.find(tenant)
        if record is None or record.state is not TenantState.DELETING:
            self.deletions.remove(tenant)  # an index showed it late
            return
        known = self.deletions.begin(tenant, record.created_at, began_at)
        work = _Pass(self, tenant, ends_at)
        try:
            is_over = work.is_over(known, began_at)
        finally:
            self._note(tenant, known, work.removed, run)
        if is_over:
            self.deletions.end(tenant)
            run.ended.append(tenant)
            run.unseen += [tenant] * work.leaves_letters
        else:
            self.deletions.release(tenant)

    def _note(self, tenant: str, known: Deletion, removed: Mapping[str, int], run: Run) -> None:
        at = self.clock()
        deletion = known.after(removed, at)
        for kind, count in removed.items():
            run.removed[kind] = run.removed.get(kind, 0) + count
        self.deletions.keep(tenant, deletion)

    def may_end(self, deletion: Deletion, pass_began_at: datetime) -> bool:
        """Whether all who could still write for the tenant had ended when a pass began."""
        age = pass_began_at - deletion.began_at
        if age < WRITERS_END_WITHIN:
            return False
        if pass_began_at - deletion.progressed_at < READERS_END_WITHIN:
            return False
        return age >= TASKS_END_WITHIN or self.is_queue_empty()


@dataclass(slots=True)
class _Pass:
    """One pass over all that a tenant may have."""

    deletions: ContinueDeletions
    tenant: str
    ends_at: datetime
    removed: dict[str, int] = field(default_factory=dict)
    leaves_letters: bool = False

    def is_over(self, known: Deletion, began_at: datetime) -> bool:
        """Remove; whether it found nothing, and nothing can come any more."""
        may_end = self.deletions.may_end(known, began_at)
        if not self._remove(self.deletions.removals) or self.removed or not may_end:
            return False
        if not self._remove(self.deletions.last_removals):
            return False
        was_long_enough = began_at - known.progressed_at >= LETTERS_SOUGHT_FOR
        return self._has_no_letters(was_long_enough=was_long_enough)

    def _has_no_letters(self, *, was_long_enough: bool) -> bool:
        """Whether all letters were seen, or enough of them often enough without finding any."""
        try:
            if self._remove({"dead_letters": self.deletions.letters}):
                return True
        except UnseenError:
            if self.removed or not was_long_enough:
                raise
        self.leaves_letters = was_long_enough and not self.removed
        return self.leaves_letters

    def _remove(self, removals: Mapping[str, Removal]) -> bool:
        """Run these removals; False if the time was not enough."""
        for kind, removal in removals.items():
            for count in removal(self.tenant):
                if count:
                    self.removed[kind] = self.removed.get(kind, 0) + count
                if self.deletions.clock() >= self.ends_at:
                    return False
        return True


@dataclass(frozen=True, slots=True)
class OneRunAtATime:
    """A `Removal` that hides other tenants' things while it looks: another run would miss its own.

    What a run that failed has hidden may be hidden still, so it keeps others away for longer.
    """

    removal: Removal
    deletions: DeletionStore
    name: str  # no tenant's
    clock: Clock

    def __call__(self, tenant: str) -> Iterator[int]:
        """As the removal. Raises `UnseenError` while it may be another's turn."""
        at = self.clock()
        if not self.deletions.take(self.name, at, until=at + TAKEN_FOR):
            raise UnseenError("Another run looks through the queue, or did just now.")
        yield from self.removal(tenant)
        self.deletions.remove(self.name)
