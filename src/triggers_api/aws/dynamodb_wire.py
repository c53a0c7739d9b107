"""DynamoDB's calls built, signed and sent here, each for a fraction of botocore's CPU.

The service's protocol is one signed POST of JSON. botocore derives each from a model of the whole
service, by way of a dozen events: that, and reading the model, is most of what a warm request
and a cold start cost (ADR 0063). Here are the operations of the hot path. All others, and all
that is unusual, such as a proxy, are left to botocore, which is loaded when it is first asked.
"""

import base64
import json
import random
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004  # botocore's own
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)

from triggers_api.aws.call_events import CallEvents, all_are_overheard
from triggers_api.aws.environment import Place, Secrets
from triggers_api.aws.kept_connections import Answer, KeptConnections
from triggers_api.aws.signature import Signer

Document = dict[str, Any]

_OPERATIONS: Final = {
    "batch_get_item": "BatchGetItem",
    "batch_write_item": "BatchWriteItem",
    "delete_item": "DeleteItem",
    "get_item": "GetItem",
    "put_item": "PutItem",
    "query": "Query",
    "transact_write_items": "TransactWriteItems",
    "update_item": "UpdateItem",
}
_FAILED: Final = 300
# Each has a class of its own, as with botocore: traces tell errors by the names of their classes.
_ERRORS: Final[dict[str, type[ClientError]]] = {
    code: type(code, (ClientError,), {})
    for code in (
        "ConditionalCheckFailedException",
        "IdempotentParameterMismatchException",
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ResourceNotFoundException",
        "ThrottlingException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
    )
}

# What is tried again, and after how many seconds at most, as in botocore's standard mode; but a
# call that was not throttled waits no longer than its newest version lets one of DynamoDB.
_TRANSIENT: Final = frozenset({500, 502, 503, 504})
_TRANSIENT_CODES: Final = frozenset({"RequestTimeout", "RequestTimeoutException"})
THROTTLED: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_TRANSIENT_SECONDS: Final = 0.025
_THROTTLED_SECONDS: Final = 1.0
_COST, _COST_OF_A_TIMEOUT = 5, 10


class DynamoDBWire:
    """A client of DynamoDB for many threads, with the methods, answers and errors of botocore's.

    Who listens at `meta.events` hears of a call what botocore's client tells of its own.
    """

    def __init__(
        self,
        place: Place,
        secrets: Secrets | None,
        new_whole: Callable[[], Any],
        find_credentials: Callable[[], Any],
        *,
        seconds: float,
        attempts: int,
    ) -> None:
        """`new_whole` makes botocore's client; for the credentials, see `Signer`.

        `seconds` are for each read; `attempts` are all that is made of a call.
        """
        self.meta = _Meta(self, place)
        self._new_whole = new_whole
        self._whole: Any = None
        self._is_overheard = all_are_overheard()
        self._lock = threading.Lock()
        self._attempts = attempts
        self._purse = _Purse()
        self._signer = Signer("dynamodb", place, secrets, find_credentials)
        self._connections = KeptConnections(place.url, place.roots, seconds=seconds)

    def __getattr__(self, name: str) -> Any:
        operation = _OPERATIONS.get(name)
        if operation is None:
            return getattr(self.whole, name)

        def method(**request: Any) -> Document:
            return self.call(operation, request)

        setattr(self, name, method)  # found at once from now on
        return method

    @property
    def whole(self) -> Any:
        """The client that botocore makes."""
        with self._lock:
            if self._whole is None:
                self._whole = self._new_whole()
            return self._whole

    def call(self, operation: str, request: Document) -> Document:
        """What the service answers to this request. Raises botocore's errors."""
        if operation == "TransactWriteItems":  # when it is tried again, it is the same one
            request.setdefault("ClientRequestToken", str(uuid.uuid4()))
        if self._whole is None and not self._is_overheard:
            status, answer = self._tried(partial(self._send, operation, _encoded(request)))
        else:
            status, answer = self._overheard(CallEvents(self.whole, operation), operation, request)
        if status >= _FAILED:
            kind = _ERRORS.get(answer["Error"]["Code"], ClientError)
            raise kind(answer, operation)  # type: ignore[arg-type]  # as botocore makes it
        return answer

    def _overheard(
        self, events: CallEvents, operation: str, request: Document
    ) -> tuple[int, Document]:
        events.asks(request)
        body = _encoded(request)
        status, answer = events.answer_to_call(body) or self._tried(
            partial(self._send, operation, body, events)
        )
        events.answered(status, answer)
        return status, answer

    def _send(
        self, operation: str, body: bytes, events: CallEvents | None = None
    ) -> tuple[int, Document]:
        about = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        headers = self._signer.sign(about, body) | {"user-agent": "triggers-api"}
        url = f"{self.meta.endpoint_url}/"
        answer = events.answer_to_request(url, headers, body) if events else None
        answer = answer or self._connections.post(headers, body)
        return answer.status, _decoded(answer)

    def _tried(self, send: Callable[[], tuple[int, Document]]) -> tuple[int, Document]:
        attempt = paid = 1
        while True:
            error: Exception | None = None
            status, answer = 0, dict[str, Any]()
            try:
                status, answer = send()
            except (ConnectionError, HTTPClientError) as caught:
                error = caught
            longest = _longest_wait(status, answer)
            if longest is None:
                self._purse.give(paid)
            else:
                hung = isinstance(error, ConnectTimeoutError | ReadTimeoutError)
                paid = _COST_OF_A_TIMEOUT if hung else _COST
            if longest is None or attempt == self._attempts or not self._purse.take(paid):
                break
            time.sleep(random.random() * longest * 2 ** (attempt - 1))  # noqa: S311  # no secret
            attempt += 1
        if error is not None:
            raise error
        answer["ResponseMetadata"]["RetryAttempts"] = attempt - 1
        return status, answer


