"""The lease store in memory; `tests/contract` holds it to what the real adapter does."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import count

from tests.builders.events import INBOX, walk
from tests.fakes.events import EVENTS_A_UNIT, InMemoryEventStore, within_answer
from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.lease import LeaseEvents
from triggers_api.leases.ledger import Lease, Ledger
from triggers_api.leases.ports import LeaseStore, Undelivered
from triggers_api.timestamps import Clock

_draws = count(1)


def leasing_on(store: LeaseStore, clock: Clock) -> LeaseEvents:
    """The verb, without chance and without waiting."""
    return LeaseEvents(
        store,
        clock,
        entropy=lambda: next(_draws).to_bytes(10, "big"),
        chance=lambda: 0.5,
        pause=lambda _: None,
    )


class InMemoryLeaseStore:
    """A `LeaseStore` of the events of a fake `EventStore`."""

    def __init__(self, events: InMemoryEventStore) -> None:
        self._events = events
        self._books: dict[str, Ledger] = {}
        self._leases: defaultdict[str, dict[str, Lease]] = defaultdict(dict)

    def read_ledger(self, tenant: str) -> Ledger:
        return self._books.get(tenant, Ledger())

    def put_back(self, tenant: str, ledger: Ledger) -> None:
        """What a restore does that finds the ledger as it was, and the leases as they are."""
        self._books[tenant] = ledger

    def read_leases(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Lease]:
        found = sorted(self._leases[tenant].values(), key=lambda lease: lease.id)
        within = (b for b in found if b.id > after and (until is None or b.id <= until))
        return list(within)[:limit]

    def find_lease(self, tenant: str, lease_id: str) -> Lease | None:
        return self._leases[tenant].get(lease_id)

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        seen = self.read_ledger(tenant)
        if seen.version != ledger.follows:
            return seen.change_id == ledger.change_id
        self._books[tenant] = replace(ledger, lost=0)
        kept = [replace(lease, version=ledger.version) for lease in leases]
        self._leases[tenant] |= {lease.id: lease for lease in kept}
        return True

    def list_free(
        self,
        tenant: str,
        *,
        after: Position | None,
        held: AbstractSet[str],
        limit: int,
        share: int = 1,
    ) -> EventPage:
        listed = [event for event in self.listed(tenant) if event.id not in held]
        rest = [event for event in listed if after is None or _position(event) > after]
        page = within_answer(rest[:limit], share=share)
        return EventPage(
            page, _position(page[-1]) if len(rest) > len(page) else None, _units_of(page)
        )

    def read_undelivered(
        self,
        tenant: str,
        event_ids: tuple[str, ...],
        *,
        limit: int,
        share: int = 1,
    ) -> Undelivered:
        assert len(set(event_ids)) == len(event_ids), "DynamoDB refuses a key named twice"
        inbox = walk(self._events, INBOX, tenant=tenant)
        found = [event for event in inbox if event.id in event_ids]
        shown = within_answer(found[:limit], share=share)
        left = tuple(event.id for event in found[len(shown) :])
        return Undelivered(shown, left, len(event_ids) + _units_of(shown))

    def listed(self, tenant: str) -> list[Event]:
        """What the index shows; a test may let it lag."""
        return walk(self._events, INBOX, tenant=tenant)


def _units_of(events: Sequence[Event]) -> float:
    """A head's eighth each, and what payloads that are kept apart take, uncompressed."""
    apart = (-(-len(each.payload) // 4096) for each in events if len(each.payload) > 1024)
    return len(events) / EVENTS_A_UNIT + sum(apart)


def _position(event: Event) -> Position:
    return Position(event.created_at, event.id)
