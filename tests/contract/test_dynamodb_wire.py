"""Our client of DynamoDB says, hears and does what botocore's does."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.clients import Call, failing, hooked, recorded
from tests.contract.conftest import create_table
from triggers_api.aws import clients, dynamodb_wire
from triggers_api.aws.dynamodb_wire import DynamoDBWire

pytestmark = pytest.mark.usefixtures("no_waiting")

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
EVERYTHING = KEY | {
    "text": {"S": 'é "quoted" \\ 😀 \u2028'},
    "number": {"N": "1.50"},
    "bytes": {"B": b"\x00\xff"},
    "flag": {"BOOL": True},
    "none": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "binaries": {"BS": [b"\x01", b"\x02"]},
    "list": {"L": [{"B": b"in a list"}, {"S": "B"}, {"L": []}]},
    "B": {"S": "an attribute of this name"},
    "BS": {"M": {"B": {"B": b"deep"}, "BS": {"S": "text"}}},
}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "an item": ("get_item", {"Key": KEY, "ConsistentRead": True}),
    "no item": ("get_item", {"Key": KEY | {"sk": {"S": "none"}}}),
    "a put": ("put_item", {"Item": EVERYTHING, "ReturnConsumedCapacity": "TOTAL"}),
    "a refused put": (
        "put_item",
        {
            "Item": KEY,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    ),
    "an update": (
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET #n = :new",
            "ExpressionAttributeNames": {"#n": "number"},
            "ExpressionAttributeValues": {":new": {"B": b"\x7f"}},
            "ReturnValues": "ALL_NEW",
        },
    ),
    "a query": (
        "query",
        {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "p"}},
            "Limit": 1,
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    "a count": (
        "query",
        {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "p"}},
            "Select": "COUNT",
        },
    ),
    "a deletion": ("delete_item", {"Key": KEY, "ReturnValues": "ALL_OLD"}),
    "what is not valid": ("update_item", {"Key": KEY, "UpdateExpression": "SET SET"}),
    "another table": ("get_item", {"TableName": "nowhere", "Key": KEY}),
}
BATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "a batch of reads": ("batch_get_item", {"RequestItems": {"T": {"Keys": [KEY]}}}),
    "a batch of writes": (
        "batch_write_item",
        {"RequestItems": {"T": [{"PutRequest": {"Item": EVERYTHING}}]}},
    ),
    "a transaction": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "T", "Item": EVERYTHING}}]},
    ),
    "a refused transaction": (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": {"TableName": "T", "Item": KEY | {"sk": {"S": "other"}}}},
                {
                    "Put": {
                        "TableName": "T",
                        "Item": KEY,
                        "ConditionExpression": "attribute_not_exists(pk)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
            ]
        },
    ),
}


@pytest.fixture(scope="module")
def wire(dynamodb: Any) -> Any:
    client = clients.create_client("dynamodb")
    assert type(client) is type(dynamodb) is DynamoDBWire  # what the contract suites run on
    assert client.meta.events  # who knows them is mocked
    return client


@pytest.fixture(scope="module")
def botocores(dynamodb: Any) -> Any:  # noqa: ARG001  # its AWS
    return clients.create_botocores("dynamodb")


@pytest.fixture(scope="module")
def table(botocores: Any) -> str:
    return create_table(botocores, "EventsTable")


@pytest.fixture(autouse=True)
def stored(botocores: Any, table: str) -> None:
    botocores.put_item(TableName=table, Item=EVERYTHING)


def named(value: Any, table: str) -> Any:
    """With the table's name in every place of `T`."""
    text = {"T": table}
    if isinstance(value, dict):
        return {text.get(name, name): named(each, table) for name, each in value.items()}
    if isinstance(value, list):
        return [named(each, table) for each in value]
    return table if value == "T" else value


def answer_to(client: Any, method: str, request: dict[str, Any]) -> Any:
    try:
        answer = getattr(client, method)(**request)
    except ClientError as error:
        names = {"kind": type(error).__name__, "operation": error.operation_name}
        answer = error.response | names | {"said": str(error)}
        answer.pop("message", None)  # as it came; the error has it
        answer.pop("Message", None)
        answer.pop("__type", None)
    metadata = answer.pop("ResponseMetadata")
    return answer, metadata["HTTPStatusCode"], metadata["RetryAttempts"]


@pytest.mark.parametrize("call", CALLS | BATCHES)
def test_it_answers_as_botocore_does(wire: Any, botocores: Any, table: str, call: str) -> None:
    method, request = (CALLS | BATCHES)[call]
    request = named(({"TableName": table} if call in CALLS else {}) | request, table)

    theirs = answer_to(botocores, method, request)
    botocores.put_item(TableName=table, Item=EVERYTHING)

    assert answer_to(wire, method, request) == theirs


