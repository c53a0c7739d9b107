"""What an erasure takes with it on DynamoDB: every payload of the event, and nobody else's."""

import re
from typing import TYPE_CHECKING

import pytest

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
from triggers_api.errors import EventErasedError
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
