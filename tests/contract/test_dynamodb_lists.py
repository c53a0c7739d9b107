"""Lists on DynamoDB: shards, an index that lags behind its table, and large pages."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from tests.builders import (
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
from tests.contract.clients import LaggingIndexClient
from tests.contract.conftest import OpenStore, create_table
from triggers_api.event import events_as_json
from triggers_api.lifecycle import EventStatus
from triggers_api.ports import EventQuery
from triggers_api.store.events import DynamoEventStore
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


@pytest.fixture
def lagging_index(dynamodb: "DynamoDBClient", events_table: str) -> LaggingIndexClient:
    return LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))


@pytest.fixture
def lagging_events(
    lagging_index: LaggingIndexClient, events_table: str, open_store: OpenStore
) -> DynamoEventStore:
    return open_store(cast("DynamoDBClient", lagging_index), events_table)


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


def test_an_acknowledged_event_is_not_listed_though_the_index_still_holds_it(
    lagging_events: DynamoEventStore, lagging_index: LaggingIndexClient, clock: FixedClock
) -> None:
    events = [store_event(lagging_events, clock.advance(seconds=1)) for _ in range(3)]
    lagging_index.catch_up()

    lagging_events.acknowledge(TENANT, events[1].id, clock())

    assert walk(lagging_events, INBOX) == [events[0], events[2]]


def test_other_processes_learn_that_the_index_may_lag(
    lagging_events: DynamoEventStore,
    lagging_index: LaggingIndexClient,
    events_table: str,
    open_store: OpenStore,
    clock: FixedClock,
) -> None:
    event = store_event(lagging_events, clock())
    lagging_index.catch_up()
    reader = open_store(cast("DynamoDBClient", lagging_index), events_table)
    assert walk(reader, INBOX) == [event]

    lagging_events.acknowledge(TENANT, event.id, clock())

    assert walk(reader, INBOX) == []


@pytest.mark.parametrize("seconds_between", [0, 30, 59, 61, 119, 500])
def test_an_index_is_not_believed_until_it_has_had_time_to_settle(
    lagging_events: DynamoEventStore,
    lagging_index: LaggingIndexClient,
    clock: FixedClock,
    seconds_between: int,
) -> None:
    events = [store_event(lagging_events, clock()) for _ in range(2)]
    lagging_index.catch_up()
    lagging_events.acknowledge(TENANT, events[0].id, clock())
    lagging_events.acknowledge(TENANT, events[1].id, clock.advance(seconds=seconds_between))

    clock.at += INDEX_SETTLES_WITHIN * 0.99

    assert walk(lagging_events, INBOX) == []


def test_a_list_of_everything_shows_the_status_that_the_table_has(
    lagging_events: DynamoEventStore, lagging_index: LaggingIndexClient, clock: FixedClock
) -> None:
    event = store_event(lagging_events, clock())
    lagging_index.catch_up()

    lagging_events.acknowledge(TENANT, event.id, clock())

    (listed,) = walk(lagging_events)
    assert listed.status is EventStatus.DELIVERED
    assert listed.delivered_at == clock()


def test_a_page_is_filled_up_when_what_the_index_held_is_gone(
    lagging_events: DynamoEventStore, lagging_index: LaggingIndexClient, clock: FixedClock
) -> None:
    events = [store_event(lagging_events, clock.advance(seconds=1)) for _ in range(8)]
    lagging_index.catch_up()

    for event in events[:4]:
        lagging_events.acknowledge(TENANT, event.id, clock())

    first_page = next(pages(lagging_events, INBOX, limit=3))
    assert first_page == tuple(events[4:7])


def test_an_expired_event_is_not_listed_though_the_index_still_holds_it(
    lagging_events: DynamoEventStore, lagging_index: LaggingIndexClient, clock: FixedClock
) -> None:
    lagging_events.add(TENANT, a_keyed_event(clock()), a_fingerprint())
    lagging_index.catch_up()
    clock.at += UNDELIVERED_RETENTION

    lagging_events.add(TENANT, a_keyed_event(clock()), a_fingerprint())
    lagging_events.acknowledge(TENANT, store_event(lagging_events, clock()).id, clock())

    assert walk(lagging_events) == []


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

    dynamodb_events.acknowledge(TENANT, event.id, clock.advance(hours=24))

    items = dynamodb.scan(TableName=events_table)["Items"]
    mine = [item for item in items if item["pk"]["S"].endswith(event.id[-16:])]
    expiries = {item["sk"]["S"]: int(item["expires_at"]["N"]) for item in mine}
    assert expiries["event"] == int((clock() + DELIVERED_RETENTION).timestamp())
    assert expiries[f"payload#{event.id}"] >= expiries["event"]
