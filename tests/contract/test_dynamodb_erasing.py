"""What an erasure takes with it on DynamoDB: every payload of the event, and nobody else's."""

import re
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.builders.events import (
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    incompressible_payload,
    store_event,
)
from tests.clock import FixedClock
from tests.contract.clients import before_call, payload_items, recorded
from triggers_api.errors import EventErasedError, IdempotencyConflictError, StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.store.events import DynamoEventStore
from triggers_api.timestamps import to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGE = incompressible_payload(9000)


def test_an_erasure_takes_the_payloads_of_lost_requests_too(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    event = a_keyed_event(clock(), payload=LARGE)
    dynamodb_events.add(TENANT, event, a_fingerprint())
    (stored,) = payload_items(dynamodb, events_table)
    lost = [stored | {"sk": {"S": f"payload#{event.id}#{n:016x}"}} for n in range(3)]
    for each in lost:
        dynamodb.put_item(TableName=events_table, Item=each)

    with recorded(dynamodb) as calls:
        dynamodb_events.erase(TENANT, event.id, clock())

    assert payload_items(dynamodb, events_table) == []
    assert [call["ConsistentRead"] for name, call in calls if name == "Query"] == [True]


def test_an_erasure_takes_nothing_of_an_event_that_takes_the_place_after_it(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    """The worker is held up until the tombstone's time is over."""
    erased = a_keyed_event(clock(), payload=LARGE)
    dynamodb_events.add(TENANT, erased, a_fingerprint())
    at = clock()
    clock.at += UNDELIVERED_RETENTION
    later = a_keyed_event(clock(), payload=LARGE)
    clock.at = at

    def take_the_place() -> None:
        clock.at += UNDELIVERED_RETENTION
        assert dynamodb_events.add(TENANT, later, a_fingerprint()).event == later

    with before_call(dynamodb, "Query", take_the_place):
        dynamodb_events.erase(TENANT, erased.id, at)

    assert dynamodb_events.get(TENANT, later.id) == later


def test_an_event_that_is_erased_again_was_erased_when_it_was_first(
    dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    event = store_event(dynamodb_events, clock())
    first = clock.advance(seconds=1)

    for at in (first, clock.advance(seconds=1)):
        dynamodb_events.erase(TENANT, event.id, at)

    with pytest.raises(EventErasedError, match=re.escape(to_text(first))):
        dynamodb_events.get(TENANT, event.id)


def a_key_used_again(store: DynamoEventStore, clock: FixedClock, said: str) -> Event:
    """An event under a key that stood for others on the days before."""
    event = a_keyed_event(clock.advance(hours=25))
    return store.add(TENANT, event, a_fingerprint(said)).event


def says(dynamodb: "DynamoDBClient", table: str, said: str) -> bool:
    """Whether any item holds the hash of what was said."""
    digest = a_fingerprint(said).digest
    items = dynamodb.scan(TableName=table)["Items"]
    return any(each == {"B": digest} for item in items for each in item.values())


@pytest.mark.parametrize("is_asked_again", [False, True])
def test_an_erased_event_whose_key_was_used_before_leaves_no_hash_of_its_words(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    *,
    is_asked_again: bool,
) -> None:
    dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint("first"))
    newer = a_key_used_again(dynamodb_events, clock, "Jane Doe is ill")
    assert says(dynamodb, events_table, "Jane Doe is ill")
    if is_asked_again:

        def stop() -> None:
            raise ReadTimeoutError(endpoint_url="dynamodb")

        with before_call(dynamodb, "Query", stop), pytest.raises(StoreUnavailableError):
            dynamodb_events.erase(TENANT, newer.id, clock())

    dynamodb_events.erase(TENANT, newer.id, clock())

    assert not says(dynamodb, events_table, "Jane Doe is ill")
    assert says(dynamodb, events_table, "first"), "the older event is not erased"
    with pytest.raises(EventErasedError):
        dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint("Jane Doe is ill"))


def test_an_erasure_takes_nothing_of_a_still_newer_event_of_its_key(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint("first"))
    newer = a_key_used_again(dynamodb_events, clock, "second")
    a_key_used_again(dynamodb_events, clock, "third")

    dynamodb_events.erase(TENANT, newer.id, clock())

    assert not says(dynamodb, events_table, "second")
    with pytest.raises(IdempotencyConflictError):
        dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint("fourth"))
