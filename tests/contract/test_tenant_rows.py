"""What a tenant's row says only ever grows, whoever writes it in whatever order."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event, store_event
from tests.clock import FixedClock
from tests.contract.clients import failing
from tests.contract.conftest import OpenStore
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenants import MAX_SHARDS, TenantRow, TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECOND = timedelta(seconds=1)


@pytest.fixture
def rows(dynamodb: "DynamoDBClient", events_table: str) -> TenantRows:
    return TenantRows(dynamodb, events_table)


def test_shards_are_only_ever_added(rows: TenantRows) -> None:
    for shards in (4, 2, 1):
        rows.raise_shards(TENANT, shards)

    assert rows.read(TENANT).shards == 4
    assert rows.read(OTHER_TENANT) == TenantRow()


def test_who_notes_a_change_late_takes_nothing_back_of_what_another_noted(
    dynamodb: "DynamoDBClient", events_table: str, rows: TenantRows, clock: FixedClock
) -> None:
    rows.note_change(TENANT, clock())
    noted = rows.read(TENANT).index_settles_at

    TenantRows(dynamodb, events_table).note_change(TENANT, clock() - SECOND)

    assert rows.read(TENANT).index_settles_at == noted


HOT = "IndexWriteKeyRangeThroughputExceeded"
STATUS_INDEX = "arn:aws:dynamodb:us-east-1:123456789012:table/events/index/StatusIndex"


def throttled(
    dynamodb: "DynamoDBClient", reason: str = HOT, resource: str = STATUS_INDEX
) -> AbstractContextManager[list[None]]:
    """Refuse every new event for this reason, as DynamoDB tells it."""
    reasons = [{"reason": reason, "resource": resource}]
    code = "ProvisionedThroughputExceededException"
    return failing(dynamodb, "PutItem", 400, code, ThrottlingReasons=reasons)


def post(events: DynamoEventStore, clock: FixedClock, tenant: str = TENANT) -> None:
    with pytest.raises(StoreUnavailableError):
        events.add(tenant, an_event(clock()), None)


def test_a_tenant_whose_index_is_too_hot_gets_twice_the_shards(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
) -> None:
    with throttled(dynamodb):
        post(dynamodb_events, clock)

    assert rows.read(TENANT).shards == 2
    assert rows.read(OTHER_TENANT).shards == 1


def test_many_processes_in_one_heat_double_the_shards_once(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    rows: TenantRows,
    clock: FixedClock,
) -> None:
    with throttled(dynamodb):
        for _ in range(5):
            post(open_store(dynamodb, events_table), clock)
        assert rows.read(TENANT).shards == 2

        clock.advance(seconds=121)
        post(open_store(dynamodb, events_table), clock)
    assert rows.read(TENANT).shards == 4


def test_shards_rise_no_further_than_every_list_can_read(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
) -> None:
    rows.raise_shards(TENANT, MAX_SHARDS - 1)
    with throttled(dynamodb):
        for _ in range(3):
            post(dynamodb_events, clock)
            clock.advance(seconds=121)

    assert rows.read(TENANT).shards == MAX_SHARDS


@pytest.mark.parametrize(
    ("reason", "resource"),
    [
        ("IndexWriteAccountLimitExceeded", STATUS_INDEX),
        ("TableWriteKeyRangeThroughputExceeded", STATUS_INDEX.partition("/index")[0]),
        (HOT, STATUS_INDEX.replace("StatusIndex", "ExecutionIndex")),
        ("IndexReadKeyRangeThroughputExceeded", STATUS_INDEX),
    ],
)
def test_what_more_shards_would_not_cure_raises_none(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
    reason: str,
    resource: str,
) -> None:
    with throttled(dynamodb, reason, resource):
        post(dynamodb_events, clock)

    assert rows.read(TENANT).shards == 1


def test_walks_under_way_miss_nothing_when_the_shards_rise(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    before = [store_event(dynamodb_events, clock.advance(seconds=1)).id for _ in range(20)]
    first = dynamodb_events.list_events(
        TENANT, EventQuery(statuses=ALL_STATUSES), limit=7, after=None
    )
    with throttled(dynamodb):
        post(dynamodb_events, clock)
    for _ in range(20):
        store_event(dynamodb_events, clock.advance(seconds=1))

    seen = [event.id for event in first.events]
    after = first.next_after
    while after is not None:
        page = dynamodb_events.list_events(
            TENANT, EventQuery(statuses=ALL_STATUSES), limit=7, after=after
        )
        seen += [event.id for event in page.events]
        after = page.next_after
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)
