"""How every adapter reads and writes a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.clients import failing, hooked, recorded
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.table import Item, Put, Query, RefusedError, Table, unavailable_if_refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")

ALL = Query("pk = :pk", {":pk": {"S": "p"}}, consistent=True)
NEW = "attribute_not_exists(pk)"


@pytest.fixture
def table(dynamodb: "DynamoDBClient", events_table: str) -> Table:
    return Table(dynamodb, events_table)


def key(sk: str) -> Item:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


def an_item(sk: str, number: int = 1) -> Item:
    return key(sk) | {"number": {"N": str(number)}}


def put_many(table: Table, count: int) -> list[Item]:
    items = [an_item(f"{number:02}", number) for number in range(count)]
    for item in items:
        table.put(item)
    return items


def test_an_item_is_found_as_it_was_put_until_it_is_deleted(table: Table) -> None:
    table.put(an_item("a"))

    assert table.find(key("a"), consistent=True) == an_item("a")
    table.delete(key("a"))
    assert table.find(key("a"), consistent=True) is None


def test_a_name_behind_a_hash_is_that_name_also_if_it_is_reserved(table: Table) -> None:
    values: Item = {":status": {"S": "new"}, ":region": {"N": "1"}, ":none": {"N": "0"}}

    changed = table.update(
        key("a"),
        "SET #status = :status, #region = :region",
        values,
        when="attribute_not_exists(#counter) OR #counter > :none",
        returning="ALL_NEW",
    )

    assert changed == key("a") | {"status": {"S": "new"}, "region": {"N": "1"}}


@pytest.mark.parametrize("stored", [an_item("a", 7), None])
def test_a_failed_condition_tells_what_is_stored(table: Table, stored: Item | None) -> None:
    if stored is not None:
        table.put(stored)
    values: Item = {":other": {"N": "8"}}
    wrong = "#number = :other"

    with pytest.raises(RefusedError) as of_put:
        table.put(an_item("a", 9), wrong, values)
    with pytest.raises(RefusedError) as of_update:
        table.update(key("a"), "SET #more = :other", values, when=wrong)
    with pytest.raises(RefusedError) as of_one:
        table.put_together(Put(an_item("a", 9), wrong, values))
    with pytest.raises(RefusedError) as of_all:
        table.put_together(Put(an_item("a", 9), wrong, values), Put(an_item("b")))

    refusals = [of_put, of_update, of_one, of_all]
    assert [refused.value.item for refused in refusals] == [stored] * 4
    assert table.find(key("b"), consistent=True) is None


def test_one_item_alone_is_no_transaction(dynamodb: "DynamoDBClient", table: Table) -> None:
    with recorded(dynamodb) as calls:
        table.put_together(Put(an_item("a"), NEW))
        table.put_together(Put(an_item("b"), NEW), Put(an_item("c")))

    assert [operation for operation, _ in calls] == ["PutItem", "TransactWriteItems"]
    assert list(table.items(ALL)) == [an_item("a"), an_item("b"), an_item("c")]


@pytest.mark.parametrize("others", [(), (Put(an_item("b")),)])
def test_who_meets_a_transaction_has_lost(
    dynamodb: "DynamoDBClient", table: Table, others: tuple[Put, ...]
) -> None:
    with (
        failing(dynamodb, "PutItem", 400, "TransactionConflictException"),
        failing(dynamodb, "TransactWriteItems", 400, "TransactionConflictException"),
        pytest.raises(RefusedError) as refused,
    ):
        table.put_together(Put(an_item("a")), *others)

    assert refused.value.item is None


def test_items_are_read_to_the_end_from_wherever_one_begins(table: Table) -> None:
    items = put_many(table, 5)

    assert list(table.items(ALL)) == items
    assert list(table.items(ALL, after=key("01"))) == items[2:]
    assert list(table.items(ALL, after=key("01"), limit=2)) == items[2:4]
    assert list(table.items(ALL, limit=9)) == items


def test_no_page_is_read_before_it_is_asked_for_nor_behind_the_limit(
    dynamodb: "DynamoDBClient", table: Table
) -> None:
    put_many(table, 5)

    with recorded(dynamodb) as calls:
        reading = table.items(ALL, limit=3)
        assert calls == []
        assert len(list(reading)) == 3

    assert [params["Limit"] for _, params in calls] == [3]


def test_a_page_says_where_the_next_begins(table: Table) -> None:
    items = put_many(table, 3)

    first = table.page(ALL, limit=2)
    rest = table.page(ALL, after=first.last)

    assert (first.items, first.last) == (items[:2], key("01"))
    assert (rest.items, rest.last) == (items[2:], None)


def test_a_count_looks_at_no_more_than_it_was_told(table: Table) -> None:
    put_many(table, 5)

    assert table.count(ALL, up_to=9) == 5
    assert table.count(ALL, up_to=3) == 3


@contextmanager
def taking_one_of_each_batch(client: "DynamoDBClient") -> Iterator[list[None]]:
    """Write the first item of a batch and give the others back, as a throttled table does."""
    left: dict[str, Any] = {}
    batches: list[None] = []

    def take_one(params: dict[str, Any], **_: object) -> None:
        ((name, writes),) = params["RequestItems"].items()
        left.clear()
        left.update({name: writes[1:]} if writes[1:] else {})
        batches.append(None)
        params["RequestItems"] = {name: writes[:1]}

    def give_back(parsed: dict[str, Any], **_: object) -> None:
        parsed["UnprocessedItems"] = dict(left)

    with (
        hooked(client, "provide-client-params.dynamodb.BatchWriteItem", take_one),
        hooked(client, "after-call.dynamodb.BatchWriteItem", give_back),
    ):
        yield batches


def test_what_a_throttled_batch_leaves_undeleted_is_deleted_with_the_next(
    dynamodb: "DynamoDBClient", table: Table
) -> None:
    items = put_many(table, 4)

    with taking_one_of_each_batch(dynamodb) as batches:
        table.delete_all([key(item["sk"]["S"]) for item in items])

    assert list(table.items(ALL)) == []
    assert len(batches) == 4


def test_a_batch_that_never_ends_is_an_outage_and_not_taken_for_deleted(
    dynamodb: "DynamoDBClient", table: Table
) -> None:
    items = put_many(table, 9)

    with taking_one_of_each_batch(dynamodb), pytest.raises(StoreUnavailableError):
        table.delete_all([key(item["sk"]["S"]) for item in items])

    assert list(table.items(ALL)) != []


def test_pages_hold_so_many_items_each_and_all_of_them_together(table: Table) -> None:
    items = put_many(table, 7)

    assert list(table.pages(ALL, of=3)) == [items[:3], items[3:6], items[6:]]


def test_all_items_are_found_however_many_batches_their_keys_fill(table: Table) -> None:
    items = put_many(table, 2)
    missing = [key(f"missing {number}") for number in range(99)]

    found = table.find_all([key("00"), *missing, key("01")])

    assert found == items


def test_an_item_that_is_named_twice_is_read_once(table: Table) -> None:
    items = put_many(table, 2)

    found = table.find_all([key("00"), key("01"), key("00")])

    assert sorted(each["sk"]["S"] for each in found) == [each["sk"]["S"] for each in items]


@pytest.mark.parametrize("count", [1, 25, 26, 51])
def test_all_items_are_deleted_however_many_batches_they_fill(table: Table, count: int) -> None:
    items = put_many(table, count)
    table.put(an_item("other"))

    table.delete_all([key(item["sk"]["S"]) for item in items])

    assert list(table.items(ALL)) == [an_item("other")]


CALLS: dict[str, tuple[str, Any]] = {
    "find": ("GetItem", lambda table: table.find(key("a"), consistent=False)),
    "find all": ("BatchGetItem", lambda table: table.find_all([key("a")])),
    "put": ("PutItem", lambda table: table.put(an_item("a"))),
    "put one": ("PutItem", lambda table: table.put_together(Put(an_item("a")))),
    "put two": (
        "TransactWriteItems",
        lambda table: table.put_together(Put(an_item("a")), Put(an_item("b"))),
    ),
    "update": ("UpdateItem", lambda table: table.update(key("a"), "ADD n :n", {":n": {"N": "1"}})),
    "delete": ("DeleteItem", lambda table: table.delete(key("a"))),
    "page": ("Query", lambda table: table.page(ALL)),
    "items": ("Query", lambda table: list(table.items(ALL))),
    "count": ("Query", lambda table: table.count(ALL, up_to=1)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("status", "code"), [(400, "ThrottlingException"), (500, "")])
def test_what_may_pass_by_itself_is_an_outage(
    dynamodb: "DynamoDBClient", table: Table, call: str, status: int, code: str
) -> None:
    operation, act = CALLS[call]

    with failing(dynamodb, operation, status, code), pytest.raises(StoreUnavailableError):
        act(table)


@pytest.mark.parametrize("call", CALLS)
def test_a_fault_of_ours_is_no_outage_unless_that_is_wanted(
    dynamodb: "DynamoDBClient", table: Table, call: str
) -> None:
    operation, act = CALLS[call]

    with failing(dynamodb, operation, 400, "AccessDeniedException"):
        with pytest.raises(ClientError, match="AccessDenied"):
            act(table)
        with pytest.raises(StoreUnavailableError), unavailable_if_refused():
            act(table)


def test_a_call_that_dynamodb_cannot_take_is_a_fault_of_ours(table: Table) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        table.put(key("") | {"pk": {"S": "p"}})
