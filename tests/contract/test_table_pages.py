"""What one answer of DynamoDB cannot hold: it ends after a megabyte, whatever was asked for."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.contract.clients import recorded
from tests.contract.conftest import create_table
from triggers_api.store.table import Item, Query, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ALL = Query("pk = :pk", {":pk": {"S": "p"}}, consistent=True)
COUNT = 7


@pytest.fixture(scope="module")
def table(dynamodb: "DynamoDBClient") -> Table:
    """A table whose items fill three answers."""
    table = Table(dynamodb, create_table(dynamodb, "EventsTable"))
    for number in range(COUNT):
        table.put(an_item(number))
    return table


def an_item(number: int) -> Item:
    key: Item = {"pk": {"S": "p"}, "sk": {"S": str(number)}}
    return key | {"number": {"N": str(number)}, "filling": {"S": "x" * 390_000}}


def numbers(items: list[Item]) -> list[int]:
    return [int(item["number"]["N"]) for item in items]


def test_a_query_is_read_over_its_pages_to_the_end_or_to_its_limit(
    dynamodb: "DynamoDBClient", table: Table
) -> None:
    with recorded(dynamodb) as calls:
        assert numbers(list(table.items(ALL))) == list(range(COUNT))
    assert len(calls) > 2

    assert numbers(list(table.items(ALL, limit=5))) == list(range(5))
    backwards = table.items(replace(ALL, descending=True), limit=5)
    assert numbers(list(backwards)) == [6, 5, 4, 3, 2]


def test_a_count_goes_on_over_the_pages(table: Table) -> None:
    assert table.count(ALL, up_to=99) == COUNT
    assert table.count(ALL, up_to=5) == 5


def test_what_a_filter_drops_was_looked_at_too(table: Table) -> None:
    late = replace(ALL, only="#number >= :five", values=ALL.values | {":five": {"N": "5"}})

    assert table.count(late, up_to=5) == 0
    assert table.count(late, up_to=6) == 1
    assert table.count(late, up_to=99) == 2
