"""Workers on one inbox, whatever happens in between: a state machine and its world.

Workers and producers have clocks that differ, the index shows some events late, processes
stop before and after each call, answers are lost, and anything may happen between two calls.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.builders import INBOX, TENANT, an_event, walk
from tests.clock import FixedClock
from tests.fakes import InMemoryEventStore
from tests.fakes_leases import InMemoryLeaseStore, leasing_on
from triggers_api.event import Event
from triggers_api.lease import Lease, Leased

SKEW_SECONDS = 2
_CALLS = ("read_book", "read_bundles", "list_free", "read_undelivered", "find_bundle", "change")


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
            self.before.pop(number, _nothing)()
            answer = passed_on(*arguments, **named)
            self.after.pop(number, _nothing)()
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

    def lease(self, seconds: int, limit: int, skew: int, store: Any = None) -> Leased:
        """Lease as a worker whose clock is ahead; what it gets is nobody else's, or this fails."""
        leased = self.verb(skew, store).lease(
            TENANT, limit=limit, duration=timedelta(seconds=seconds)
        )
        assert len(leased.events) <= limit
        for event in leased.events:
            assert event.id not in self.held(), "two hold one event"
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

    def verb(self, skew: int, store: Any = None) -> Lease:
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


class LeaseMachine(RuleBasedStateMachine):
    """Any order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.world = self.new_world()

    @staticmethod
    def new_world() -> World:
        return World()

    seconds = st.sampled_from([1, 5, 30, 600])
    skews = st.integers(-SKEW_SECONDS, SKEW_SECONDS)
    picks = st.integers(0, 1000)

    @rule(skew=skews, late=st.booleans(), number=st.integers(1, 5))
    def post(self, skew: int, number: int, *, late: bool) -> None:
        for _ in range(number):
            self._post(skew, late=late)

    def _post(self, skew: int = 0, *, late: bool = False) -> None:
        world = self.world
        at = world.clock.advance(milliseconds=7) + timedelta(seconds=skew)
        event = world.events.add(TENANT, an_event(at), None).event
        world.posted.append(event.id)
        if late:
            world.store.hidden.add(event.id)

    @rule()
    def index_catches_up(self) -> None:
        self.world.store.hidden.clear()

    @rule(passed=st.sampled_from([0.01, 0.9, 1, 5, 29, 61, 700]))
    def time_passes(self, passed: float) -> None:
        self.world.clock.advance(seconds=passed)

    @rule(seconds=seconds, limit=st.sampled_from([1, 2, 3, 10, 100]), skew=skews)
    def lease(self, seconds: int, limit: int, skew: int) -> None:
        self.world.lease(seconds, limit, skew)

    @rule(
        seconds=seconds,
        limit=st.sampled_from([1, 3, 10]),
        skew=skews,
        number=st.integers(1, 9),
        what=st.sampled_from(["lease", "acknowledge", "release", "replay", "fail", "post"]),
        pick=picks,
    )
    def lease_while_others_are_at_it(
        self, seconds: int, limit: int, skew: int, number: int, what: str, pick: int
    ) -> None:
        between: dict[str, Callable[[], object]] = {
            "lease": lambda: self.world.lease(30, 3, 0),
            "acknowledge": lambda: self.acknowledge(pick),
            "release": lambda: self.release(pick, all_of_it=pick % 2 == 0),
            "replay": lambda: self.replay(pick),
            "fail": lambda: self.fail(pick),
            "post": self._post,
        }
        disturbed = Disturbed(self.world.store)
        disturbed.before[number] = lambda: _ignore(between[what]())
        self.world.lease(seconds, limit, skew, disturbed)

    @rule(limit=st.sampled_from([1, 3, 10]), number=st.integers(1, 9), after=st.booleans())
    def lease_and_stop_half_way(self, limit: int, number: int, *, after: bool) -> None:
        """After a change, that is a lost answer: nobody knows of the lease."""
        disturbed = Disturbed(self.world.store)
        (disturbed.after if after else disturbed.before)[number] = _stop
        with suppress(StoppedError):
            self.world.lease(30, limit, 0, disturbed)

    @rule(pick=picks)
    def acknowledge(self, pick: int) -> None:
        if event_id := self._picked(pick):
            self.world.events.acknowledge(TENANT, event_id, self.world.clock())

    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        if event_id := self._picked(pick):
            self.world.events.replay(TENANT, event_id)

    @rule(pick=picks)
    def fail(self, pick: int) -> None:
        if event_id := self._picked(pick):
            self.world.events.mark_failed(TENANT, event_id, 3)

    @precondition(lambda self: self.world.holdings)
    @rule(pick=picks, all_of_it=st.booleans())
    def release(self, pick: int, *, all_of_it: bool) -> None:
        if self.world.holdings:
            one = self.world.holdings[pick % len(self.world.holdings)]
            self.world.release(one.lease_id, None if all_of_it else [one.event_id])

    @precondition(lambda self: self.world.holdings)
    @rule(pick=picks, number=st.integers(1, 4))
    def release_while_another_leases(self, pick: int, number: int) -> None:
        one = self.world.holdings[pick % len(self.world.holdings)]
        disturbed = Disturbed(self.world.store)
        disturbed.before[number] = lambda: _ignore(self.world.lease(5, 2, 0))
        self.world.release(one.lease_id, None, disturbed)

    @invariant()
    def what_is_told_holds_together(self) -> None:
        held = [h.event_id for h in self.world.holdings if h.event_id in self.world.held()]
        now = self.world.clock() + timedelta(seconds=SKEW_SECONDS)
        live = [h.event_id for h in self.world.holdings if h.until > now]
        assert len(live) == len(set(held))

    def teardown(self) -> None:
        self.world.drain()

    def _picked(self, pick: int) -> str | None:
        posted = self.world.posted
        return posted[pick % len(posted)] if posted else None


def _nothing() -> None:
    pass


def _ignore(_: object) -> None:
    pass


def _stop() -> None:
    raise StoppedError
