"""Widespread: whether pushes fail for many tenants, or for one whose receivers are broken.

A tenant's broken receivers are that tenant's trouble: even with a thousand configs or ten
thousand dead letters, it counts as five failures an hour. Ten counted failures are at least two
tenants that fail again and again, or ten that fail once. And because in a large deployment
somebody's receivers are always broken, failing tenants must be a tenth of those that push.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from triggers_api.cache import Cache
from triggers_api.timestamps import Clock

COUNTED_OF_ONE: Final = 5
WIDESPREAD_FROM: Final = 10  # the critical alarms' threshold too
LOOKS_BACK: Final = timedelta(hours=1)
SOLE_FOR: Final = timedelta(days=1)  # at night one tenant may be the only one to push for hours
FAILURE_SLOT: Final = timedelta(minutes=10)  # failures are counted per slot
PUSHING_NOTED_EVERY: Final = timedelta(minutes=30)
_ONE_IN: Final = 10  # of the tenants that push
_REMEMBERED_AT_MOST: Final = 1000  # tenants; a forgotten one is noted anew


class OutcomeLedger(Protocol):
    """Keeps which tenants push and which fail; old entries expire."""

    def note_pushing(self, tenant: str, at: datetime) -> None:
        """A delivery of this tenant succeeded or was given up at that time."""
        ...

    def note_failure(self, tenant: str, slot: datetime) -> None:
        """One more delivery was given up, in the slot that began then."""
        ...


def widespread_failures(
    failures: Mapping[str, int],
    *,
    is_sole: Callable[[str], bool],
    pushing: Callable[[], int],
) -> int:
    """The failures that count; 0 while they are one tenant's, or those of a few among many.

    `failures` are by tenant. If only one fails, and `is_sole` says that no other one pushes, its
    failures all count. `pushing` returns how many push. Both are called only if it matters.
    """
    if len(failures) == 1 and is_sole(*failures):
        return sum(failures.values())
    counted = sum(min(each, COUNTED_OF_ONE) for each in failures.values())
    if counted < WIDESPREAD_FROM or counted * _ONE_IN < COUNTED_OF_ONE * pushing():
        return 0
    return counted


class NoteOutcomes:
    """Notes what became of pushes, with as few writes as it can; each process has one.

    A tenant that pushes costs a write every half an hour. One that fails costs up to ten in ten
    minutes, as many as make an alarm ring. If a process forgets what it noted, it writes again.
    """

    def __init__(self, ledger: OutcomeLedger, clock: Clock) -> None:
        """Raises whatever the ledger does: the caller decides what a note is worth."""
        self._ledger = ledger
        self._clock = clock
        self._pushing: Cache[str, bool] = Cache(
            _REMEMBERED_AT_MOST, kept_for=PUSHING_NOTED_EVERY, clock=clock
        )
        # How many failures were noted, by tenant and slot.
        self._failing: Cache[tuple[str, datetime], int] = Cache(
            _REMEMBERED_AT_MOST, kept_for=FAILURE_SLOT, clock=clock
        )

    def __call__(self, tenant: str, *, has_failed: bool) -> None:
        """One delivery is final."""
        now = self._clock()
        if not self._pushing.get(tenant):
            self._ledger.note_pushing(tenant, now)
            self._pushing.put(tenant, True)  # noqa: FBT003  # a value, not a switch
        if not has_failed:
            return
        slot = slot_of(now)
        noted = self._failing.get((tenant, slot)) or 0
        if noted < WIDESPREAD_FROM:
            self._ledger.note_failure(tenant, slot)
            self._failing.put((tenant, slot), noted + 1)


def slot_of(at: datetime) -> datetime:
    """When the slot of this moment began."""
    return at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % FAILURE_SLOT
