"""What the stream's filter sees: a head says that it is new until anything about it changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local.stream_mapping import StreamMapping
from tests.builders.events import (
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    incompressible_payload,
)
from tests.clock import FixedClock
from tests.cloudformation import properties
from triggers_api.events.event import Event
from triggers_api.events.ports import EventStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.items import event_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Reads = Callable[[str], dict[str, Any]]
SIZES = pytest.mark.parametrize("payload", [b'{"n":1}', incompressible_payload(9000)], ids=len)


@pytest.fixture
def record_of(dynamodb: "DynamoDBClient", events_table: str) -> Reads:
    """The record that the stream would hold of an event's head as it is now."""

    def read(event_id: str) -> dict[str, Any]:
        key = event_key(TENANT, event_id)
        image = dynamodb.get_item(TableName=events_table, Key=key)["Item"]
        return {"eventName": "MODIFY", "dynamodb": {"Keys": key, "NewImage": image}}

    return read


@pytest.fixture(scope="module")
def mapping() -> StreamMapping:
    """The template's own."""
    wanted = properties("DispatcherMapping")
    return StreamMapping.of(wanted | {"EventSourceArn": "arn:s", "FunctionArn": "arn:f"})


@SIZES
def test_an_event_put_over_an_expired_one_of_its_key_is_pushed(
    dynamodb_events: DynamoEventStore,
    record_of: Reads,
    mapping: StreamMapping,
    clock: FixedClock,
    payload: bytes,
) -> None:
    """A job of weekdays comes back to a key whose old event waits to be swept."""
    first = a_keyed_event(clock(), payload=payload)
    dynamodb_events.add(TENANT, first, a_fingerprint())
    dynamodb_events.acknowledge(TENANT, first.id, clock())
    assert not mapping.wants(record_of(first.id))

    clock.at += timedelta(days=35)
    second = a_keyed_event(clock(), payload=payload)
    assert not dynamodb_events.add(TENANT, second, a_fingerprint()).replayed

    record = record_of(second.id)
    assert record["dynamodb"]["NewImage"]["id"]["S"] == second.id
    assert mapping.wants(record)


def acknowledge(store: EventStore, event: Event, clock: FixedClock) -> None:
    store.acknowledge(TENANT, event.id, clock())


def mark_failed(store: EventStore, event: Event, _: FixedClock) -> None:
    store.mark_failed(TENANT, event.id, 10)


def replay(store: EventStore, event: Event, _: FixedClock) -> None:
    store.replay(TENANT, event.id)


def erase(store: EventStore, event: Event, clock: FixedClock) -> None:
    store.erase(TENANT, event.id, clock())


def use_the_key_again_a_day_later(store: EventStore, _: Event, clock: FixedClock) -> None:
    store.add(TENANT, a_keyed_event(clock.advance(hours=25)), a_fingerprint())


def use_it_just_before_the_end(store: EventStore, event: Event, clock: FixedClock) -> None:
    clock.at = event.created_at + UNDELIVERED_RETENTION - timedelta(hours=1)
    store.add(TENANT, a_keyed_event(clock()), a_fingerprint())


CHANGES = [
    acknowledge,
    mark_failed,
    replay,
    erase,
    use_the_key_again_a_day_later,
    use_it_just_before_the_end,
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_of_an_event_calls_the_dispatcher(
    dynamodb_events: DynamoEventStore,
    record_of: Reads,
    mapping: StreamMapping,
    clock: FixedClock,
    change: Callable[[EventStore, Event, FixedClock], None],
) -> None:
    event = a_keyed_event(clock())
    dynamodb_events.add(TENANT, event, a_fingerprint())
    before = record_of(event.id)
    assert mapping.wants(before)

    change(dynamodb_events, event, clock)

    after = record_of(event.id)
    assert after != before, "nothing was changed"
    assert not mapping.wants(after)


def test_these_are_all_the_ways_to_change_an_event() -> None:
    """Whoever adds one to the port adds it to those above."""
    known = {"acknowledge", "mark_failed", "replay", "erase"}
    reads = {"add", "get", "list_events", "find_trail", "count_undelivered"}
    assert {name for name in vars(EventStore) if not name.startswith("_")} == known | reads


def test_the_filter_is_one_pattern_over_what_the_item_says() -> None:
    (one,) = properties("DispatcherMapping")["FilterCriteria"]["Filters"]
    assert set(json.loads(one["Pattern"])) == {"dynamodb"}
