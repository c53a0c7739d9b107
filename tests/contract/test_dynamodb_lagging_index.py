"""Lists while DynamoDB's index lags behind its table: they never show what is gone."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from tests.builders.events import (
    INBOX,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    pages,
    store_event,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import LaggingIndexClient
from tests.contract.conftest import OpenStore, create_table
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventQuery
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenants import INDEX_SETTLES_WITHIN, TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def lagging_index(dynamodb: "DynamoDBClient", events_table: str) -> LaggingIndexClient:
    return LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))


@pytest.fixture
def lagging_events(
    lagging_index: LaggingIndexClient, events_table: str, open_store: OpenStore
) -> DynamoEventStore:
    return open_store(cast("DynamoDBClient", lagging_index), events_table)


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


@pytest.mark.parametrize("query", [INBOX, replace(INBOX, newest_first=True)])
@pytest.mark.parametrize("limit", [1, 5])
def test_no_event_is_missed_where_the_index_holds_mostly_what_is_gone(
    dynamodb: "DynamoDBClient",
    events_table: str,
    lagging_events: DynamoEventStore,
    lagging_index: LaggingIndexClient,
    clock: FixedClock,
    query: EventQuery,
    limit: int,
) -> None:
    TenantRows(dynamodb, events_table).raise_shards(TENANT, 4)
    events = [store_event(lagging_events, clock.advance(seconds=1)) for _ in range(22)]
    lagging_index.catch_up()
    left = events[::7]

    for event in events:
        if event not in left:
            lagging_events.acknowledge(TENANT, event.id, clock())

    assert walk(lagging_events, query, limit) == (left[::-1] if query.newest_first else left)


def test_an_erased_event_is_not_listed_though_the_index_still_holds_it(
    lagging_events: DynamoEventStore, lagging_index: LaggingIndexClient, clock: FixedClock
) -> None:
    erased, kept = [store_event(lagging_events, clock.advance(seconds=1)) for _ in range(2)]
    lagging_index.catch_up()

    lagging_events.erase(TENANT, erased.id, clock())

    assert walk(lagging_events) == [kept]
