"""How much waits in an inbox, and how much of it workers hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from triggers_api.events.ports import EventStore
from triggers_api.leases.ledger import last_id_at
from triggers_api.leases.ports import LeaseStore
from triggers_api.timestamps import Clock

COUNTED_UP_TO: Final = 10_000
"""Events of each status: beyond that, counting them would cost more than anybody learns."""
_LEASES_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStats:
    """How much waits for a tenant's consumers."""

    pending: int
    failed: int
    leased: int  # of the pending and failed ones
    oldest_pending_at: datetime | None
    is_capped: bool  # there are more than were counted


class CountInbox:
    """Counts a tenant's inbox."""

    def __init__(self, events: EventStore, leases: LeaseStore, clock: Clock) -> None:
        """`clock` decides which leases have ended."""
        self._events = events
        self._leases = leases
        self._clock = clock

    def __call__(self, tenant: str) -> InboxStats:
        """The inbox as it is now, at a cost that stays the same beyond 10,000 events."""
        held = self._held(tenant)
        # One more than is told shows that there are more.
        counts = self._events.count_undelivered(tenant, among=held, up_to=COUNTED_UP_TO + 1)
        return InboxStats(
            pending=min(counts.pending, COUNTED_UP_TO),
            failed=min(counts.failed, COUNTED_UP_TO),
            leased=min(counts.among, COUNTED_UP_TO),
            oldest_pending_at=counts.oldest_pending_at,
            is_capped=max(counts.pending, counts.failed, len(held)) > COUNTED_UP_TO,
        )

    def _held(self, tenant: str) -> frozenset[str]:
        """The events of live leases, acknowledged ones too, up to some more than are counted."""
        held: set[str] = set()
        after = max(self._leases.read_ledger(tenant).returned, last_id_at(self._clock()))
        while len(held) <= COUNTED_UP_TO:
            leases = self._leases.read_leases(tenant, after=after, limit=_LEASES_AT_ONCE)
            held.update(event_id for lease in leases for event_id in lease.event_ids)
            if len(leases) < _LEASES_AT_ONCE:
                break
            after = leases[-1].id
        return frozenset(held)
