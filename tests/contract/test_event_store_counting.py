"""`EventStore.count_undelivered`: how much waits, without reading it."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from tests.builders.events import (
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    store_event,
)
from tests.capacity import metered
from tests.clock import FixedClock
from tests.contract.clients import LaggingIndexClient
from tests.contract.conftest import OpenStore, create_table
from tests.contract.test_lease_costs import Bulk
from triggers_api.events.event import Event
from triggers_api.events.ports import EventStore, UndeliveredCounts
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenants import INDEX_SETTLES_WITHIN, TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTHING: frozenset[str] = frozenset()


def post(store: EventStore, clock: FixedClock, count: int) -> list[Event]:
    return [store_event(store, clock.advance(milliseconds=1)) for _ in range(count)]


def count(store: EventStore, *among: Event, up_to: int = 1000) -> UndeliveredCounts:
    return store.count_undelivered(TENANT, among={event.id for event in among}, up_to=up_to)


def settle(clock: FixedClock) -> None:
    """Let so much time pass that the index is believed again."""
    clock.advance(seconds=INDEX_SETTLES_WITHIN.total_seconds() * 3)


def test_an_empty_inbox_counts_nothing(store: EventStore) -> None:
    assert count(store) == UndeliveredCounts()


@pytest.mark.parametrize("is_settled", [True, False])
def test_each_status_is_counted_and_the_oldest_pending_one_is_dated(
    store: EventStore,
    clock: FixedClock,
    is_settled: bool,  # noqa: FBT001  # a case
) -> None:
    failed, done, pending, other = post(store, clock, 4)
    store_event(store, clock(), OTHER_TENANT)
    store.mark_failed(TENANT, failed.id, attempts=3)
    store.acknowledge(TENANT, done.id, clock())
    if is_settled:
        settle(clock)

    found = count(store, done, other)

    assert found == UndeliveredCounts(
        pending=2, failed=1, among=1, oldest_pending_at=pending.created_at
    )


def test_a_replayed_event_is_pending_again(store: EventStore, clock: FixedClock) -> None:
    (event,) = post(store, clock, 1)
    store.acknowledge(TENANT, event.id, clock())
    store.replay(TENANT, event.id)

    assert count(store).pending == 1
    assert count(store).oldest_pending_at == event.created_at


@pytest.mark.parametrize("is_settled", [True, False])
def test_expired_and_erased_events_are_not_counted(
    store: EventStore,
    clock: FixedClock,
    is_settled: bool,  # noqa: FBT001  # a case
) -> None:
    expiring = post(store, clock, 2)
    clock.advance(seconds=UNDELIVERED_RETENTION.total_seconds())
    erased, left = post(store, clock, 2)
    store.erase(TENANT, erased.id, clock())
    if is_settled:
        settle(clock)

    found = count(store, *expiring, erased, left)

    assert found == UndeliveredCounts(pending=1, among=1, oldest_pending_at=left.created_at)


def test_each_status_is_counted_no_further_than_asked(store: EventStore, clock: FixedClock) -> None:
    events = post(store, clock, 8)
    for event in events[:4]:
        store.mark_failed(TENANT, event.id, attempts=3)
    settle(clock)

    for among in ([], events):
        found = count(store, *among, up_to=3)
        assert (found.pending, found.failed) == (3, 3)
        assert found.among == (6 if among else 0)
        assert found.oldest_pending_at == events[4].created_at


def test_all_shards_are_counted_together_up_to_the_bound(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    TenantRows(dynamodb, events_table).raise_shards(TENANT, 4)
    store = open_store(dynamodb, events_table)
    events = post(store, clock, 20)

    assert count(store, *events[:5]) == UndeliveredCounts(
        pending=20, among=5, oldest_pending_at=events[0].created_at
    )
    assert count(store, up_to=7).pending == 7


def test_of_few_events_none_is_counted_that_was_acknowledged_though_the_index_lags(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    store = open_store(cast("DynamoDBClient", lagging), events_table)
    first, second = post(store, clock, 2)
    lagging.catch_up()

    store.acknowledge(TENANT, first.id, clock())

    assert count(store, first, second) == UndeliveredCounts(
        pending=1, among=1, oldest_pending_at=second.created_at
    )


@pytest.mark.parametrize("with_leases", [False, True])
def test_counting_costs_the_same_however_much_there_is_beyond_the_bound(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    with_leases: bool,  # noqa: FBT001  # a case
) -> None:
    bulk = Bulk(dynamodb, events_table, clock)
    oldest = bulk.post(300)[0]
    among = [oldest] if with_leases else []
    spent = []

    for more in (0, 400):
        bulk.post(more)
        with metered(dynamodb, "EventsTable") as bill:
            found = count(dynamodb_events, *among, up_to=200)
        assert (found.pending, found.among) == (200, len(among))
        spent.append(bill.read_units)
        assert bill.operations.count("Query") == (4 if with_leases else 3)

    # The row, 200 entries of up to 1 KB at half a unit for 4 KB, nothing failed, the oldest one.
    assert spent[0] == spent[1] <= 1 + 200 / 8 * (2 if with_leases else 1) + 0.5 + 0.5


def test_while_the_index_may_lag_a_large_inbox_is_not_looked_up_event_by_event(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    events = Bulk(dynamodb, events_table, clock).post(150)
    dynamodb_events.acknowledge(TENANT, events[0].id, clock())

    with metered(dynamodb, "EventsTable") as bill:
        assert count(dynamodb_events).pending == 149

    assert "BatchGetItem" not in bill.operations


def test_a_small_inbox_of_which_much_expired_is_searched_for_its_oldest_event(
    dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    post(dynamodb_events, clock, 3)
    clock.advance(seconds=UNDELIVERED_RETENTION.total_seconds())
    clock.advance(seconds=timedelta(hours=1).total_seconds())
    (left,) = post(dynamodb_events, clock, 1)

    assert count(dynamodb_events).oldest_pending_at == left.created_at
