"""The lease store in memory; `tests/contract` holds it to what the real adapter does."""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import count

from tests.builders.events import INBOX, walk
from tests.fakes.events import InMemoryEventStore
from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.lease import Lease
from triggers_api.leases.ledger import Bundle, LeaseBook
from triggers_api.leases.ports import LeaseStore, Undelivered
from triggers_api.timestamps import Clock

_draws = count(1)


def leasing_on(store: LeaseStore, clock: Clock) -> Lease:
    """The verb, without chance and without waiting."""
    return Lease(
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
        self._books: dict[str, LeaseBook] = {}
        self._bundles: defaultdict[str, dict[str, Bundle]] = defaultdict(dict)

    def read_book(self, tenant: str) -> LeaseBook:
        return self._books.get(tenant, LeaseBook())

    def read_bundles(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Bundle]:
        found = sorted(self._bundles[tenant].values(), key=lambda bundle: bundle.id)
        within = (b for b in found if b.id > after and (until is None or b.id <= until))
        return list(within)[:limit]

    def find_bundle(self, tenant: str, lease_id: str) -> Bundle | None:
        return self._bundles[tenant].get(lease_id)

    def change(self, tenant: str, book: LeaseBook, bundles: tuple[Bundle, ...]) -> bool:
        seen = self.read_book(tenant)
        if seen.version != book.version - 1:
            return seen.change_id == book.change_id
        self._books[tenant] = book
        kept = [replace(bundle, version=book.version) for bundle in bundles]
        self._bundles[tenant] |= {bundle.id: bundle for bundle in kept}
        return True

    def list_free(
        self, tenant: str, *, after: Position | None, held: AbstractSet[str], limit: int
    ) -> EventPage:
        listed = [event for event in self.listed(tenant) if event.id not in held]
        rest = [event for event in listed if after is None or _position(event) > after]
        page = tuple(rest[:limit])
        return EventPage(page, _position(page[-1]) if len(rest) > limit else None)

    def read_undelivered(
        self, tenant: str, event_ids: tuple[str, ...], *, limit: int
    ) -> Undelivered:
        assert len(set(event_ids)) == len(event_ids), "DynamoDB refuses a key named twice"
        inbox = walk(self._events, INBOX, tenant=tenant)
        found = [event for event in inbox if event.id in event_ids]
        return Undelivered(tuple(found[:limit]), tuple(event.id for event in found[limit:]))

    def listed(self, tenant: str) -> list[Event]:
        """What the index shows; a test may let it lag."""
        return walk(self._events, INBOX, tenant=tenant)


def _position(event: Event) -> Position:
    return Position(event.created_at, event.id)