@pytest.mark.parametrize("call", CALLS | BATCHES)
def test_it_sends_what_botocore_sends(wire: Any, botocores: Any, call: str) -> None:
    method, request = (CALLS | BATCHES)[call]
    request = {"TableName": "T"} | request if call in CALLS else request
    if method == "transact_write_items":
        request = request | {"ClientRequestToken": "of both"}
    sent: list[Any] = []

    def note(request: Any, **_: object) -> None:
        sent.append(request)

    for client in (wire, botocores):
        with hooked(client, "before-send.dynamodb", note):
            answer_to(client, method, dict(request))

    ours, theirs = sent
    assert json.loads(ours.body) == json.loads(theirs.body)
    assert (ours.method, ours.url) == (theirs.method, theirs.url)
    for name in ("X-Amz-Target", "Content-Type"):
        assert ours.headers[name] == theirs.headers[name]
    # A library for Lambda may have put itself behind botocore's.
    assert theirs.headers["User-Agent"].startswith(ours.headers["User-Agent"])


def test_each_error_that_the_service_knows_has_the_name_that_traces_tell_it_by(
    botocores: Any,
) -> None:
    model = botocores.meta.service_model
    known = {
        error.name
        for operation in dynamodb_wire._OPERATIONS.values()  # noqa: SLF001
        for error in model.operation_model(operation).error_shapes
    }

    kinds = dynamodb_wire._ERRORS  # noqa: SLF001
    assert {code: kind.__name__ for code, kind in kinds.items()} == {each: each for each in known}


def test_a_transaction_that_is_tried_again_is_the_same_one(wire: Any, table: str) -> None:
    bodies: list[Any] = []

    def note(request: Any, **_: object) -> None:
        bodies.append(json.loads(request.body))

    _, request = BATCHES["a transaction"]
    with (
        hooked(wire, "before-send.dynamodb", note),
        failing(wire, "TransactWriteItems", 500, "InternalServerError", times=1),
    ):
        wire.transact_write_items(**named(request, table))
        wire.transact_write_items(**named(request, table))

    first, again, second = (body["ClientRequestToken"] for body in bodies)
    assert first == again != second


def test_what_it_does_not_know_is_botocores_to_do(wire: Any, table: str) -> None:
    assert wire.describe_table(TableName=table)["Table"]["TableName"] == table
    assert wire.can_paginate("query")
    assert wire.exceptions.ResourceNotFoundException
    with pytest.raises(AttributeError, match="no_such_call"):
        wire.no_such_call  # noqa: B018  # it is looked for


def test_a_listener_hears_what_it_hears_of_botocores(wire: Any, botocores: Any, table: str) -> None:
    heard: list[list[Any]] = []
    for client in (wire, botocores):
        events: list[Any] = []
        client.meta.events.register("*.dynamodb.GetItem", _noting(events), unique_id="noting")
        try:
            client.get_item(TableName=table, Key=KEY)
        finally:
            client.meta.events.unregister("*.dynamodb.GetItem", unique_id="noting")
        heard.append(events)

    ours, theirs = heard
    assert [each for each in theirs if each[0] in dict(ours)] == ours
    assert [name for name, _ in ours] == [
        "provide-client-params.dynamodb.GetItem",
        "before-call.dynamodb.GetItem",
        "before-send.dynamodb.GetItem",
        "after-call.dynamodb.GetItem",
    ]


def _noting(events: list[Any]) -> Any:
    def note(event_name: str, **told: Any) -> None:
        model = told.get("model")
        parsed = dict(told.get("parsed", {}))
        parsed.pop("ResponseMetadata", None)
        http = told.get("http_response")
        about = (model and model.name, told.get("params", {}).get("Key"), parsed)
        events.append((event_name, (*about, http and http.status_code)))

    return note


def test_a_listener_may_answer_before_the_call(wire: Any) -> None:
    class Http:
        status_code = 200

    def answer(params: dict[str, Any], **_: object) -> Any:
        return Http(), {"Item": json.loads(params["body"])["Key"], "ResponseMetadata": {}}

    with hooked(wire, "before-call.dynamodb.GetItem", answer), recorded(wire) as calls:
        assert wire.get_item(TableName="nowhere", Key=KEY)["Item"] == KEY

    expected: list[Call] = [("GetItem", {"TableName": "nowhere", "Key": KEY})]
    assert calls == expected


def test_what_a_listener_raises_ends_the_call(wire: Any) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError

    for event in ("provide-client-params", "before-call", "before-send"):
        with hooked(wire, f"{event}.dynamodb", refuse), pytest.raises(PermissionError):
            wire.get_item(TableName="nowhere", Key=KEY)
