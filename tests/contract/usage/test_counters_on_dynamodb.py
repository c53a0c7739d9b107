"""Counters on DynamoDB: lost answers, somebody who was taken for dead, and what a row is made of."""

from typing import TYPE_CHECKING

import pytest

from tests.builders.events import TENANT
from tests.builders.usage import DAY, FIRST, OTHER_SHARD, SHARD, a_row, counts_of
from tests.contract.clients import before_call, failing, recorded
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.counters import FIRST as FIRST_NUMBER
from triggers_api.store.counters import DynamoCounterStore
from triggers_api.store.sizes import item_bytes
from triggers_api.usage.daily import KEPT_FOR
from triggers_api.usage.ports import CounterStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def store(dynamodb: "DynamoDBClient", usage_table: str) -> DynamoCounterStore:
    return DynamoCounterStore(dynamodb, usage_table)


def test_a_batch_is_one_write_and_a_repeated_one_is_one_too(
    dynamodb: "DynamoDBClient", store: CounterStore
) -> None:
    with recorded(dynamodb) as calls:
        store.add(SHARD, counts_of(*range(1000)))
        store.add(SHARD, counts_of(*range(1000)))

    assert [name for name, _ in calls] == ["UpdateItem", "UpdateItem"]


def test_a_batch_that_was_counted_in_part_is_two_writes(
    dynamodb: "DynamoDBClient", store: CounterStore
) -> None:
    store.add(SHARD, counts_of(1, 2))
    with recorded(dynamodb) as calls:
        store.add(SHARD, counts_of(1, 2, 3))

    assert [name for name, _ in calls] == ["UpdateItem", "UpdateItem"]
    assert store.find(a_row()) == {"events_created": 3}


@pytest.mark.usefixtures("no_waiting")
def test_a_write_whose_answer_is_lost_counts_once(
    dynamodb: "DynamoDBClient", store: CounterStore
) -> None:
    """The client sends it again by itself; the second one finds that it is counted."""
    with failing(dynamodb, "UpdateItem", 500, "InternalServerError", times=1):
        store.add(SHARD, counts_of(1, 2))

    assert store.find(a_row()) == {"events_created": 2}


@pytest.mark.usefixtures("no_waiting")
def test_a_table_that_is_throttled_is_said_to_be_busy(
    dynamodb: "DynamoDBClient", store: CounterStore
) -> None:
    code = "ProvisionedThroughputExceededException"
    with failing(dynamodb, "UpdateItem", 400, code), pytest.raises(StoreUnavailableError):
        store.add(SHARD, counts_of(1))

    store.add(SHARD, counts_of(1))
    assert store.find(a_row()) == {"events_created": 1}


@pytest.mark.parametrize("theirs", [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
def test_somebody_who_was_taken_for_dead_may_write_at_any_moment(
    dynamodb: "DynamoDBClient", usage_table: str, store: CounterStore, theirs: list[int]
) -> None:
    dead = DynamoCounterStore(dynamodb, usage_table)
    with before_call(dynamodb, "UpdateItem", lambda: dead.add(SHARD, counts_of(*theirs))):
        store.add(SHARD, counts_of(1, 2, 3))

    assert store.find(a_row()) == {"events_created": max(3, len(theirs))}


def test_a_row_of_a_day_is_named_after_it_and_expires(
    dynamodb: "DynamoDBClient", usage_table: str, store: CounterStore
) -> None:
    store.add(SHARD, counts_of(1))

    (item,) = dynamodb.scan(TableName=usage_table)["Items"]
    position = next(name for name in item if name.startswith("at_") and name != FIRST_NUMBER)
    begins_at = (a_row().expires_at - KEPT_FOR).timestamp()
    assert item == {
        "pk": {"S": TENANT},
        "sk": {"S": "day#2026-11-21"},
        "day": {"S": DAY.isoformat()},
        "expires_at": {"N": str(int(begins_at + KEPT_FOR.total_seconds()))},
        "events_created": {"N": "1"},
        position: {"N": str(FIRST + 1)},
        FIRST_NUMBER: {"S": f"{position.removeprefix('at_')}#{FIRST + 1}"},
    }


def test_a_row_that_another_tables_record_of_the_same_number_began_is_another_row(
    dynamodb: "DynamoDBClient", usage_table: str, store: CounterStore
) -> None:
    begun = []
    for shard in (SHARD, OTHER_SHARD):
        store.add(shard, counts_of(1))
        (item,) = dynamodb.scan(TableName=usage_table)["Items"]
        begun.append(item[FIRST_NUMBER])
        dynamodb.delete_item(TableName=usage_table, Key={"pk": item["pk"], "sk": item["sk"]})

    assert begun[0] != begun[1]


def test_a_row_of_a_day_of_forty_shards_is_of_two_write_units(
    dynamodb: "DynamoDBClient", usage_table: str, store: CounterStore
) -> None:
    """Two tables of four partitions, whose shards live four hours, have forty-eight a day."""
    figures = dict.fromkeys(
        [
            "events_created",
            "payload_bytes",
            "events_acknowledged",
            "attempts",
            "deliveries_succeeded",
            "deliveries_failed",
        ],
        123_456_789,
    )
    for shard in range(48):
        store.add(f"{OTHER_SHARD}{shard}", counts_of(1, row=None, **figures))

    (item,) = dynamodb.scan(TableName=usage_table)["Items"]
    assert 1024 < item_bytes(item) <= 2048
