"""`EventStore.erase`: what an event said is gone, that it was there stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import (
    DELIVERED_RETENTION,
    OTHER_TENANT,
    TENANT,
    a_fingerprint,
    a_keyed_event,
    an_event,
    incompressible_payload,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import before_call
from tests.contract.conftest import OpenStore
from triggers_api.errors import EventErasedError, NotFoundError
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery, EventStore
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECRET = "Jane Doe, 4 Privet Drive"
EVERYTHING = EventQuery(statuses=ALL_STATUSES)


def test_an_erased_event_is_found_nowhere_and_cannot_be_changed(
    store: EventStore, clock: FixedClock
) -> None:
    erased, kept = an_event(clock()), an_event(clock.advance(seconds=1))
    for event in (erased, kept):
        store.add(TENANT, event, None)
    store.erase(TENANT, erased.id, clock())

    assert walk(store, EVERYTHING, 1) == [kept]
    for call in (
        lambda: store.get(TENANT, erased.id),
        lambda: store.acknowledge(TENANT, erased.id, clock()),
        lambda: store.replay(TENANT, erased.id),
    ):
        with pytest.raises(EventErasedError):
            call()
    assert not store.mark_failed(TENANT, erased.id, 3)
    assert walk(store, EVERYTHING, 1) == [kept]


@pytest.mark.parametrize("is_delivered", [False, True])
def test_erasing_twice_is_as_good_as_once(
    store: EventStore, clock: FixedClock, *, is_delivered: bool
) -> None:
    event = an_event(clock(), payload=incompressible_payload(5000))
    store.add(TENANT, event, None)
    if is_delivered:
        store.acknowledge(TENANT, event.id, clock())

    for _ in range(2):
        store.erase(TENANT, event.id, clock.advance(seconds=1))

    with pytest.raises(EventErasedError):
        store.get(TENANT, event.id)


@pytest.mark.parametrize("event_id", ["", "evt_unknown", "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"])
def test_what_is_not_there_cannot_be_erased(
    store: EventStore, clock: FixedClock, event_id: str
) -> None:
    with pytest.raises(NotFoundError):
        store.erase(TENANT, event_id, clock())


def test_another_tenants_event_cannot_be_erased(store: EventStore, clock: FixedClock) -> None:
    event = an_event(clock())
    store.add(TENANT, event, None)

    with pytest.raises(NotFoundError):
        store.erase(OTHER_TENANT, event.id, clock())

    assert store.get(TENANT, event.id) == event


def test_the_key_of_an_erased_event_makes_no_new_one_for_a_day_and_then_does(
    store: EventStore, clock: FixedClock
) -> None:
    first = a_keyed_event(clock(), "key")
    store.add(TENANT, first, a_fingerprint("body"))
    store.erase(TENANT, first.id, clock())

    with pytest.raises(EventErasedError):
        store.add(TENANT, a_keyed_event(clock.advance(hours=1), "key"), a_fingerprint("body"))

    again = a_keyed_event(clock.advance(hours=24), "key")
    added = store.add(TENANT, again, a_fingerprint("body"))
    assert not added.replayed
    assert store.get(TENANT, added.event.id) == added.event


@pytest.mark.parametrize(
    ("operation", "verb"),
    [("BatchGetItem", DynamoEventStore.get), ("UpdateItem", DynamoEventStore.replay)],
)
def test_a_large_event_that_is_erased_while_something_is_done_with_it_is_erased(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    clock: FixedClock,
    operation: str,
    verb: Callable[[DynamoEventStore, str, str], object],
) -> None:
    store = open_store(dynamodb, events_table)
    event = an_event(clock(), payload=incompressible_payload(5000))
    store.add(TENANT, event, None)

    def erase() -> None:
        store.erase(TENANT, event.id, clock())

    with before_call(dynamodb, operation, erase), pytest.raises(EventErasedError):
        verb(store, TENANT, event.id)


@pytest.mark.parametrize("padding", [b"", incompressible_payload(5000)], ids=["small", "large"])
def test_no_item_holds_what_it_said(
    dynamodb_events: DynamoEventStore,
    dynamodb: "DynamoDBClient",
    events_table: str,
    clock: FixedClock,
    padding: bytes,
) -> None:
    payload = b'{"name": "' + SECRET.encode() + b'", "more": ' + (padding or b"{}") + b"}"
    event = an_event(clock(), payload=payload, metadata={"customer": SECRET})
    dynamodb_events.add(TENANT, event, None)

    dynamodb_events.erase(TENANT, event.id, clock())

    stored = dynamodb.scan(TableName=events_table)["Items"]
    (tombstone,) = (item for item in stored if event.id in str(item))
    assert set(tombstone) == {
        *("pk", "sk", "tenant", "id", "created_at", "event_type", "severity", "execution_id"),
        *("expires_at", "erased_at", "status", "shard"),
    }


def test_who_stopped_before_the_payload_was_deleted_can_finish(
    dynamodb_events: DynamoEventStore,
    dynamodb: "DynamoDBClient",
    events_table: str,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(clock(), payload=incompressible_payload(5000))
    dynamodb_events.add(TENANT, event, None)
    with monkeypatch.context() as patch:
        patch.setattr(dynamodb, "delete_item", _killed)
        with pytest.raises(KeyboardInterrupt):
            dynamodb_events.erase(TENANT, event.id, clock())

    dynamodb_events.erase(TENANT, event.id, clock() + timedelta(hours=1))

    stored = dynamodb.scan(TableName=events_table)["Items"]
    assert [item["sk"]["S"] for item in stored if event.id in str(item)] == ["event"]


def test_what_two_requests_with_its_key_left_behind_is_erased_too(
    dynamodb_events: DynamoEventStore,
    dynamodb: "DynamoDBClient",
    events_table: str,
    clock: FixedClock,
) -> None:
    payload = incompressible_payload(5000)
    stopped = a_keyed_event(clock(), "key", payload=payload)
    with before_call(dynamodb, "PutItem", _killed, 2), pytest.raises(KeyboardInterrupt):
        dynamodb_events.add(TENANT, stopped, a_fingerprint())
    event = a_keyed_event(clock.advance(seconds=1), "key", payload=payload)
    dynamodb_events.add(TENANT, event, a_fingerprint())

    dynamodb_events.erase(TENANT, event.id, clock())

    stored = dynamodb.scan(TableName=events_table)["Items"]
    assert [item for item in stored if "payload" in item] == []


def test_a_new_event_in_the_place_of_an_expired_tombstone_keeps_its_payload(
    dynamodb_events: DynamoEventStore, dynamodb: "DynamoDBClient", clock: FixedClock
) -> None:
    first = a_keyed_event(clock(), "key", payload=incompressible_payload(5000))
    dynamodb_events.add(TENANT, first, a_fingerprint())
    dynamodb_events.acknowledge(TENANT, first.id, clock())
    clock.at += DELIVERED_RETENTION - timedelta(seconds=2)
    newer = a_keyed_event(
        clock() + timedelta(seconds=3), "key", payload=incompressible_payload(5000, 2)
    )

    def post_again() -> None:
        clock.advance(seconds=3)
        dynamodb_events.add(TENANT, newer, a_fingerprint("another"))

    with before_call(dynamodb, "Query", post_again):
        dynamodb_events.erase(TENANT, first.id, clock())

    assert dynamodb_events.get(TENANT, newer.id) == newer


def test_nothing_that_is_left_tells_what_it_said_not_even_whether_somebody_guessed_it(
    store: EventStore,
    dynamodb: "DynamoDBClient",
    events_table: str,
    clock: FixedClock,
) -> None:
    first = a_keyed_event(clock(), "key")
    store.add(TENANT, first, a_fingerprint("body"))
    store.erase(TENANT, first.id, clock())

    for guess in ("body", "another"):
        with pytest.raises(EventErasedError):
            store.add(TENANT, a_keyed_event(clock(), "key"), a_fingerprint(guess))
    stored = dynamodb.scan(TableName=events_table)["Items"]
    assert [item for item in stored if "fingerprint" in item] == []


def _killed(**_: object) -> None:
    raise KeyboardInterrupt
