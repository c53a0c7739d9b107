"""Workers share an inbox: each event goes to one worker at a time, until its lease ends.

Leasing does not touch the events. It writes to the tenant's ledger, and each write is
conditional on the version it read. When two workers read the same version, one wins and the
other reads again. So a fact read from the ledger still holds when the ledger is written, and
no event is in two live leases.

Free events come from two places. Leases that ended or were released hold the oldest events.
The scan hands out the events after its scan position. Nothing after `reached` can be held, so
the scan reads no leases there. Each place fills what the other leaves of a lease. When ended
leases fill a lease alone, the scan goes first in the next one, so an event that workers release
again and again holds up no other. An event may appear behind the scan position: the index
showed it late, a slow clock created it, or it was replayed. The next pass finds it, and skips
the events that leases hold.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from triggers_api.errors import TooManyAtOnceError
from triggers_api.events.event import Event
from triggers_api.events.ids import random_entropy
from triggers_api.leases.ledger import Lease, Ledger, ends_at_of, last_id_at
from triggers_api.leases.ports import LeaseStore
from triggers_api.timestamps import Clock

# Of all simultaneous tries one succeeds. Losers back off, with jitter: up to the table's wait,
# or in step with how long a try takes now, whichever is longer. They give up well before the
# function's ten seconds are over: a lease whose worker never hears of it wastes its time.
WAITS: Final = (0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)
_MOST_TRIES_WAITED = 8
_GIVEN_UP_AFTER = timedelta(seconds=5)
_LOOKS = 5  # at events of ended leases: most are delivered, and no lease should wait for all
_LOOK_AT = 10  # events at least, at each look
_LEASES_AT_ONCE = 10
_SCANS = 4
HALF_AN_ANSWER: Final = 1_500_000  # bytes; one place alone may fill a whole answer

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Leased:
    """What a worker got; the id and the end are set only if there are events."""

    events: tuple[Event, ...] = ()
    lease_id: str | None = None
    expires_at: datetime | None = None
    read_units: float = field(default=0.0, compare=False)
    """What the store read to find them, in read units, as `GET /inbox` counts it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Events to hand out, the ledger afterwards, and the ids that ended leases still have left."""

    ledger: Ledger
    events: tuple[Event, ...] = ()
    rest: tuple[str, ...] = ()
    read_units: float = field(default=0.0, compare=False)

    @property
    def held(self) -> frozenset[str]:
        """What this lease call holds already, and the scan must pass over."""
        return frozenset(self.rest).union(event.id for event in self.events)

    @property
    def share(self) -> int:
        """How many shares the answer is cut into, of which the next place may fill one."""
        return 2 if self.events else 1

    @property
    def size(self) -> int:
        """Bytes of what a caller may fill at will."""
        return sum(len(each.payload) + len(json.dumps(each.metadata)) for each in self.events)


class _OvertakenError(Exception):
    """Somebody changed the ledger after it was read, perhaps to this version."""

    def __init__(self, version: int = 0) -> None:
        super().__init__()
        self.version = version


class LeaseEvents:
    """Leases events to workers, and takes them back."""

    def __init__(
        self,
        store: LeaseStore,
        clock: Clock,
        *,
        entropy: Callable[[], bytes] = random_entropy,
        chance: Callable[[], float] = random.random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`entropy` draws ten bytes, `chance` a number from 0 to 1; `pause` sleeps for seconds."""
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._chance = chance
        self._pause = pause

    def lease(self, tenant: str, *, limit: int, duration: timedelta) -> Leased:
        """Lease the oldest free events; nobody else gets them before the lease ends.

        Raises `TooManyAtOnceError` if too many other workers lease at the same time.
        """
        return self._until_won(lambda seen: self._try_lease(tenant, limit, duration, seen))

    def release(
        self, tenant: str, lease_id: str, event_ids: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """End a lease, or release some of its events; returns the ids that are free now.

        If the lease has ended, or never existed, nothing changes.
        """
        return self._until_won(lambda _: self._try_release(tenant, lease_id, event_ids))

    def _until_won(self, attempt: Callable[[int], Answer]) -> Answer:
        """Each attempt is told the newest version of a lease that one before it has seen."""
        give_up_at, seen = self._clock() + _GIVEN_UP_AFTER, 0
        for number, wait in enumerate((*WAITS, 0)):
            begun_at = self._clock()
            try:
                return attempt(seen)
            except _OvertakenError as overtaken:
                seen = max(seen, overtaken.version)
            took = (self._clock() - begun_at) * min(2**number, _MOST_TRIES_WAITED)
            if self._clock() + took / 2 >= give_up_at:
                break
            self._pause(max(wait, took.total_seconds()) * self._chance())
        raise TooManyAtOnceError("Very many workers lease at once. Try again in a moment.")

    def _try_lease(self, tenant: str, limit: int, duration: timedelta, version: int) -> Leased:
        now = self._clock()
        seen = self._store.read_ledger(tenant).at_least(version, now)
        found = self._find_free(tenant, seen, limit, now)
        if found == _Found(seen):
            return Leased(read_units=found.read_units)
        ledger, leases, lease_id = found.ledger, [], None
        if found.events:
            lease_id = ledger.new_id(now + duration, self._entropy())
            leases.append(Lease(lease_id, tuple(event.id for event in found.events)))
        if found.rest:
            leases.append(Lease(ledger.new_id(now, self._entropy()), found.rest))
        self._change(tenant, ledger, *leases)
        if lease_id is None:
            return Leased(read_units=found.read_units)
        return Leased(found.events, lease_id, ends_at_of(lease_id), found.read_units)

    def _find_free(self, tenant: str, seen: Ledger, limit: int, now: datetime) -> _Found:
        """Free events from both places, oldest first."""
        first, second = self._find_returned, self._scan
        if seen.scans_first:
            first, second = second, first
        found = first(tenant, _Found(seen), limit, now)
        is_filled = len(found.events) >= limit or found.size > HALF_AN_ANSWER
        if not is_filled:
            found = second(tenant, found, limit, now)
        if not found.events:
            return found
        return replace(
            found,
            ledger=replace(found.ledger, scans_first=is_filled and not seen.scans_first),
            events=tuple(sorted(found.events, key=lambda event: (event.created_at, event.id))),
        )

    def _find_returned(self, tenant: str, found: _Found, limit: int, now: datetime) -> _Found:
        """Adds the undelivered events of leases that have ended."""
        ledger, wanted = found.ledger, limit - len(found.events)
        rest: tuple[str, ...] = ()
        units = found.read_units
        until = last_id_at(now)
        for _ in range(_LOOKS):
            if len(rest) < wanted:
                for lease in self._leases(tenant, ledger, until=until, limit=_LEASES_AT_ONCE):
                    if len(rest) >= wanted:
                        break
                    rest += lease.event_ids
                    ledger = replace(ledger, returned=lease.id)
            if not rest:
                break
            looked_at = max(wanted, _LOOK_AT)
            free = self._store.read_undelivered(
                tenant, rest[:looked_at], limit=wanted, share=found.share
            )
            rest = free.left + rest[looked_at:]
            units += free.read_units
            if free.events:
                return _Found(ledger, found.events + free.events, rest, units)
        return _Found(ledger, found.events, rest, units)

    def _scan(self, tenant: str, found: _Found, limit: int, now: datetime) -> _Found:
        """Adds events after the scan position, or from the beginning when a pass is due."""
        ledger, wanted = found.ledger, limit - len(found.events)
        if now >= ledger.next_full_pass_at:  # checked here too: a busy inbox never reaches its end
            ledger = ledger.begun_anew(now)
        held: frozenset[str] | None = None
        units = found.read_units
        for _ in range(_SCANS):
            if ledger.is_behind and held is None:
                leases = self._leases(tenant, ledger)
                held = found.held.union(*(lease.event_ids for lease in leases))
                ledger = ledger.spaced(now, len(leases))
            page = self._store.list_free(
                tenant,
                after=ledger.scan_position,
                held=held or frozenset(),
                limit=wanted,
                share=found.share,
            )
            ledger, units = ledger.after(page), units + page.read_units
            is_at_end = page.next_after is None
            if is_at_end:
                ledger = ledger.begun_anew(now)
            if page.events or (is_at_end and not ledger.is_behind):
                return _Found(ledger, found.events + page.events, found.rest, units)
        return _Found(ledger, found.events, found.rest, units)

    def _try_release(
        self, tenant: str, lease_id: str, event_ids: Sequence[str] | None
    ) -> tuple[str, ...]:
        now = self._clock()
        ledger = self._store.read_ledger(tenant)
        # Compare ids, not times: a made-up id may end after the year 9999.
        if lease_id <= max(ledger.returned, last_id_at(now)):
            return ()
        lease = self._store.find_lease(tenant, lease_id)
        if lease is None:
            return ()
        let_go = lease.event_ids
        if event_ids is not None:
            let_go = tuple(event_id for event_id in let_go if event_id in set(event_ids))
        if not let_go:
            return ()
        kept = tuple(event_id for event_id in lease.event_ids if event_id not in set(let_go))
        back = Lease(ledger.new_id(now, self._entropy()), let_go)
        self._change(tenant, ledger, Lease(lease_id, kept), back)
        return let_go

    def _leases(
        self, tenant: str, ledger: Ledger, *, until: str | None = None, limit: int | None = None
    ) -> list[Lease]:
        """The leases not yet returned, as they were when the ledger was read.

        The ledger is read before the leases. A lease newer than the ledger may hold events that
        an older lease holds too, or that the ledger says are free.
        """
        found = self._store.read_leases(tenant, after=ledger.returned, until=until, limit=limit)
        newest = max((lease.version for lease in found), default=0)
        if newest > ledger.version:
            raise _OvertakenError(newest)
        return found

    def _change(self, tenant: str, ledger: Ledger, *leases: Lease) -> None:
        changed = replace(ledger, version=ledger.version + 1, change_id=self._entropy().hex())
        if not self._store.change(tenant, changed, leases):
            raise _OvertakenError
