"""How often each verb calls DynamoDB: what a request waits for, and pays for."""

from typing import TYPE_CHECKING

import pytest

from tests.builders.events import (
    INBOX,
    TENANT,
    a_fingerprint,
    a_keyed_event,
    an_event,
    incompressible_payload,
    store_event,
)
from tests.clock import FixedClock
from tests.contract.clients import Call, recorded
from triggers_api.errors import NotFoundError
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenants import INDEX_SETTLES_WITHIN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGE = incompressible_payload(9000)


@pytest.fixture
def warm_store(dynamodb_events: DynamoEventStore, clock: FixedClock) -> DynamoEventStore:
    """A store that knows the tenant, and is at work for it."""
    event = store_event(dynamodb_events, clock())
    dynamodb_events.acknowledge(TENANT, event.id, clock())
    return dynamodb_events


def operations(calls: list[Call]) -> list[str]:
    return [operation for operation, _ in calls]


@pytest.mark.parametrize("key", [None, "key-1"])
def test_creating_is_one_write(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock, key: str | None
) -> None:
    with recorded(dynamodb) as calls:
        if key is None:
            warm_store.add(TENANT, an_event(clock()), None)
        else:
            warm_store.add(TENANT, a_keyed_event(clock(), key), a_fingerprint())

    assert operations(calls) == ["PutItem"]


def test_creating_a_large_event_is_two_writes(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    with recorded(dynamodb) as calls:
        warm_store.add(TENANT, an_event(clock(), payload=LARGE), None)

    assert operations(calls) == ["PutItem", "PutItem"]


def test_creating_a_large_event_with_a_key_is_two_writes_and_a_look(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    with recorded(dynamodb) as calls:
        warm_store.add(TENANT, a_keyed_event(clock(), payload=LARGE), a_fingerprint())

    assert operations(calls) == ["GetItem", "PutItem", "PutItem"]


def test_repeating_a_large_event_writes_nothing(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    warm_store.add(TENANT, a_keyed_event(clock(), payload=LARGE), a_fingerprint())
    repeat = a_keyed_event(clock.advance(seconds=1), payload=LARGE)

    with recorded(dynamodb) as calls:
        warm_store.add(TENANT, repeat, a_fingerprint())

    assert operations(calls) == ["GetItem", "GetItem", "BatchGetItem"]


def test_the_tenants_row_is_read_once_a_minute_to_write(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    with recorded(dynamodb) as calls:
        for seconds in (0, 30, 29.9, 0.1):
            store_event(dynamodb_events, clock.advance(seconds=seconds))

    assert operations(calls) == ["GetItem", "PutItem", "PutItem", "PutItem", "GetItem", "PutItem"]


def test_acknowledging_is_one_write(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    event = store_event(warm_store, clock(), payload=LARGE)

    with recorded(dynamodb) as calls:
        warm_store.acknowledge(TENANT, event.id, clock())
        warm_store.acknowledge(TENANT, event.id, clock())

    assert operations(calls) == ["UpdateItem", "UpdateItem"]


def test_readers_are_warned_once_a_minute_of_acknowledgements(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    events = [store_event(dynamodb_events, clock()) for _ in range(4)]

    with recorded(dynamodb) as calls:
        for event, seconds in zip(events, (0, 30, 29.9, 0.2), strict=True):
            dynamodb_events.acknowledge(TENANT, event.id, clock.advance(seconds=seconds))

    warnings = [call["Key"] for _, call in calls if call["Key"]["sk"]["S"] == "tenant"]
    assert len(warnings) == 2
    assert len(calls) == 4 + 2


@pytest.mark.parametrize(
    ("payload", "expected"),
    [(b"{}", ["GetItem"]), (LARGE, ["GetItem", "BatchGetItem"])],
    ids=["small", "large"],
)
def test_reading_an_event_is_one_call_or_two_if_it_is_large(
    dynamodb: "DynamoDBClient",
    warm_store: DynamoEventStore,
    clock: FixedClock,
    payload: bytes,
    expected: list[str],
) -> None:
    event = store_event(warm_store, clock(), payload=payload)

    with recorded(dynamodb) as calls:
        warm_store.get(TENANT, event.id)

    assert operations(calls) == expected


def test_an_inbox_at_rest_is_read_from_the_index_alone(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    store_event(warm_store, clock())
    clock.at += 2 * INDEX_SETTLES_WITHIN

    with recorded(dynamodb) as calls:
        warm_store.list_events(TENANT, INBOX, limit=100, after=None)

    assert operations(calls) == ["GetItem", "Query", "Query"]


def test_an_inbox_in_use_is_checked_against_the_table(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    store_event(warm_store, clock())

    with recorded(dynamodb) as calls:
        warm_store.list_events(TENANT, INBOX, limit=100, after=None)

    assert operations(calls) == ["GetItem", "Query", "Query", "BatchGetItem"]


def test_an_unknown_id_that_no_event_can_have_costs_nothing(
    dynamodb: "DynamoDBClient", warm_store: DynamoEventStore, clock: FixedClock
) -> None:
    with recorded(dynamodb) as calls, pytest.raises(NotFoundError):
        warm_store.acknowledge(TENANT, "nonsense", clock())

    assert calls == []


def test_what_must_not_be_stale_is_read_consistently(
    dynamodb: "DynamoDBClient",
    warm_store: DynamoEventStore,
    dynamodb_api_keys: DynamoApiKeyStore,
    clock: FixedClock,
) -> None:
    event = store_event(warm_store, clock(), payload=LARGE)

    with recorded(dynamodb) as calls:
        warm_store.get(TENANT, event.id)
        warm_store.list_events(TENANT, INBOX, limit=10, after=None)
        dynamodb_api_keys.find("000000000000")

    for operation, params in calls:
        if operation == "GetItem":
            assert params["ConsistentRead"]
        if operation == "BatchGetItem":
            assert all(each["ConsistentRead"] for each in params["RequestItems"].values())
