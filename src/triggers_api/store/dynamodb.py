"""How DynamoDB is called: one tuned client, its errors in our words, batches read whole."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from triggers_api.aws import clients
from triggers_api.errors import StoreUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item, or a key, in DynamoDB's wire form: `{"name": {"S": "value"}}`."""

_BATCH_GET_KEYS = 100  # the most that one BatchGetItem takes
_BATCH_GET_ROUNDS = 5  # of throttled leftovers, before we give up and say so


def create_client() -> DynamoDBClient:
    """A client of DynamoDB."""
    client: DynamoDBClient = clients.create_client("dynamodb")
    return client


def store_errors() -> AbstractContextManager[None]:
    """Turn what may pass by itself into `StoreUnavailableError`; let the rest through."""
    return clients.transient_errors(StoreUnavailableError, "store")


def failed_condition(error: ClientError) -> tuple[bool, Item | None]:
    """Whether a write failed its condition, and the item that stood in its way."""
    failed = error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    item: Item | None = error.response.get("Item")  # type: ignore[assignment]  # absent in the stubs
    return failed, item or None


def batch_get(client: DynamoDBClient, table: str, keys: Sequence[Item]) -> list[Item]:
    """Read all these items consistently, in no order; those that do not exist are left out."""
    found: list[Item] = []
    for start in range(0, len(keys), _BATCH_GET_KEYS):
        request: Any = {table: {"Keys": keys[start : start + _BATCH_GET_KEYS]}}
        request[table]["ConsistentRead"] = True
        for _ in range(_BATCH_GET_ROUNDS):
            answer = client.batch_get_item(RequestItems=request)
            found += answer["Responses"].get(table, [])
            request = answer.get("UnprocessedKeys")
            if not request:
                break
        else:
            raise StoreUnavailableError("The store is busy. Try again in a moment.")
    return found
