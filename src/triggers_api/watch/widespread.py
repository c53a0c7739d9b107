"""Widespread: whether pushes fail for many tenants, or for one whose receivers are broken.

What one tenant's receivers do is that tenant's trouble, whatever it adds up to: with a thousand
configs, or ten thousand dead letters, it counts as five failures an hour. Ten that count are at
least two tenants that fail again and again, or ten that fail once; and because in a large
deployment somebody's receivers are always broken, they have to be a tenth of those who push.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from triggers_api.cache import Cache
from triggers_api.timestamps import Clock

COUNTED_OF_ONE: Final = 5
WIDESPREAD_FROM: Final = 10  # what the critical alarms wait for, too
LOOKS_BACK: Final = timedelta(hours=1)
FAILURE_SLOT: Final = timedelta(minutes=10)  # failures are counted together that long
PUSHING_NOTED_EVERY: Final = timedelta(minutes=30)
_ONE_IN: Final = 10  # of the tenants that push
_REMEMBERED_AT_MOST: Final = 1000  # tenants; a forgotten one is noted anew


class OutcomeLedger(Protocol):
    """Keeps which tenants push and which fail; what is old is forgotten by itself."""

    def note_pushing(self, tenant: str, at: datetime) -> None:
        """Something of this tenant's was delivered or given up at that time."""
        ...

    def note_failure(self, tenant: str, slot: datetime) -> None:
        """One more was given up within the slot that began then."""
        ...


def widespread_failures(
    failures: Mapping[str, int], *, tenants: int, pushing: Callable[[], int]
) -> int:
    """The failures that count; 0 while they are one tenant's, or a few of many.

    `failures` by tenant. Who is the only tenant there is has all of them counted. `pushing`, how
    many tenants push, is asked only where it matters.
    """
    if tenants <= 1:
        return sum(failures.values())
    counted = sum(min(each, COUNTED_OF_ONE) for each in failures.values())
    if counted < WIDESPREAD_FROM or counted * _ONE_IN < COUNTED_OF_ONE * pushing():
        return 0
    return counted


class NoteOutcomes:
    """Notes what became of pushes, as rarely as suffices; each process has one.

    A tenant that pushes is a write each half an hour, one that fails up to ten in ten minutes:
    as many as make an alarm ring. That a process forgets what it noted costs a write.
    """

    def __init__(self, ledger: OutcomeLedger, clock: Clock) -> None:
        """Raises whatever the ledger does: who calls decides what a note is worth."""
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
