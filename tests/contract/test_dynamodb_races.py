"""The event store on DynamoDB, while others are at work and when somebody stops half-way."""

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import (
    ALL_EVENTS,
    TENANT,
    a_fingerprint,
    a_keyed_event,
    an_event,
    ids,
    incompressible_payload,
    store_event,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import before_call, failing, payload_items
from triggers_api.errors import IdempotencyConflictError, TooManyAtOnceError
from triggers_api.events.lifecycle import EventStatus
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")
SIZES = pytest.mark.parametrize("payload", [b'{"n":1}', incompressible_payload(9000)], ids=len)


class StoppedError(Exception):
    """The process ends here."""


def stop() -> None:
    raise StoppedError


@SIZES
@pytest.mark.parametrize("key", [None, "key-1"])
def test_a_write_whose_answer_was_lost_is_no_conflict_with_itself(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    payload: bytes,
    key: str | None,
) -> None:
    fingerprint = a_fingerprint() if key else None
    event = a_keyed_event(clock(), payload=payload) if key else an_event(clock(), payload=payload)

    with failing(dynamodb, "PutItem", 500, "InternalServerError", times=1) as failures:
        addition = dynamodb_events.add(TENANT, event, fingerprint)

    assert len(failures) == 1
    assert addition.event == event
    assert not addition.replayed
    assert walk(dynamodb_events) == [event]


def test_an_acknowledgement_whose_answer_was_lost_keeps_its_moment(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    event = store_event(dynamodb_events, clock())
    dynamodb_events.acknowledge(TENANT, store_event(dynamodb_events, clock()).id, clock())

    with failing(dynamodb, "UpdateItem", 500, "InternalServerError", times=1):
        dynamodb_events.acknowledge(TENANT, event.id, clock.advance(seconds=1))

    assert dynamodb_events.get(TENANT, event.id).delivered_at == clock()


@SIZES
def test_a_repeat_finishes_the_work_of_one_who_took_the_key_and_stopped(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock, payload: bytes
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    event = a_keyed_event(clock.advance(hours=30), payload=payload)
    fails_at = 2 if len(payload) < 1000 else 1
    with (
        before_call(dynamodb, "PutItem", stop, fails_at),
        pytest.raises(StoppedError),
    ):
        dynamodb_events.add(TENANT, event, a_fingerprint("second"))

    repeat = a_keyed_event(clock.advance(seconds=1), payload=payload)
    addition = dynamodb_events.add(TENANT, repeat, a_fingerprint("second"))

    assert addition.event.payload == payload
    assert dynamodb_events.get(TENANT, addition.event.id) == addition.event
    assert walk(dynamodb_events) == [old, addition.event]


def test_a_key_taken_by_one_who_stopped_is_refused_to_another_body(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    event = a_keyed_event(clock.advance(hours=30))
    with before_call(dynamodb, "PutItem", stop, 2), pytest.raises(StoppedError):
        dynamodb_events.add(TENANT, event, a_fingerprint("second"))

    with pytest.raises(IdempotencyConflictError):
        dynamodb_events.add(TENANT, event, a_fingerprint("third"))

    assert walk(dynamodb_events) == [old]


@pytest.mark.parametrize(("operation", "number"), [("PutItem", 1), ("UpdateItem", 1)])
@SIZES
def test_two_who_reuse_an_old_key_at_once_make_one_event(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    payload: bytes,
    operation: str,
    number: int,
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    first = a_keyed_event(clock.advance(hours=30), payload=payload)
    second = a_keyed_event(clock.advance(milliseconds=5), payload=payload)
    answers = []

    def race() -> None:
        answers.append(dynamodb_events.add(TENANT, second, a_fingerprint("new")))

    with before_call(dynamodb, operation, race, number):
        answers.append(dynamodb_events.add(TENANT, first, a_fingerprint("new")))

    assert answers[0].event == answers[1].event
    assert walk(dynamodb_events) == [old, answers[0].event]


def test_who_took_the_key_and_who_finished_the_work_answer_the_same(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    first = a_keyed_event(clock.advance(hours=30))
    second = a_keyed_event(clock.advance(milliseconds=5))
    answers = []

    def race() -> None:
        answers.append(dynamodb_events.add(TENANT, second, a_fingerprint("new")))

    with before_call(dynamodb, "PutItem", race, 2):
        answers.append(dynamodb_events.add(TENANT, first, a_fingerprint("new")))

    assert answers[0].event == answers[1].event
    assert walk(dynamodb_events) == [old, answers[0].event]


def test_two_large_bodies_under_one_key_at_one_moment_never_mix(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    one = a_keyed_event(clock(), payload=incompressible_payload(9000, seed=1))
    other = a_keyed_event(clock(), payload=incompressible_payload(9000, seed=2))

    def race() -> None:
        dynamodb_events.add(TENANT, other, a_fingerprint("2"))

    with before_call(dynamodb, "PutItem", race, 2), pytest.raises(IdempotencyConflictError):
        dynamodb_events.add(TENANT, one, a_fingerprint("1"))

    assert walk(dynamodb_events) == [other]


@pytest.mark.parametrize("body", ["the same", "another"])
def test_who_comes_second_with_a_key_leaves_no_large_payload_behind(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    events_table: str,
    clock: FixedClock,
    body: str,
) -> None:
    slow = a_keyed_event(clock(), payload=incompressible_payload(9000))
    fast = a_keyed_event(clock.advance(milliseconds=5), payload=incompressible_payload(9000))

    def race() -> None:
        dynamodb_events.add(TENANT, fast, a_fingerprint("the same"))

    with before_call(dynamodb, "PutItem", race, 2), suppress(IdempotencyConflictError):
        dynamodb_events.add(TENANT, slow, a_fingerprint(body))

    assert len(payload_items(dynamodb, events_table)) == 1
    assert len(payload_items(dynamodb, events_table, fast.id)) == 1
    assert walk(dynamodb_events) == [fast]


def test_a_repeat_while_the_event_is_erased_is_told_to_come_again(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    event = a_keyed_event(clock(), payload=incompressible_payload(9000))
    dynamodb_events.add(TENANT, event, a_fingerprint())

    def erase() -> None:
        dynamodb_events.erase(TENANT, event.id, clock())

    with before_call(dynamodb, "BatchGetItem", erase), pytest.raises(TooManyAtOnceError):
        dynamodb_events.add(TENANT, a_keyed_event(clock(), payload=event.payload), a_fingerprint())


def test_an_event_is_never_seen_without_its_large_payload(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    event = an_event(clock(), payload=incompressible_payload(9000))

    with before_call(dynamodb, "PutItem", stop, 2), pytest.raises(StoppedError):
        dynamodb_events.add(TENANT, event, None)

    assert walk(dynamodb_events, ALL_EVENTS) == []


@pytest.mark.parametrize("query_number", [1, 2, 3])
def test_an_event_acknowledged_while_a_list_is_read_is_on_it_once(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    query_number: int,
) -> None:
    events = [store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(3)]

    def acknowledge() -> None:
        dynamodb_events.acknowledge(TENANT, events[1].id, clock())

    with before_call(dynamodb, "Query", acknowledge, query_number):
        listed = walk(dynamodb_events)

    assert ids(listed) == ids(events)
    assert listed[1].status is EventStatus.DELIVERED
