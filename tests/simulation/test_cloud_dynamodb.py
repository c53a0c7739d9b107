"""The model of DynamoDB answers as moto does, wherever both can say.

Where they differ, AWS's documentation decides; those differences are tests of their own below.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cloudformation import properties, table_definition
from tests.quick_moto import mock_aws
from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.shortcut import ShortClient
from tests.simulation.cloud.tables import Table
from triggers_api.store.table import create_client

TABLE: Final = "EventsTable"
Step = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """A client of the emulator."""
    with mock_aws():
        yield create_client()


def a_model(client: Any) -> ShortClient:
    """A client of a fresh model, in which every index is level."""
    table = Table.of(TABLE, properties(TABLE), lambda: 1000.0, lambda: 0.0, 1)
    service = DynamoDb({TABLE: table}, lambda: 1000.0)

    def carry(_service: str, operation: str, request: dict[str, Any], _: float) -> Any:
        return service(operation, request)

    return ShortClient("dynamodb", client, lambda: carry, lambda _: None)


def an_item(pk: str, sk: str, **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}} | attributes


_keys = st.builds(an_item, st.sampled_from(["a", "b"]), st.sampled_from(["1", "2", "é", "10"]))
_values = st.one_of(
    st.integers(-3, 12).map(lambda number: {"N": str(number)}),
    st.sampled_from(["", "x", "xy", "é"]).map(lambda text: {"S": text}),
    st.binary(max_size=3).filter(len).map(lambda data: {"B": data}),
    st.sets(st.sampled_from(["p", "q", "r"]), min_size=1).map(lambda each: {"SS": sorted(each)}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
)
_items = st.builds(
    lambda key, n, v, indexed: key | n | v | indexed,
    _keys,
    st.integers(-3, 12).map(lambda number: {"n": {"N": str(number)}}),
    st.one_of(st.just({}), _values.map(lambda value: {"v": value})),
    st.one_of(
        st.just({}),
        st.tuples(st.sampled_from(["t", "u"]), st.sampled_from(["x", "y"]), st.integers(0, 2)).map(
            lambda drawn: {
                "tenant": {"S": drawn[0]},
                "status": {"S": drawn[1]},
                "shard": {"N": "0"},
                "created_at": {"S": str(drawn[2])},
                "id": {"S": "i"},
                "payload": {"S": "p"},
                "other": {"S": "not projected"},
            }
        ),
    ),
)
CONDITIONS: Final = (
    "attribute_exists(pk)",
    "attribute_not_exists(pk)",
    "attribute_not_exists(v) OR n < :n",
    "n >= :n AND attribute_exists(v)",
    "n = :n",
    "n <> :n",
    "NOT n = :n",
    "n BETWEEN :low AND :n",
    "n IN (:low, :n)",
    "(attribute_not_exists(v) OR size(v) < :n) AND n <= :n",
    "contains(v, :text)",
    "begins_with(sk, :text)",
)
UPDATES: Final = (
    "SET n = :n",
    "SET n = if_not_exists(n, :low)",
    "SET n = n + :n, w = :text",
    "SET n = n - :n REMOVE v",
    "ADD n :n",
    "ADD tags :set",
    "DELETE tags :set SET n = :n",
    "REMOVE v, w",
    "SET w = v",
)
QUERIES: Final = (
    "pk = :pk",
    "pk = :pk AND sk BETWEEN :one AND :two",
    "pk = :pk AND sk > :one",
    "pk = :pk AND begins_with(sk, :one)",
)


def _with_values(request: dict[str, Any], numbers: tuple[int, int]) -> dict[str, Any]:
    """The request, with the values that its expressions name, and no others."""
    every = {
        ":n": {"N": str(max(numbers))},
        ":low": {"N": str(min(numbers))},
        ":text": {"S": "x"},
        ":set": {"SS": ["p", "q"]},
        ":pk": {"S": "a"},
        ":one": {"S": "1"},
        ":two": {"S": "2"},
    }
    said = " ".join(value for name, value in request.items() if name.endswith("Expression"))
    used = {
        name: value
        for name, value in every.items()
        if f"{name})" in f"{said})".replace(",", ")").replace(" ", ")")
    }
    return request | ({"ExpressionAttributeValues": used} if used else {})


_numbers = st.tuples(st.integers(-2, 8), st.integers(-2, 8))
_condition: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(CONDITIONS).map(
        lambda text: {
            "ConditionExpression": text,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    ),
)
_on_table = {"TableName": TABLE}
_steps = st.one_of(
    st.builds(
        lambda item, when, numbers: (
            "put_item",
            _with_values(_on_table | {"Item": item} | when, numbers),
        ),
        _items,
        _condition,
        _numbers,
    ),
    st.builds(
        lambda key, change, when, told, numbers: (
            "update_item",
            _with_values(
                _on_table | {"Key": key, "UpdateExpression": change, "ReturnValues": told} | when,
                numbers,
            ),
        ),
        _keys,
        st.sampled_from(UPDATES),
        _condition,
        st.sampled_from(["NONE", "ALL_NEW", "UPDATED_NEW"]),
        _numbers,
    ),
    st.builds(
        lambda key, when, numbers: (
            "delete_item",
            _with_values(_on_table | {"Key": key} | when, numbers),
        ),
        _keys,
        _condition,
        _numbers,
    ),
    st.builds(lambda key: ("get_item", _on_table | {"Key": key, "ConsistentRead": True}), _keys),
    st.builds(
        lambda where, forward, limit, only, numbers: (
            "query",
            _with_values(
                _on_table
                | {
                    "KeyConditionExpression": where,
                    "ScanIndexForward": forward,
                    "ConsistentRead": True,
                }
                | ({} if limit is None else {"Limit": limit})
                | ({} if only is None else {"FilterExpression": only}),
                numbers,
            ),
        ),
        st.sampled_from(QUERIES),
        st.booleans(),
        st.one_of(st.none(), st.integers(1, 3)),
        st.one_of(st.none(), st.sampled_from(["n > :n", "attribute_exists(v)"])),
        _numbers,
    ),
    st.builds(
        lambda status, forward: (
            "query",
            _on_table
            | {
                "IndexName": "StatusIndex",
                "KeyConditionExpression": "tenant = :t AND #s = :s AND #h = :zero",
                "ExpressionAttributeNames": {"#s": "status", "#h": "shard"},
                "ExpressionAttributeValues": {
                    ":t": {"S": "t"},
                    ":s": {"S": status},
                    ":zero": {"N": "0"},
                },
                "ScanIndexForward": forward,
            },
        ),
        st.sampled_from(["x", "y"]),
        st.booleans(),
    ),
    st.builds(
        lambda keys: (
            "batch_get_item",
            {"RequestItems": {TABLE: {"Keys": list(keys), "ConsistentRead": True}}},
        ),
        st.lists(_keys, min_size=1, max_size=4, unique_by=str),
    ),
    st.builds(
        lambda items, when, numbers: (
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": _with_values(_on_table | {"Item": item} | when, numbers)}
                    for item in items
                ]
            },
        ),
        st.lists(
            _items, min_size=2, max_size=3, unique_by=lambda item: str((item["pk"], item["sk"]))
        ),
        _condition,
        _numbers,
    ),
)


@settings(max_examples=60)
@given(st.lists(_steps, min_size=1, max_size=12))
def test_the_model_and_moto_answer_alike(moto: Any, steps: list[Step]) -> None:
    moto.create_table(**table_definition(TABLE))
    try:
        model = a_model(moto)
        for method, request in steps:
            assert answer_of(model, method, request) == answer_of(moto, method, request), (
                method,
                request,
            )
    finally:
        moto.delete_table(TableName=TABLE)


def answer_of(client: Any, method: str, request: dict[str, Any]) -> Any:
    """What a call answers, without what only one of them tells, or tells in another order."""
    call: Callable[..., Any] = getattr(client, method)
    try:
        answer = dict(call(**request))
    except ClientError as error:
        return _of_error(error)
    items = answer.get("Items")
    if items is not None and len(items) == request.get("Limit"):
        answer.pop("LastEvaluatedKey", None)  # see the test below
    if "Responses" in answer:
        answer["Responses"] = sorted(map(str, map(_plain, answer["Responses"][TABLE])))
    if request.get("ReturnValues") == "UPDATED_NEW":  # of a new item, moto tells the key as well
        told = answer.get("Attributes", {})
        answer["Attributes"] = {name: told[name] for name in told if name not in ("pk", "sk")}
    kept = ("Item", "Items", "Attributes", "Count", "ScannedCount", "LastEvaluatedKey", "Responses")
    return {name: _plain(answer[name]) for name in kept if answer.get(name)}


def _of_error(error: ClientError) -> Any:
    response: Any = error.response
    code = response["Error"]["Code"]
    if code == "ValidationException":
        return code
    reasons = [
        (each["Code"], _plain(each.get("Item"))) for each in response.get("CancellationReasons", ())
    ]
    return code, _plain(response.get("Item")), reasons


def _plain(said: Any) -> Any:
    """Sets without their order."""
    if isinstance(said, dict):
        if set(said) == {"SS"}:
            return {"SS": sorted(said["SS"])}
        return {name: _plain(said[name]) for name in sorted(said)}
    return [_plain(each) for each in said] if isinstance(said, list) else said


def test_a_query_that_reaches_its_limit_tells_where_it_stopped_also_at_the_end(moto: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html."""
    model = a_model(moto)
    model.put_item(TableName=TABLE, Item=an_item("a", "1"))

    answer = model.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "a"}},
        Limit=1,
    )

    assert answer["LastEvaluatedKey"] == an_item("a", "1")


