"""What becomes of DynamoDB's own errors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import (
    INBOX,
    TENANT,
    an_event,
    ids,
    incompressible_payload,
    store_event,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import failing, hooked
from tests.contract.conftest import OpenStore
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.ports import EventStore
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.table import create_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")

Verb = Callable[[EventStore, FixedClock], object]
VERBS: dict[str, tuple[str, Verb]] = {
    "add": ("PutItem", lambda store, clock: store.add(TENANT, an_event(clock()), None)),
    "get": ("GetItem", lambda store, clock: store.get(TENANT, an_event(clock()).id)),
    "list_events": ("Query", lambda store, _: walk(store, INBOX)),
    "acknowledge": (
        "UpdateItem",
        lambda store, clock: store.acknowledge(TENANT, an_event(clock()).id, clock()),
    ),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ThrottlingException"),
        (400, "ProvisionedThroughputExceededException"),
        (400, "RequestLimitExceeded"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
        (502, ""),  # of something before DynamoDB, which says no more than that
    ],
)
def test_a_store_that_stays_busy_is_tried_twice_and_then_unavailable(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    verb: str,
    status: int,
    code: str,
) -> None:
    operation, call = VERBS[verb]

    with (
        failing(dynamodb, operation, status, code) as failures,
        pytest.raises(StoreUnavailableError) as caught,
    ):
        call(dynamodb_events, clock)

    assert len(failures) == 2
    assert caught.value.retry_after_seconds >= 1


def test_a_store_that_is_busy_for_a_moment_is_not_noticed(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    event = store_event(dynamodb_events, clock())

    with failing(dynamodb, "GetItem", 400, "ThrottlingException", times=1):
        found = dynamodb_events.get(TENANT, event.id)

    assert found == event


def test_a_store_that_refuses_connections_is_unavailable(
    open_store: OpenStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    store = open_store(create_client(), "events")

    for _, call in VERBS.values():
        with pytest.raises(StoreUnavailableError):
            call(store, clock)


def test_a_key_store_that_stays_busy_is_unavailable(
    dynamodb: "DynamoDBClient", dynamodb_api_keys: DynamoApiKeyStore, clock: FixedClock
) -> None:
    busy = failing(dynamodb, "GetItem", 400, "ThrottlingException")
    with busy, pytest.raises(StoreUnavailableError):
        dynamodb_api_keys.find("000000000000")

    busy = failing(dynamodb, "UpdateItem", 400, "ThrottlingException")
    with busy, pytest.raises(StoreUnavailableError):
        dynamodb_api_keys.record_use("000000000000", clock())


def test_a_fault_of_ours_is_not_called_unavailable(
    dynamodb: "DynamoDBClient", open_store: OpenStore, clock: FixedClock
) -> None:
    store = open_store(dynamodb, "no-such-table")

    with pytest.raises(ClientError, match="ResourceNotFound"):
        store.get(TENANT, an_event(clock()).id)


def hold_back_all_but_one(parsed: dict[str, Any], **_: object) -> None:
    """Answer as a throttled BatchGetItem does."""
    ((table, items),) = parsed["Responses"].items()
    keys = [{name: item[name] for name in ("pk", "sk")} for item in items[1:]]
    parsed["Responses"] = {table: items[:1]}
    parsed["UnprocessedKeys"] = {table: {"Keys": keys, "ConsistentRead": True}} if keys else {}


def test_what_a_throttled_batch_leaves_out_is_asked_for_again(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    large = incompressible_payload(9000)
    events = [store_event(dynamodb_events, clock(), payload=large) for _ in range(4)]

    with hooked(dynamodb, "after-call.dynamodb.BatchGetItem", hold_back_all_but_one):
        listed = walk(dynamodb_events)

    assert sorted(ids(listed)) == sorted(ids(events))
    assert {event.payload for event in listed} == {large}


def test_a_batch_that_is_never_answered_whole_is_unavailable_rather_than_short(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    for _ in range(9):
        store_event(dynamodb_events, clock(), payload=incompressible_payload(9000))

    with (
        hooked(dynamodb, "after-call.dynamodb.BatchGetItem", hold_back_all_but_one),
        pytest.raises(StoreUnavailableError),
    ):
        walk(dynamodb_events)
