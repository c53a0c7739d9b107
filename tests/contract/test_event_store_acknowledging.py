"""`EventStore.acknowledge`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import (
    DELIVERED_RETENTION,
    INBOX,
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    an_event,
    ids,
    incompressible_payload,
    store_event,
    walk,
)
from tests.clock import FixedClock
from triggers_api.errors import NotFoundError
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventStore, Pushed

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("payload", [b'{"n":1}', incompressible_payload(9000)], ids=len)
def test_an_acknowledged_event_is_delivered_at_that_moment(
    store: EventStore, clock: FixedClock, payload: bytes
) -> None:
    event = store_event(store, clock(), payload=payload)
    at = clock.advance(seconds=5)

    changed = store.acknowledge(TENANT, event.id, at)

    assert changed
    delivered = replace(event, status=EventStatus.DELIVERED, delivered_at=at)
    assert store.get(TENANT, event.id) == delivered


def test_acknowledging_twice_changes_nothing(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())
    at = clock.advance(seconds=5)
    store.acknowledge(TENANT, event.id, at)

    changed = store.acknowledge(TENANT, event.id, clock.advance(seconds=5))

    assert not changed
    assert store.get(TENANT, event.id).delivered_at == at


def test_an_acknowledged_event_leaves_the_inbox_and_no_other_does(
    store: EventStore, clock: FixedClock
) -> None:
    events = [store_event(store, clock.advance(seconds=1)) for _ in range(3)]

    store.acknowledge(TENANT, events[1].id, clock.advance(seconds=1))

    assert walk(store, INBOX) == [events[0], events[2]]


@pytest.mark.parametrize(
    "event_id", ["", "nonsense", "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5", "evt_é" * 10]
)
def test_an_unknown_id_cannot_be_acknowledged(
    store: EventStore, clock: FixedClock, event_id: str
) -> None:
    with pytest.raises(NotFoundError) as caught:
        store.acknowledge(TENANT, event_id, clock())

    assert caught.value.code == "event_not_found"


def test_another_tenants_event_cannot_be_acknowledged(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())

    with pytest.raises(NotFoundError):
        store.acknowledge(OTHER_TENANT, event.id, clock())

    assert store.get(TENANT, event.id) == event


def test_an_id_with_a_forged_time_cannot_be_acknowledged(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())
    forged = an_event(clock.advance(hours=1)).id[:-16] + event.id[-16:]

    with pytest.raises(NotFoundError):
        store.acknowledge(TENANT, forged, clock())

    assert store.get(TENANT, event.id) == event


def test_an_expired_event_cannot_be_acknowledged(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())
    clock.at += UNDELIVERED_RETENTION

    with pytest.raises(NotFoundError):
        store.acknowledge(TENANT, event.id, clock())


def test_an_expired_delivered_event_cannot_be_acknowledged_again(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())
    store.acknowledge(TENANT, event.id, clock())
    clock.at += DELIVERED_RETENTION

    with pytest.raises(NotFoundError):
        store.acknowledge(TENANT, event.id, clock())


def test_a_delivered_event_is_found_for_its_own_retention(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())
    clock.at += UNDELIVERED_RETENTION - timedelta(hours=1)
    store.acknowledge(TENANT, event.id, clock())

    clock.at += DELIVERED_RETENTION - timedelta(seconds=1)

    assert store.get(TENANT, event.id).status is EventStatus.DELIVERED
    assert ids(walk(store)) == [event.id]


@pytest.mark.parametrize("round_", [0, 1, 2])
def test_a_push_of_the_last_round_acknowledges_whatever_its_senders_clock_says(
    store: EventStore, clock: FixedClock, round_: int
) -> None:
    event = store_event(store, clock())
    for _ in range(round_):
        store.replay(TENANT, event.id)

    assert store.acknowledge(TENANT, event.id, clock(), Pushed(round_, clock() - HOUR))


@pytest.mark.parametrize("round_", [0, 1])
@pytest.mark.parametrize("ago", [timedelta(0), HOUR])
def test_a_push_that_was_sent_before_the_events_replay_acknowledges_nothing(
    store: EventStore, clock: FixedClock, round_: int, ago: timedelta
) -> None:
    event = store_event(store, clock())
    store.replay(TENANT, event.id)
    last = store.replay(TENANT, event.id)
    sent_at = clock() - ago
    clock.advance(hours=1)

    assert not store.acknowledge(TENANT, event.id, clock(), Pushed(round_, sent_at))
    assert store.get(TENANT, event.id).status is EventStatus.PENDING

    assert store.mark_failed(TENANT, event.id, 3, last), "the later round decides"
    assert not store.acknowledge(TENANT, event.id, clock(), Pushed(round_, sent_at))
    assert store.get(TENANT, event.id).status is EventStatus.FAILED


@pytest.mark.parametrize("round_", [0, 1])
def test_an_earlier_rounds_push_that_was_sent_after_the_replay_acknowledges(
    store: EventStore, clock: FixedClock, round_: int
) -> None:
    event = store_event(store, clock())
    store.replay(TENANT, event.id)
    store.replay(TENANT, event.id)
    sent_at = clock.advance(microseconds=1)

    assert store.acknowledge(TENANT, event.id, clock(), Pushed(round_, sent_at))


def test_a_push_acknowledges_once_and_nothing_that_is_not_there(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())
    assert store.acknowledge(TENANT, event.id, clock(), Pushed(0, clock()))

    assert not store.acknowledge(TENANT, event.id, clock(), Pushed(0, clock()))
    with pytest.raises(NotFoundError):
        store.acknowledge(OTHER_TENANT, event.id, clock(), Pushed(0, clock()))
