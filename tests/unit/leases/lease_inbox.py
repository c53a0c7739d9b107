"""One tenant's inbox for tests that look at the single steps of a lease."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.builders.events import TENANT, ids, store_event
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import InMemoryLeaseStore, leasing_on
from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.lease import Leased
from triggers_api.leases.ledger import Lease, Ledger
from triggers_api.leases.ports import Undelivered

MINUTE = timedelta(minutes=1)


class Watched(InMemoryLeaseStore):
    """Notes what it is asked for."""

    def __init__(self, events: InMemoryEventStore) -> None:
        super().__init__(events)
        self.ledgers: list[Ledger] = []
        self.looks: list[int] = []
        self.leases_read = 0
        self.scanned_after: list[Position | None] = []
        self.empty_pages: list[Position] = []

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        self.ledgers.append(ledger)
        return super().change(tenant, ledger, leases)

    def read_undelivered(self, tenant: str, event_ids: tuple[str, ...], **how: Any) -> Undelivered:
        self.looks.append(len(event_ids))
        return super().read_undelivered(tenant, event_ids, **how)

    def read_leases(self, tenant: str, **how: Any) -> list[Lease]:
        self.leases_read += 1
        return super().read_leases(tenant, **how)

    def list_free(self, tenant: str, *, after: Position | None, **how: Any) -> EventPage:
        """Where very many are held, a page may be empty and have a next one."""
        self.scanned_after.append(after)
        if self.empty_pages:
            return EventPage((), self.empty_pages.pop(0))
        return super().list_free(tenant, after=after, **how)


class Inbox:
    """One tenant's events, and workers who lease them one after the other."""

    def __init__(self, events: InMemoryEventStore, clock: FixedClock) -> None:
        self.events = events
        self.clock = clock
        self.store = Watched(events)
        self.verb = leasing_on(self.store, clock)

    def post(self, number: int) -> list[Event]:
        return [store_event(self.events, self.clock.advance(milliseconds=1)) for _ in range(number)]

    def lease(self, limit: int = 10, duration: timedelta = MINUTE) -> Leased:
        return self.verb.lease(TENANT, limit=limit, duration=duration)

    def leased(self, limit: int = 10) -> list[str]:
        return ids(list(self.lease(limit).events))

    def acknowledge(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events.acknowledge(TENANT, event.id, self.clock())

    def leases(self) -> list[Lease]:
        return self.store.read_leases(TENANT, after="")
