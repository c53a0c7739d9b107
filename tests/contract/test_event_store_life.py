"""Random lives of events, told to the fake and to the real adapter in lockstep."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from tests.builders.events import (
    a_fingerprint,
    a_keyed_event,
    an_event,
    incompressible_payload,
    walk,
)
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from triggers_api.errors import TriggersError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import ALL_STATUSES, UNDELIVERED, EventStatus
from triggers_api.events.ports import EventQuery
from triggers_api.settings import EventsSettings
from triggers_api.store.events import DynamoEventStore

_tenants = (f"tenant-{number}" for number in itertools.count())

LARGE = incompressible_payload(3000)
RETENTION: dict[str, Any] = {
    "undelivered_retention": timedelta(days=4),
    "delivered_retention": timedelta(days=2),
}

TENANTS = st.sampled_from(["mine", "theirs"])
KEYS = st.sampled_from([None, None, "key-1", "key-2"])
TYPES = st.sampled_from(["order.fetched", "invoice.created", "invoice.failed"])
DURATIONS = st.sampled_from([0.001, 1.0, 45.0, 3600.0, 13 * 3600.0, 2 * 86400.0])
QUERIES = st.builds(
    EventQuery,
    statuses=st.sampled_from([UNDELIVERED, ALL_STATUSES, (EventStatus.DELIVERED,)]),
    event_type=st.sampled_from([None, None, "invoice.*", "order.fetched"]),
    newest_first=st.booleans(),
)


@dataclass(frozen=True)
class Twins:
    """One event in both stores. A key used again may give it another id in each."""

    tenant: str
    fake: str
    real: str


class EventLives(RuleBasedStateMachine):
    def __init__(self, clock: FixedClock, fake: InMemoryEventStore, real: DynamoEventStore) -> None:
        super().__init__()
        self.clock, self.fake, self.real = clock, fake, real
        self.clock.at = START
        self.prefix = next(_tenants)
        self.twins: list[Twins] = []

    @rule(tenant=TENANTS, key=KEYS, event_type=TYPES, large=st.booleans())
    def add(self, tenant: str, key: str | None, event_type: str, *, large: bool) -> None:
        owner, at = self.prefix + tenant, self.clock.advance(milliseconds=1)
        described: dict[str, Any] = {"event_type": event_type}
        if large:
            described["payload"] = LARGE
        event = a_keyed_event(at, key, owner, **described) if key else an_event(at, **described)
        fingerprint = a_fingerprint(event_type) if key else None

        fake = outcome(lambda: self.fake.add(owner, event, fingerprint))
        real = outcome(lambda: self.real.add(owner, event, fingerprint))

        if isinstance(fake, type):
            assert real is fake
            return
        assert alike([fake.event]) == alike([real.event])
        assert fake.replayed == real.replayed
        if not fake.replayed:
            self.twins.append(Twins(owner, fake.event.id, real.event.id))

    @precondition(lambda self: self.twins)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        twins = data.draw(st.sampled_from(self.twins))
        at = self.clock.advance(milliseconds=1)

        fake = outcome(lambda: self.fake.acknowledge(twins.tenant, twins.fake, at))
        real = outcome(lambda: self.real.acknowledge(twins.tenant, twins.real, at))

        assert real == fake

    @precondition(lambda self: self.twins)
    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        twins = data.draw(st.sampled_from(self.twins))

        fake = outcome(lambda: self.fake.get(twins.tenant, twins.fake))
        real = outcome(lambda: self.real.get(twins.tenant, twins.real))

        assert alike([fake]) == alike([real]) if isinstance(fake, Event) else real is fake

    @precondition(lambda self: self.twins)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        twins = data.draw(st.sampled_from(self.twins))
        at = self.clock.advance(milliseconds=1)

        fake = outcome(lambda: self.fake.erase(twins.tenant, twins.fake, at))
        real = outcome(lambda: self.real.erase(twins.tenant, twins.real, at))

        assert real is fake

    @rule(tenant=TENANTS, query=QUERIES, limit=st.integers(1, 5), since=st.none() | DURATIONS)
    def walk(self, tenant: str, query: EventQuery, limit: int, since: float | None) -> None:
        if since is not None:
            query = replace(query, since=self.clock() - timedelta(seconds=since))

        fake = walk(self.fake, query, limit, self.prefix + tenant)
        real = walk(self.real, query, limit, self.prefix + tenant)

        assert alike(real) == alike(fake)

    @rule(seconds=DURATIONS)
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)


def alike(events: list[Event]) -> list[tuple[datetime, str, bytes, str, datetime | None]]:
    """What both stores must agree on; no two events of one machine share their moment."""
    return [(e.created_at, e.event_type, e.payload, e.status, e.delivered_at) for e in events]


def outcome(call: Callable[[], Any]) -> Any:
    """What a call answers, or the kind of error that it raises."""
    try:
        return call()
    except TriggersError as error:
        return type(error)


def test_the_fake_and_the_real_store_live_the_same_lives(
    dynamodb: Any, events_table: str, clock: FixedClock
) -> None:
    def begin() -> EventLives:
        fake = InMemoryEventStore(clock, **RETENTION)
        real = DynamoEventStore(dynamodb, EventsSettings(table=events_table, **RETENTION), clock)
        return EventLives(clock, fake, real)

    machine = cast("type[EventLives]", begin)  # all that is asked of a class is to be called
    run(machine, settings=settings(max_examples=30, stateful_step_count=30))
