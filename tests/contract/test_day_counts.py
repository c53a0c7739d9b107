"""What is given out of a day's quota: what any adapter promises, and what DynamoDB's costs."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.contract.clients import before_call, failing, recorded
from tests.contract.conftest import create_table
from tests.fakes.rate import InMemoryDayCounts
from triggers_api.access.ports import CountTaken, DayCounts
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.day_counts import DynamoDayCounts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TODAY, TOMORROW = date(2026, 11, 29), date(2026, 11, 30)


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "KeysTable")


@pytest.fixture(params=["fake", "dynamodb"])
def counts(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient", table: str) -> DayCounts:
    return InMemoryDayCounts() if request.param == "fake" else DynamoDayCounts(dynamodb, table)


def test_a_day_gives_out_its_quota_and_no_more(counts: DayCounts) -> None:
    given = [counts.take(TENANT, TODAY, 10, 4) for _ in range(4)]

    assert given == [CountTaken(4, 6), CountTaken(4, 2), CountTaken(2, 0), CountTaken(0, 0)]


def test_more_than_the_quota_is_never_given_out(counts: DayCounts) -> None:
    assert counts.take(TENANT, TODAY, 10, 100) == CountTaken(10, 0)


def test_the_next_day_begins_anew_and_a_clock_that_is_behind_does_not_undo_it(
    counts: DayCounts,
) -> None:
    counts.take(TENANT, TODAY, 10, 10)

    assert counts.take(TENANT, TOMORROW, 10, 4) == CountTaken(4, 6)
    assert counts.take(TENANT, TODAY, 10, 4) == CountTaken(4, 2)
    assert counts.take(TENANT, TOMORROW, 10, 4) == CountTaken(2, 0)


def test_each_tenant_has_a_quota_of_its_own(counts: DayCounts) -> None:
    counts.take(TENANT, TODAY, 10, 10)

    assert counts.take(OTHER_TENANT, TODAY, 10, 10).granted == 10


def test_a_quota_that_was_changed_holds_for_the_whole_day(counts: DayCounts) -> None:
    counts.take(TENANT, TODAY, 10, 8)

    assert counts.take(TENANT, TODAY, 12, 10) == CountTaken(4, 0)
    assert counts.take(TENANT, TODAY, 5, 1) == CountTaken(0, 0)


def test_a_take_is_one_write_and_two_at_the_beginning_and_end_of_a_day(
    dynamodb: "DynamoDBClient", table: str
) -> None:
    counts = DynamoDayCounts(dynamodb, table)

    calls_made = []
    for wanted in (3, 3, 3, 3):
        with recorded(dynamodb) as calls:
            counts.take(TENANT, TODAY, 10, wanted)
        calls_made.append([name for name, _ in calls])

    assert calls_made == [["UpdateItem"] * number for number in (2, 1, 1, 2)]


@pytest.mark.parametrize("number", [1, 2])
def test_what_another_takes_meanwhile_is_not_given_out_twice(
    dynamodb: "DynamoDBClient", table: str, number: int
) -> None:
    one, other = (DynamoDayCounts(dynamodb, table) for _ in range(2))
    taken: list[int] = []

    def take() -> None:
        taken.append(other.take(TENANT, TODAY, 10, 6).granted)

    with before_call(dynamodb, "UpdateItem", take, number):
        taken += [one.take(TENANT, TODAY, 10, 6).granted for _ in range(3)]

    assert sum(taken) == 10


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalServerError"), (400, "AccessDeniedException")]
)
def test_a_store_that_fails_in_any_way_is_unavailable(
    dynamodb: "DynamoDBClient", table: str, status: int, code: str
) -> None:
    counts = DynamoDayCounts(dynamodb, table)

    with failing(dynamodb, "UpdateItem", status, code), pytest.raises(StoreUnavailableError):
        counts.take(TENANT, TODAY, 10, 1)


def test_a_count_is_no_api_key_and_in_no_list_of_them(
    dynamodb: "DynamoDBClient", table: str
) -> None:
    DynamoDayCounts(dynamodb, table).take(TENANT, TODAY, 10, 1)

    (item,) = dynamodb.scan(TableName=table)["Items"]
    assert item.keys() == {"key_id", "day", "used"}  # so no index holds it
    assert item["key_id"]["S"] == f"quota#{TENANT}"
