"""Lists on DynamoDB: shards, large pages, and what is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import (
    ALL_EVENTS,
    DELIVERED_RETENTION,
    INBOX,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    ids,
    incompressible_payload,
    pages,
    store_event,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import hooked, payload_items, recorded
from triggers_api.events.event import events_as_json
from triggers_api.events.ports import EventQuery
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.items import event_key
from triggers_api.store.tenants import INDEX_SETTLES_WITHIN, TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ORDERS = pytest.mark.parametrize("query", [ALL_EVENTS, replace(ALL_EVENTS, newest_first=True)])


@pytest.fixture
def sharded_events(
    dynamodb: "DynamoDBClient", events_table: str, dynamodb_events: DynamoEventStore
) -> DynamoEventStore:
    TenantRows(dynamodb, events_table).raise_shards(TENANT, 4)
    return dynamodb_events


@ORDERS
@pytest.mark.parametrize("limit", [1, 5, 100])
def test_shards_are_read_as_one_list(
    sharded_events: DynamoEventStore, clock: FixedClock, query: EventQuery, limit: int
) -> None:
    events = [store_event(sharded_events, clock.advance(milliseconds=n % 2)) for n in range(12)]
    for event in events[::5]:
        sharded_events.acknowledge(TENANT, event.id, clock())

    listed = walk(sharded_events, query, limit)

    in_order = sorted(events, key=lambda event: (event.created_at, event.id))
    assert ids(listed) == ids(in_order[::-1] if query.newest_first else in_order)


def test_new_events_spread_over_all_shards(
    dynamodb: "DynamoDBClient",
    events_table: str,
    sharded_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    for _ in range(40):
        store_event(sharded_events, clock())

    items = dynamodb.scan(TableName=events_table)["Items"]
    assert {item["shard"]["N"] for item in items if "shard" in item} == {"0", "1", "2", "3"}


def test_raising_shards_loses_no_event_from_the_lists(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    before = [store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(5)]

    TenantRows(dynamodb, events_table).raise_shards(TENANT, 4)

    after = [store_event(dynamodb_events, clock.advance(seconds=30)) for _ in range(10)]
    assert walk(dynamodb_events, INBOX, limit=4) == before + after


@contextmanager
def ending_where_told(client: "DynamoDBClient") -> Iterator[None]:
    """DynamoDB says how to go on behind as many items as were asked for; moto, if there are more.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
    """
    asked: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    def say_more(parsed: dict[str, Any], **_: object) -> None:
        if len(parsed["Items"]) == asked[-1].get("Limit"):
            last = parsed["Items"][-1]
            names = ("pk", "sk", "tenant", "status", "shard", "created_at", "id")
            parsed["LastEvaluatedKey"] = {name: last[name] for name in names if name in last}

    with (
        hooked(client, "provide-client-params.dynamodb.Query", note),
        hooked(client, "after-call.dynamodb.Query", say_more),
    ):
        yield


@ORDERS
def test_a_full_page_with_nothing_behind_it_is_the_last(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    query: EventQuery,
) -> None:
    for _ in range(3):
        store_event(dynamodb_events, clock.advance(seconds=1))

    with ending_where_told(dynamodb):
        full = dynamodb_events.list_events(TENANT, query, limit=3, after=None)
        short = dynamodb_events.list_events(TENANT, query, limit=2, after=None)

    assert (len(full.events), full.next_after) == (3, None)
    assert (len(short.events), short.next_after is None) == (2, False)


@ORDERS
def test_a_page_never_outgrows_what_a_function_may_answer(
    dynamodb_events: DynamoEventStore, clock: FixedClock, query: EventQuery
) -> None:
    metadata = {f"key {n}": "text" * 125 for n in range(50)}
    payload = incompressible_payload(150_000)
    events = [
        store_event(dynamodb_events, clock.advance(seconds=1), payload=payload, metadata=metadata)
        for _ in range(24)
    ]

    walked = list(pages(dynamodb_events, query, limit=100))

    assert max(len(events_as_json(page)) for page in walked) < 3_010_000
    listed = [event for page in walked for event in page]
    assert listed == (events[::-1] if query.newest_first else events)


def test_a_large_payload_is_kept_as_long_as_its_event_can_live(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    large = a_keyed_event(clock(), payload=incompressible_payload(9000))
    event = dynamodb_events.add(TENANT, large, a_fingerprint()).event
    clock.at += UNDELIVERED_RETENTION
    dynamodb_events.add(TENANT, a_keyed_event(clock.advance(hours=-1)), a_fingerprint())

    dynamodb_events.acknowledge(TENANT, event.id, clock.advance(minutes=59))

    head = dynamodb.get_item(TableName=events_table, Key=event_key(TENANT, event.id))["Item"]
    (payload,) = payload_items(dynamodb, events_table, event.id)
    assert int(head["expires_at"]["N"]) == int((clock() + DELIVERED_RETENTION).timestamp())
    assert int(payload["expires_at"]["N"]) >= int(head["expires_at"]["N"])


@ORDERS
def test_statuses_whose_events_differ_in_size_are_merged_without_gaps(
    dynamodb_events: DynamoEventStore, clock: FixedClock, query: EventQuery
) -> None:
    """A query ends after 1 MB, so that one status is read further than another."""
    events = []
    for number in range(160):
        size = 560 if number % 2 else 280
        metadata = {f"key {n}": "x" * size for n in range(50)}
        event = store_event(dynamodb_events, clock.advance(seconds=1), metadata=metadata)
        events.append(event)
        if number % 2:
            dynamodb_events.acknowledge(TENANT, event.id, clock())
    clock.at += 3 * INDEX_SETTLES_WITHIN

    listed = walk(dynamodb_events, query)

    assert ids(listed) == ids(events[::-1] if query.newest_first else events)


@ORDERS
def test_a_range_that_nothing_can_be_in_is_not_asked_for(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    query: EventQuery,
) -> None:
    """DynamoDB refuses a BETWEEN whose bounds are the wrong way round."""
    nothing = replace(query, since=clock(), until=clock())

    with recorded(dynamodb) as calls:
        walk(dynamodb_events, nothing)

    assert "Query" not in [operation for operation, _ in calls]
