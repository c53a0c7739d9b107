"""Executions on DynamoDB: an index that lags, answers that are lost, and what it all costs."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from tests.builders.events import TENANT, store_event
from tests.capacity import metered
from tests.clock import FixedClock
from tests.contract.clients import LaggingIndexClient, before_call, failing, recorded
from tests.contract.conftest import OpenStore, create_table
from tests.contract.executions.conftest import OpenExecutions, Stores
from triggers_api.errors import StoreUnavailableError
from triggers_api.executions.ports import ExecutionQuery
from triggers_api.executions.summarize import FOLDS_FROM, SETTLES_WITHIN, Summarize
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.executions import DynamoExecutionStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EXECUTION = "exec_42"


@pytest.fixture
def events(dynamodb_stores: Stores) -> DynamoEventStore:
    return cast("DynamoEventStore", dynamodb_stores.events)


@pytest.fixture
def executions(dynamodb_stores: Stores) -> DynamoExecutionStore:
    return cast("DynamoExecutionStore", dynamodb_stores.executions)


@pytest.fixture
def summarize(executions: DynamoExecutionStore, clock: FixedClock) -> Summarize:
    return Summarize(executions, clock)


def store_events(events: DynamoEventStore, clock: FixedClock, count: int) -> None:
    for _ in range(count):
        store_event(events, clock.advance(milliseconds=10))


def settle(clock: FixedClock) -> None:
    clock.at += SETTLES_WITHIN + timedelta(seconds=1)


def total(summarize: Summarize) -> int:
    return summarize(TENANT, EXECUTION).total_events


def test_counts_follow_an_index_that_lags_and_never_miss_what_it_shows_in_time(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    open_executions: OpenExecutions,
    clock: FixedClock,
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    client = cast("DynamoDBClient", lagging)
    events = open_store(client, events_table)
    summarize = Summarize(open_executions(client, events_table), clock)
    store_events(events, clock, 150)
    lagging.catch_up()
    store_events(events, clock, 50)
    clock.advance(seconds=50)
    assert total(summarize) == 150  # the others will appear

    lagging.catch_up()
    clock.advance(seconds=11)

    assert total(summarize) == 200
    assert total(summarize) == 200


def test_an_event_is_among_its_own_counts_before_the_index_has_it(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    open_executions: OpenExecutions,
    clock: FixedClock,
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    client = cast("DynamoDBClient", lagging)
    event = store_event(open_store(client, events_table), clock())
    summarize = Summarize(open_executions(client, events_table), clock)

    assert summarize.counts_with(TENANT, event) == {"order.fetched": 1}
    lagging.catch_up()
    assert summarize.counts_with(TENANT, event) == {"order.fetched": 1}


def test_an_entry_of_the_index_whose_event_is_gone_is_not_in_the_timeline(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    open_executions: OpenExecutions,
    clock: FixedClock,
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    client = cast("DynamoDBClient", lagging)
    events = open_store(client, events_table)
    stored = [store_event(events, clock.advance(seconds=1)) for _ in range(3)]
    lagging.catch_up()
    swept = {"pk": {"S": f"{TENANT}#{stored[1].id[-16:]}"}, "sk": {"S": "event"}}
    dynamodb.delete_item(TableName=events_table, Key=swept)

    page = open_executions(client, events_table).list_timeline(
        TENANT, ExecutionQuery(EXECUTION), limit=10, after=None
    )

    assert page.events == (stored[0], stored[2])


def test_a_fold_whose_answer_is_lost_is_made_once(
    dynamodb: "DynamoDBClient",
    events: DynamoEventStore,
    executions: DynamoExecutionStore,
    summarize: Summarize,
    clock: FixedClock,
) -> None:
    store_events(events, clock, 120)
    settle(clock)
    known = executions.find_checkpoint(TENANT, EXECUTION)

    def first_try() -> None:  # which takes effect, but whose answer never comes
        Summarize(executions, clock).fold(TENANT, EXECUTION)

    with before_call(dynamodb, "UpdateItem", first_try):
        assert total(summarize) == 120

    assert executions.find_checkpoint(TENANT, EXECUTION).version == known.version + 1
    assert total(summarize) == 120


@pytest.mark.usefixtures("no_waiting")
def test_a_summary_needs_no_write_to_succeed(
    dynamodb: "DynamoDBClient",
    events: DynamoEventStore,
    summarize: Summarize,
    clock: FixedClock,
) -> None:
    store_events(events, clock, 120)
    settle(clock)

    with failing(dynamodb, "UpdateItem", 400, "ProvisionedThroughputExceededException"):
        assert total(summarize) == 120


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("operation", ["GetItem", "Query"])
def test_a_store_that_is_busy_is_told_as_such(
    dynamodb: "DynamoDBClient",
    events: DynamoEventStore,
    summarize: Summarize,
    clock: FixedClock,
    operation: str,
) -> None:
    store_events(events, clock, 1)

    with (
        failing(dynamodb, operation, 400, "ProvisionedThroughputExceededException"),
        pytest.raises(StoreUnavailableError),
    ):
        total(summarize)


def test_a_summary_is_one_get_and_one_query(
    dynamodb: "DynamoDBClient",
    events: DynamoEventStore,
    summarize: Summarize,
    clock: FixedClock,
) -> None:
    store_events(events, clock, FOLDS_FROM + 20)
    settle(clock)

    for expected in (["GetItem", "Query", "UpdateItem"], ["GetItem", "Query"]):
        with recorded(dynamodb) as calls:
            assert total(summarize) == FOLDS_FROM + 20
        assert [operation for operation, _ in calls] == expected


def test_a_folded_summary_costs_two_units_and_a_fold_one(
    dynamodb: "DynamoDBClient",
    events: DynamoEventStore,
    summarize: Summarize,
    clock: FixedClock,
) -> None:
    store_events(events, clock, 300)
    settle(clock)

    with metered(dynamodb, "EventsTable") as folding:
        summarize.fold(TENANT, EXECUTION)
    with metered(dynamodb, "EventsTable") as folded:
        total(summarize)

    assert (folding.write_units, folding.read_units <= 1 + 0.026 * 300) == (1, True)
    assert (folded.write_units, folded.read_units) == (0, 1.5)


def test_a_page_of_the_timeline_is_a_query_and_a_read_of_its_events(
    dynamodb: "DynamoDBClient",
    events: DynamoEventStore,
    executions: DynamoExecutionStore,
    clock: FixedClock,
) -> None:
    store_events(events, clock, 60)

    with recorded(dynamodb) as calls, metered(dynamodb, "EventsTable") as bill:
        executions.list_timeline(TENANT, ExecutionQuery(EXECUTION), limit=50, after=None)

    assert [operation for operation, _ in calls] == ["Query", "BatchGetItem"]
    assert bill.read_units <= 50 + 2


def test_a_row_is_in_no_index(
    dynamodb: "DynamoDBClient",
    events_table: str,
    events: DynamoEventStore,
    summarize: Summarize,
    clock: FixedClock,
) -> None:
    store_events(events, clock, FOLDS_FROM)
    settle(clock)
    summarize.fold(TENANT, EXECUTION)

    key = {"pk": {"S": f"{TENANT}#execution#{EXECUTION}"}, "sk": {"S": "execution"}}
    row = dynamodb.get_item(TableName=events_table, Key=key)["Item"]

    assert "tenant" not in row
    assert not row.keys() & {"execution_id", "status", "created_at", "id"}
