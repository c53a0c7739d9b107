"""What a tenant's row says only ever grows, whoever writes it in whatever order."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import (
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    an_event,
    ids,
    store_event,
)
from tests.clock import FixedClock
from tests.contract.clients import failing
from tests.contract.conftest import OpenStore
from tests.fakes.leases import leasing_on
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery, Position
from triggers_api.settings import EventsSettings
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.leases import DynamoLeaseStore
from triggers_api.store.tenants import (
    INDEX_SETTLES_WITHIN,
    MAX_SHARDS,
    TenantRow,
    TenantRows,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")

SECOND = timedelta(seconds=1)


@pytest.fixture
def rows(dynamodb: "DynamoDBClient", events_table: str) -> TenantRows:
    return TenantRows(dynamodb, events_table)


def test_shards_are_only_ever_added(rows: TenantRows) -> None:
    for shards in (4, 2, 1):
        rows.raise_shards(TENANT, shards)

    assert rows.read(TENANT).shards == 4
    assert rows.read(OTHER_TENANT) == TenantRow()


def test_a_note_that_would_end_too_soon_is_made_anew(
    dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock
) -> None:
    rows = TenantRows(dynamodb, events_table, clock)
    rows.note_change(TENANT, clock())
    clock.advance(seconds=61)

    rows.note_change(TENANT, clock())

    assert rows.read(TENANT).index_settles_at >= clock() + INDEX_SETTLES_WITHIN


def test_who_notes_a_change_late_takes_nothing_back_of_what_another_noted(
    dynamodb: "DynamoDBClient", events_table: str, rows: TenantRows, clock: FixedClock
) -> None:
    rows.note_change(TENANT, clock())
    noted = rows.read(TENANT).index_settles_at

    TenantRows(dynamodb, events_table).note_change(TENANT, clock() - SECOND)

    assert rows.read(TENANT).index_settles_at == noted


HOT = "IndexWriteKeyRangeThroughputExceeded"
STATUS_INDEX = "arn:aws:dynamodb:us-east-1:123456789012:table/events/index/StatusIndex"


TRIES = 2  # of a call, by botocore
CODES = {  # and how each spells its list of reasons
    "ProvisionedThroughputExceededException": "ThrottlingReasons",
    "RequestLimitExceeded": "ThrottlingReasons",
    "ThrottlingException": "throttlingReasons",
}


def throttled(
    dynamodb: "DynamoDBClient",
    reason: str = HOT,
    resource: str = STATUS_INDEX,
    *,
    operation: str = "PutItem",
    code: str = "ThrottlingException",
    times: int = 1000,
) -> AbstractContextManager[list[None]]:
    """Refuse these writes for this reason, as DynamoDB tells it."""
    reasons = [{"reason": reason, "resource": resource}]
    return failing(dynamodb, operation, 400, code, times, **{CODES[code]: reasons})


def post(
    events: DynamoEventStore, clock: FixedClock, times: int = 5, tenant: str = TENANT
) -> list[str]:
    """Try to, as often as makes a heat of the tenant's own; moto stores what is refused."""
    tried = [an_event(clock()) for _ in range(times)]
    for event in tried:
        with pytest.raises(StoreUnavailableError):
            events.add(tenant, event, None)
    return ids(tried)


@pytest.mark.parametrize("code", CODES)
def test_a_tenant_whose_index_is_too_hot_gets_twice_the_shards(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
    code: str,
) -> None:
    with throttled(dynamodb, code=code):
        post(dynamodb_events, clock)

    assert rows.read(TENANT).shards == 2
    assert rows.read(OTHER_TENANT).shards == 1


def test_a_quiet_tenant_in_the_partition_of_a_hot_one_gets_none(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
) -> None:
    with throttled(dynamodb):
        for _ in range(10):
            post(dynamodb_events, clock, times=1)
            post(dynamodb_events, clock, times=2, tenant=OTHER_TENANT)
            clock.advance(seconds=3)

    assert rows.read(TENANT).shards == 1
    assert rows.read(OTHER_TENANT).shards == 2


def test_who_gets_shards_is_told_once(
    dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock
) -> None:
    told: list[tuple[str, int]] = []
    settings = EventsSettings(
        table=events_table,
        undelivered_retention=UNDELIVERED_RETENTION,
        delivered_retention=UNDELIVERED_RETENTION,
    )
    events = DynamoEventStore(
        dynamodb, settings, clock, tell_spread=lambda *each: told.append(each)
    )

    with throttled(dynamodb):
        post(events, clock, times=20)

    assert told == [(TENANT, 2)]


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


@pytest.mark.parametrize("newest_first", [False, True])
def test_walks_under_way_are_exact_while_the_shards_rise(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
    *,
    newest_first: bool,
) -> None:
    query = EventQuery(statuses=ALL_STATUSES, newest_first=newest_first)
    stored = ids([store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(20)])
    at_first = list(stored)
    seen: list[str] = []
    after: Position | None = None
    for _ in range(4):
        page = dynamodb_events.list_events(TENANT, query, limit=4, after=after)
        seen += ids(list(page.events))
        after = page.next_after
        with throttled(dynamodb):
            stored += post(dynamodb_events, clock)
        stored += ids([store_event(dynamodb_events, clock.advance(seconds=41)) for _ in range(3)])
    while after is not None:
        page = dynamodb_events.list_events(TENANT, query, limit=9, after=after)
        seen += ids(list(page.events))
        after = page.next_after

    assert rows.read(TENANT).shards == 16
    expected = at_first if newest_first else stored
    assert len(seen) == len(expected)
    assert set(seen) == set(expected)


def test_a_heat_of_acknowledgements_raises_the_shards_too(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    rows: TenantRows,
    clock: FixedClock,
) -> None:
    events = [store_event(dynamodb_events, clock()) for _ in range(6)]
    dynamodb_events.acknowledge(TENANT, events[0].id, clock())  # notes that the index may lag

    with throttled(dynamodb, operation="UpdateItem", times=5 * TRIES):
        for event in events[1:]:
            with pytest.raises(StoreUnavailableError):
                dynamodb_events.acknowledge(TENANT, event.id, clock())

    assert rows.read(TENANT).shards == 2


def test_every_event_is_leased_once_while_the_shards_rise(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    dynamodb_leases: DynamoLeaseStore,
    rows: TenantRows,
    clock: FixedClock,
) -> None:
    leasing, leased = leasing_on(dynamodb_leases, clock), list[str]()
    stored = ids([store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(10)])

    def lease(limit: int) -> int:
        taken = leasing.lease(TENANT, limit=limit, duration=timedelta(hours=1))
        leased.extend(ids(list(taken.events)))
        return len(taken.events)

    for _ in range(4):
        with throttled(dynamodb):
            stored += post(dynamodb_events, clock)
        for _ in range(4):
            stored += ids([store_event(dynamodb_events, clock.advance(seconds=31))])
            lease(2)
    while lease(9):
        pass

    assert rows.read(TENANT).shards == 16
    assert sorted(leased) == sorted(stored)
