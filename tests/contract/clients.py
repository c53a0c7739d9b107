"""What can be seen and disturbed of a client's calls while the real adapter makes them."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse, HeadersDict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Call = tuple[str, dict[str, Any]]


@contextmanager
def recorded(client: "DynamoDBClient") -> Iterator[list[Call]]:
    """The calls made meanwhile: operations and their parameters, in order."""
    calls: list[Call] = []

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        calls.append((model.name, params))

    with hooked(client, "provide-client-params.dynamodb", note):
        yield calls


@contextmanager
def before_call(
    client: "DynamoDBClient", operation: str, action: Callable[[], object], number: int = 1
) -> Iterator[None]:
    """Let something happen in the middle of a verb: before its n-th call of an operation."""
    calls = itertools.count(1)

    def act(**_: object) -> None:
        if next(calls) == number:
            action()

    with hooked(client, f"provide-client-params.dynamodb.{operation}", act):
        yield


@contextmanager
def failing(
    client: "DynamoDBClient",
    operation: str,
    status: int,
    code: str,
    times: int = 1000,
    **members: Any,
) -> Iterator[list[None]]:
    """Answer calls with an error instead; what was asked for happens all the same."""
    failures: list[None] = []

    def fail(**_: object) -> AWSResponse | None:
        if len(failures) == times:
            return None
        failures.append(None)
        body = json.dumps({"__type": code, "message": "no"} | members).encode()
        headers = HeadersDict({"content-type": "application/x-amz-json-1.0"})
        return AWSResponse("http://test", status, headers, _Body(body))  # type: ignore[arg-type]  # it takes any mapping

    with hooked(client, f"before-send.dynamodb.{operation}", fail):
        yield failures


def payload_items(client: "DynamoDBClient", table: str, event_id: str = "") -> list[dict[str, Any]]:
    """The payloads that are items of their own: all of them, or an event's."""
    found = client.scan(TableName=table)["Items"]
    return [item for item in found if item["sk"]["S"].startswith(f"payload#{event_id}")]


class LaggingIndexClient:
    """Answers queries of an index from a copy of the table: as it was at the last `catch_up`."""

    def __init__(self, client: "DynamoDBClient", table: str, copy: str) -> None:
        self._client = client
        self._table = table
        self._copy = copy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def catch_up(self) -> None:
        for item in self._client.scan(TableName=self._table)["Items"]:
            self._client.put_item(TableName=self._copy, Item=item)

    def hide(self, key: dict[str, Any]) -> None:
        """As if this item had not arrived yet."""
        self._client.delete_item(TableName=self._copy, Key=key)

    def query(self, **request: Any) -> Any:
        if "IndexName" not in request:
            return self._client.query(**request)
        return self._client.query(**request | {"TableName": self._copy})


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def hooked(client: "DynamoDBClient", event: str, handler: Callable[..., Any]) -> Iterator[None]:
    client.meta.events.register_first(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)
