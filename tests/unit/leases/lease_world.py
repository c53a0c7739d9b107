"""The world of `leasing.py`: one inbox, its workers, and what disturbs them.

Who holds what is noted here, by the time that is true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.builders.events import INBOX, TENANT, walk
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import InMemoryLeaseStore, leasing_on
from triggers_api.events.event import Event
from triggers_api.leases.lease import Leased, LeaseEvents

SKEW_SECONDS = 2
_CALLS = ("read_ledger", "read_leases", "list_free", "read_undelivered", "find_lease", "change")


class StoppedError(Exception):
    """The process ends here."""


class LaggingLeaseStore(InMemoryLeaseStore):
    """Its index does not show some events yet."""

    def __init__(self, events: InMemoryEventStore) -> None:
        super().__init__(events)
        self.hidden: set[str] = set()

    def listed(self, tenant: str) -> list[Event]:
        return [event for event in super().listed(tenant) if event.id not in self.hidden]


class Disturbed:
    """Passes calls on; does something before or after the n-th of them, once."""

    def __init__(self, store: InMemoryLeaseStore) -> None:
        self._store = store
        self.before: dict[int, Callable[[], None]] = {}
        self.after: dict[int, Callable[[], None]] = {}
        self._number = count(1)

    def __getattr__(self, name: str) -> Any:
        passed_on = getattr(self._store, name)
        if name not in _CALLS:
            return passed_on

        def call(*arguments: Any, **named: Any) -> Any:
            number = next(self._number)
            self.before.pop(number, _pass_by)()
            answer = passed_on(*arguments, **named)
            self.after.pop(number, _pass_by)()
            return answer

        return call


@dataclass
class Holding:
    """A worker was told that an event is its own until then."""

    event_id: str
    lease_id: str
    until: datetime


class World:
    """One inbox, its workers, and who holds what."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.events = InMemoryEventStore(self.clock)
        self.store = LaggingLeaseStore(self.events)
        self.holdings: list[Holding] = []
        self.posted: list[str] = []
        self.erased: set[str] = set()

    def lease(self, seconds: int, limit: int, skew: int, store: Any = None) -> Leased:
        """Lease as a worker whose clock is ahead; what it gets is nobody else's, or this fails."""
        erased = frozenset(self.erased)  # an erasure meanwhile finds what was read before it
        leased = self.verb(skew, store).lease(
            TENANT, limit=limit, duration=timedelta(seconds=seconds)
        )
        assert len(leased.events) <= limit
        for event in leased.events:
            assert event.id not in self.held(), "two hold one event"
            assert event.id not in erased, "what was erased is handed out"
            assert leased.lease_id is not None
            assert leased.expires_at is not None
            self.holdings.append(Holding(event.id, leased.lease_id, leased.expires_at))
        return leased

    def release(self, lease_id: str, event_ids: list[str] | None, store: Any = None) -> None:
        let_go = self.verb(0, store).release(TENANT, lease_id, event_ids)
        self.holdings = [
            each
            for each in self.holdings
            if each.lease_id != lease_id or each.event_id not in let_go
        ]

    def verb(self, skew: int, store: Any = None) -> LeaseEvents:
        return leasing_on(store or self.store, lambda: self.clock() + timedelta(seconds=skew))

    def held(self) -> set[str]:
        """What somebody counts on; as sure as clocks agree."""
        now = self.clock() + timedelta(seconds=SKEW_SECONDS)
        return {each.event_id for each in self.holdings if each.until > now}

    def undelivered(self) -> set[str]:
        return {event.id for event in walk(self.events, INBOX)}

    def drain(self) -> None:
        """Whatever happened, in the end every event is handed out."""
        self.store.hidden.clear()
        for _ in range(12):
            self.clock.advance(hours=12, minutes=1)
            while (leased := self.lease(60, 100, 0)).events:
                for event in leased.events:
                    self.events.acknowledge(TENANT, event.id, self.clock())
            if not self.undelivered():
                return
        raise AssertionError(f"never handed out: {self.undelivered()}")


def _pass_by() -> None:
    pass
