"""`EventStore.find_trail`: what is left of an event's life, also once it is erased."""

from datetime import timedelta

import pytest

from tests.builders.events import (
    OTHER_TENANT,
    TENANT,
    an_event,
    incompressible_payload,
    store_event,
)
from tests.clock import FixedClock
from triggers_api.errors import NotFoundError
from triggers_api.events.event import Severity
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventStore


@pytest.mark.parametrize("size", [100, 5000])
def test_a_trail_tells_an_events_life(store: EventStore, clock: FixedClock, size: int) -> None:
    event = store_event(
        store,
        clock(),
        severity=Severity.ERROR,
        execution_id="exec_1",
        metadata={"connector": "amazon"},
        payload=incompressible_payload(size),
    )
    new = store.find_trail(TENANT, event.id)
    delivered_at = clock.advance(seconds=1)
    store.acknowledge(TENANT, event.id, delivered_at)
    done = store.find_trail(TENANT, event.id)
    replayed_at = clock.advance(seconds=1)
    store.replay(TENANT, event.id)
    again = store.find_trail(TENANT, event.id)

    assert (new.id, new.event_type, new.severity) == (event.id, event.event_type, Severity.ERROR)
    assert (new.execution_id, new.metadata) == ("exec_1", {"connector": "amazon"})
    assert (new.status, new.rounds, new.matched_at) == (EventStatus.PENDING, 0, event.created_at)
    assert (done.status, done.delivered_at) == (EventStatus.DELIVERED, delivered_at)
    assert (again.status, again.delivered_at) == (EventStatus.PENDING, None)
    assert (again.rounds, again.replayed_at, again.matched_at) == (1, replayed_at, replayed_at)


def test_the_trail_of_an_erased_event_stays_without_what_it_said(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock(), metadata={"connector": "amazon"})
    erased_at = clock.advance(seconds=1)
    store.erase(TENANT, event.id, erased_at)

    trail = store.find_trail(TENANT, event.id)

    assert (trail.status, trail.erased_at, trail.metadata) == (None, erased_at, {})
    assert trail.event_type == event.event_type


@pytest.mark.parametrize("event_id", ["evt_unknown", "", "tenant", "#"])
def test_what_is_no_event_has_no_trail(store: EventStore, event_id: str) -> None:
    with pytest.raises(NotFoundError):
        store.find_trail(TENANT, event_id)


def test_another_tenants_event_and_an_expired_one_have_no_trail(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())

    with pytest.raises(NotFoundError):
        store.find_trail(OTHER_TENANT, event.id)
    with pytest.raises(NotFoundError):
        store.find_trail(TENANT, an_event(clock()).id)
    clock.at += timedelta(days=366)
    with pytest.raises(NotFoundError):
        store.find_trail(TENANT, event.id)