def _longest_wait(status: int, answer: Document) -> float | None:
    """Before the call is tried again, in seconds; None if it need not be."""
    code = answer["Error"]["Code"] if status >= _FAILED else ""
    if code in THROTTLED:
        return _THROTTLED_SECONDS
    again = status == 0 or status in _TRANSIENT or code in _TRANSIENT_CODES
    return _TRANSIENT_SECONDS if again else None


class _Purse:
    """What retries are paid from: when most calls fail, trying them again would add to it."""

    def __init__(self) -> None:
        self._left = self._most = 500
        self._lock = threading.Lock()

    def take(self, amount: int) -> bool:
        with self._lock:
            if amount > self._left:
                return False
            self._left -= amount
            return True

    def give(self, amount: int) -> None:
        if self._left == self._most:  # nearly always
            return
        with self._lock:
            self._left = min(self._most, self._left + amount)


def _encoded(request: Document) -> bytes:
    return _ENCODER.encode(request).encode()


def _as_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=_as_text)


def _decoded(answer: Answer) -> Document:
    """As botocore tells it; but what is broken is never taken for an empty answer."""
    checksum = answer.headers.get("x-amz-crc32")
    if checksum is not None and zlib.crc32(answer.content) != int(checksum):
        raise HTTPClientError(error="the checksum is wrong")
    said: Any = None
    with suppress(ValueError):
        said = json.loads(answer.content)
    if not isinstance(said, dict):
        if answer.status < _FAILED:
            raise HTTPClientError(error="it is no JSON object")
        said = {"message": answer.content.decode(errors="replace")}
    if b'"B' in answer.content:
        said = _with_binaries(said)
    if answer.status >= _FAILED:
        code = str(said.get("__type", answer.status)).partition(":")[0].rpartition("#")[2]
        said["Error"] = {"Message": said.get("message", said.get("Message", "")), "Code": code}
    said["ResponseMetadata"] = {
        "RequestId": answer.headers.get("x-amzn-requestid", ""),
        "HTTPStatusCode": answer.status,
        "HTTPHeaders": answer.headers,
    }
    return said  # type: ignore[no-any-return]  # JSON is anything


def _with_binaries(value: Any) -> Any:
    """A text under `B` is a binary value: an attribute of this name holds a document there."""
    if isinstance(value, list):
        return [_with_binaries(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("B"), str):
        return {"B": base64.b64decode(value["B"])}
    if isinstance(value.get("BS"), list):
        return {"BS": [base64.b64decode(each) for each in value["BS"]]}
    return {name: _with_binaries(each) for name, each in value.items()}


class _Meta:
    """Like botocore's `client.meta`."""

    def __init__(self, client: DynamoDBWire, place: Place) -> None:
        self._client = client
        self.endpoint_url = place.url
        self.region_name = place.region

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client.whole.meta, name)
