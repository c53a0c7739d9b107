"""`EventStore.add` with a fingerprint: one event a key and day."""

from dataclasses import replace

import pytest

from tests.builders.events import (
    ALL_EVENTS,
    DELIVERED_RETENTION,
    OTHER_TENANT,
    TENANT,
    a_fingerprint,
    a_keyed_event,
    ids,
    incompressible_payload,
    walk,
)
from tests.clock import FixedClock
from triggers_api.errors import IdempotencyConflictError, NotFoundError
from triggers_api.events.ports import EventStore

SIZES = pytest.mark.parametrize("payload", [b'{"n":1}', incompressible_payload(9000)], ids=len)


@SIZES
def test_a_repeated_request_is_answered_with_the_first_event(
    store: EventStore, clock: FixedClock, payload: bytes
) -> None:
    first = store.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint())
    later = a_keyed_event(clock.advance(hours=23, minutes=59), payload=payload)

    second = store.add(TENANT, later, a_fingerprint())

    assert not first.replayed
    assert second.replayed
    assert second.event == first.event
    assert walk(store) == [first.event]


@pytest.mark.parametrize("microseconds", [1, 900])
@SIZES
def test_a_request_repeated_within_a_millisecond_is_answered_with_the_first_event(
    store: EventStore, clock: FixedClock, microseconds: int, payload: bytes
) -> None:
    clock.at = clock.at.replace(microsecond=0)
    first = store.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint())
    later = a_keyed_event(clock.advance(microseconds=microseconds), payload=payload)

    second = store.add(TENANT, later, a_fingerprint())

    assert second.replayed
    assert second.event == first.event


@SIZES
@pytest.mark.parametrize("after", [{"microseconds": 1}, {"seconds": 1}, {"hours": 23}])
def test_another_body_under_a_used_key_is_refused_and_changes_nothing(
    store: EventStore, clock: FixedClock, payload: bytes, after: dict[str, float]
) -> None:
    clock.at = clock.at.replace(microsecond=0)
    first = store.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint()).event
    other = a_keyed_event(clock.advance(**after), payload=b'{"other":"%s"}' % payload[2:-2])

    with pytest.raises(IdempotencyConflictError):
        store.add(TENANT, other, a_fingerprint("another body"))

    assert store.get(TENANT, first.id) == first
    assert walk(store) == [first]


def test_two_tenants_may_use_one_key(store: EventStore, clock: FixedClock) -> None:
    store.add(TENANT, a_keyed_event(clock()), a_fingerprint())

    theirs = a_keyed_event(clock(), tenant=OTHER_TENANT)
    addition = store.add(OTHER_TENANT, theirs, a_fingerprint("another body"))

    assert not addition.replayed


def test_two_keys_make_two_events(store: EventStore, clock: FixedClock) -> None:
    store.add(TENANT, a_keyed_event(clock(), "key-1"), a_fingerprint())

    addition = store.add(TENANT, a_keyed_event(clock(), "key-2"), a_fingerprint())

    assert not addition.replayed
    assert len(walk(store)) == 2


def test_a_replay_shows_the_event_in_its_first_state(store: EventStore, clock: FixedClock) -> None:
    first = store.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    store.acknowledge(TENANT, first.id, clock.advance(seconds=1))

    replay = store.add(TENANT, a_keyed_event(clock()), a_fingerprint())

    assert replay.event == first


@SIZES
def test_after_a_day_a_key_makes_a_new_event(
    store: EventStore, clock: FixedClock, payload: bytes
) -> None:
    first = store.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint()).event
    later = a_keyed_event(clock.advance(hours=24), payload=payload)

    second = store.add(TENANT, later, a_fingerprint("another body"))

    assert not second.replayed
    assert second.event.created_at == later.created_at
    assert second.event.id != first.id
    assert walk(store) == [first, second.event]
    assert store.get(TENANT, second.event.id) == second.event


@SIZES
def test_a_key_reused_after_a_day_holds_for_a_day_again(
    store: EventStore, clock: FixedClock, payload: bytes
) -> None:
    store.add(TENANT, a_keyed_event(clock()), a_fingerprint())
    later = a_keyed_event(clock.advance(hours=30), payload=payload)
    second = store.add(TENANT, later, a_fingerprint("second"))
    clock.advance(hours=23)

    repeated = store.add(TENANT, a_keyed_event(clock()), a_fingerprint("second"))

    assert repeated.replayed
    assert repeated.event == second.event
    with pytest.raises(IdempotencyConflictError):
        store.add(TENANT, a_keyed_event(clock()), a_fingerprint("third"))


def test_a_key_can_be_reused_every_day(store: EventStore, clock: FixedClock) -> None:
    stored = []

    for day in range(4):
        event = a_keyed_event(clock.advance(hours=24))
        stored.append(store.add(TENANT, event, a_fingerprint(f"day {day}")))

    assert [addition.replayed for addition in stored] == [False] * 4
    assert walk(store) == [addition.event for addition in stored]


def test_reusing_a_key_leaves_the_old_event_as_it_is(store: EventStore, clock: FixedClock) -> None:
    old = store.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    acknowledged_at = clock.advance(hours=1)
    store.acknowledge(TENANT, old.id, acknowledged_at)

    store.add(TENANT, a_keyed_event(clock.advance(hours=30)), a_fingerprint())

    found = store.get(TENANT, old.id)
    assert found == replace(old, status=found.status, delivered_at=acknowledged_at)


def test_an_expired_event_stays_gone_when_its_key_is_used_again(
    store: EventStore, clock: FixedClock
) -> None:
    old = store.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    store.acknowledge(TENANT, old.id, clock())
    clock.at += DELIVERED_RETENTION

    new = store.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event

    assert ids(walk(store, ALL_EVENTS)) == [new.id]
    assert store.get(TENANT, new.id) == new
    with pytest.raises(NotFoundError):
        store.get(TENANT, old.id)


@SIZES
def test_a_key_whose_event_has_expired_holds_for_a_day_again(
    store: EventStore, clock: FixedClock, payload: bytes
) -> None:
    old = store.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint()).event
    store.acknowledge(TENANT, old.id, clock())
    clock.at += DELIVERED_RETENTION
    new = store.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint()).event

    repeated = store.add(TENANT, a_keyed_event(clock.advance(hours=23)), a_fingerprint())

    assert repeated.replayed
    assert repeated.event == new
