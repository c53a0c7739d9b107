from datetime import datetime

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, ids, store_event, walk
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from triggers_api.errors import NotFoundError, StoreUnavailableError
from triggers_api.events.acknowledge import Acknowledge, Acknowledgement
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import Pushed

UNKNOWN = "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"


@pytest.fixture
def acknowledge(fake_events: InMemoryEventStore, clock: FixedClock) -> Acknowledge:
    return Acknowledge(fake_events, clock)


def test_an_event_is_acknowledged_at_this_moment(
    acknowledge: Acknowledge, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    event = store_event(fake_events, clock())
    clock.advance(seconds=5)

    changed = acknowledge.one(TENANT, event.id)

    assert changed
    assert fake_events.get(TENANT, event.id).delivered_at == clock()


def test_acknowledging_twice_changes_nothing(
    acknowledge: Acknowledge, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    event = store_event(fake_events, clock())
    acknowledge.one(TENANT, event.id)
    clock.advance(seconds=5)

    assert not acknowledge.one(TENANT, event.id)


def test_many_are_answered_in_the_order_asked(
    acknowledge: Acknowledge, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    asked = ids([store_event(fake_events, clock()) for _ in range(100)])[::-1]

    results = acknowledge.many(TENANT, asked)

    assert results == [Acknowledgement(event_id, changed=True) for event_id in asked]
    assert {event.status for event in walk(fake_events)} == {EventStatus.DELIVERED}


def test_an_id_asked_for_twice_is_answered_twice_alike(
    acknowledge: Acknowledge, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    one, other = ids([store_event(fake_events, clock()) for _ in range(2)])

    results = acknowledge.many(TENANT, [one, other, one])

    assert [result.event_id for result in results] == [one, other, one]
    assert results[0] == results[2]


def test_one_unknown_id_spoils_no_other(
    acknowledge: Acknowledge, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    fresh, done = ids([store_event(fake_events, clock()) for _ in range(2)])
    theirs = store_event(fake_events, clock(), OTHER_TENANT).id
    acknowledge.one(TENANT, done)

    results = acknowledge.many(TENANT, [UNKNOWN, fresh, theirs, done])

    assert [result.changed for result in results] == [False, True, False, False]
    assert [type(result.error) for result in results] == [
        NotFoundError,
        type(None),
        NotFoundError,
        type(None),
    ]


class BusyStore(InMemoryEventStore):
    """Does not answer for one event."""

    busy_with = ""

    def acknowledge(
        self, tenant: str, event_id: str, at: datetime, pushed: Pushed | None = None
    ) -> bool:
        if event_id == self.busy_with:
            raise StoreUnavailableError("busy")
        return super().acknowledge(tenant, event_id, at, pushed)


def test_one_id_that_the_store_is_too_busy_for_spoils_no_other(clock: FixedClock) -> None:
    store = BusyStore(clock)
    one, other = ids([store_event(store, clock()) for _ in range(2)])
    store.busy_with = one

    results = Acknowledge(store, clock).many(TENANT, [one, other])

    assert isinstance(results[0].error, StoreUnavailableError)
    assert results[1] == Acknowledgement(other, changed=True)