def test_a_transaction_with_the_token_of_one_that_was_made_changes_nothing(moto: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html."""
    model = a_model(moto)
    first = {"TransactItems": [{"Put": {"TableName": TABLE, "Item": an_item("a", "1")}}]}
    model.transact_write_items(**first, ClientRequestToken="token")
    model.delete_item(TableName=TABLE, Key=an_item("a", "1"))

    model.transact_write_items(**first, ClientRequestToken="token")

    assert "Item" not in model.get_item(TableName=TABLE, Key=an_item("a", "1"))


@pytest.mark.parametrize(("sign", "holds"), [("=", False), ("<", False), ("<>", True)])
def test_what_is_missing_equals_nothing(moto: Any, sign: str, holds: bool) -> None:  # noqa: FBT001
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html."""
    model = a_model(moto)
    model.put_item(TableName=TABLE, Item=an_item("a", "1"))
    request = {"TableName": TABLE, "Item": an_item("a", "1", v={"S": "new"})}
    request |= {"ConditionExpression": f"absent {sign} :n"}

    try:
        model.put_item(**request, ExpressionAttributeValues={":n": {"N": "1"}})
    except ClientError:
        assert not holds
    else:
        assert holds


def test_an_item_has_400_kb_at_most(moto: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html."""
    with pytest.raises(ClientError, match="Item size"):
        a_model(moto).put_item(TableName=TABLE, Item=an_item("a", "1", v={"B": bytes(400 * 1024)}))


def test_an_index_follows_item_by_item_and_shows_a_move_as_a_leaving_and_an_arrival() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html."""
    now, lags = [0.0], iter([1.0, 1.0, 5.0])
    table = Table.of(TABLE, properties(TABLE), lambda: now[0], lambda: next(lags), 1)
    place = {"tenant": {"S": "t"}, "shard": {"N": "0"}, "created_at": {"S": "0"}, "id": {"S": "i"}}
    item = an_item("a", "1", **place, status={"S": "x"})
    table.write(("a", "1"), item)
    table.write(("a", "1"), item | {"status": {"S": "y"}})
    seen = []

    for now[0] in (0.5, 1.0, 6.0):
        table.indexes["StatusIndex"].catch_up(now[0])
        seen.append([key for key, held in table.indexes["StatusIndex"].partitions.items() if held])

    assert seen == [[], [], [("t", "y", 0)]]


def test_an_error_that_is_refused_has_the_code_that_the_service_documents() -> None:
    with pytest.raises(AwsError) as raised:
        DynamoDb({}, lambda: 0.0)("GetItem", {"TableName": "none", "Key": {}})

    assert raised.value.code == "ResourceNotFoundException"
