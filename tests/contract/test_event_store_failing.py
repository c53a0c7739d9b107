"""`EventStore.mark_failed`."""

from dataclasses import replace

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event, store_event
from tests.clock import FixedClock
from triggers_api.errors import ConflictError
from triggers_api.events.lifecycle import MOST_ROUNDS, EventStatus
from triggers_api.events.ports import EventStore


def test_an_event_whose_pushes_were_given_up_is_failed(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())

    assert store.mark_failed(TENANT, event.id, 7)

    failed = replace(event, status=EventStatus.FAILED, delivery_attempts=7)
    assert store.get(TENANT, event.id) == failed


def test_failing_twice_changes_nothing(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())
    store.mark_failed(TENANT, event.id, 7)

    assert not store.mark_failed(TENANT, event.id, 8)

    assert store.get(TENANT, event.id).delivery_attempts == 7


def test_what_was_acknowledged_does_not_fail(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())
    store.acknowledge(TENANT, event.id, clock())

    assert not store.mark_failed(TENANT, event.id, 7)

    assert store.get(TENANT, event.id).status is EventStatus.DELIVERED


def test_what_is_not_there_does_not_fail(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())

    assert not store.mark_failed(OTHER_TENANT, event.id, 7)
    assert not store.mark_failed(TENANT, an_event(clock()).id, 7)


def test_only_the_last_round_decides_that_an_event_has_failed(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())
    store.replay(TENANT, event.id)
    round_ = store.replay(TENANT, event.id)

    assert not store.mark_failed(TENANT, event.id, 7)
    assert not store.mark_failed(TENANT, event.id, 7, round_ - 1)
    assert store.get(TENANT, event.id).status is EventStatus.PENDING

    assert store.mark_failed(TENANT, event.id, 7, round_)
    assert store.get(TENANT, event.id).status is EventStatus.FAILED


def test_an_event_is_replayed_a_bounded_number_of_times(
    store: EventStore, clock: FixedClock
) -> None:
    event = store.add(TENANT, an_event(clock()), None).event
    assert [store.replay(TENANT, event.id) for _ in range(MOST_ROUNDS)][-1] == MOST_ROUNDS

    with pytest.raises(ConflictError) as raised:
        store.replay(TENANT, event.id)

    assert raised.value.code == "too_many_replays"
