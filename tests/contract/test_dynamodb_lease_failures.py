"""Leases on DynamoDB, when it refuses, is busy, or does not answer."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import TENANT, ids, store_event
from tests.clock import FixedClock
from tests.contract.clients import failing, hooked, recorded
from tests.fakes.leases import leasing_on
from triggers_api.errors import StoreUnavailableError, TooManyAtOnceError
from triggers_api.leases.lease import WAITS, Leased, LeaseEvents
from triggers_api.leases.ledger import Ledger
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.leases import DynamoLeaseStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def lease(dynamodb_leases: DynamoLeaseStore, clock: FixedClock) -> LeaseEvents:
    return leasing_on(dynamodb_leases, clock)


def take(lease: LeaseEvents, limit: int = 10, seconds: int = 60) -> Leased:
    return lease.lease(TENANT, limit=limit, duration=timedelta(seconds=seconds))


def taken(lease: LeaseEvents, limit: int = 10) -> list[str]:
    return ids(list(take(lease, limit).events))


def refusing(reasons: list[dict[str, Any]]) -> Any:
    """Answers a transaction as DynamoDB does that did not take place."""
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        "CancellationReasons": reasons,
    }

    def refuse(**_: object) -> None:
        raise ClientError(answer, "TransactWriteItems")

    return refuse


@pytest.mark.parametrize("code", ["TransactionConflict", "ConditionalCheckFailed"])
def test_who_always_loses_is_told_to_come_again(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    code: str,
) -> None:
    event = store_event(dynamodb_events, clock())
    refused = refusing([{"Code": code}, {"Code": "None"}])
    event_name = "provide-client-params.dynamodb.TransactWriteItems"

    with (
        recorded(dynamodb) as calls,
        hooked(dynamodb, event_name, refused),
        pytest.raises(TooManyAtOnceError) as raised,
    ):
        take(lease)

    assert raised.value.retry_after_seconds == 1
    tries = [name for name, _ in calls if name == "Query"]
    assert len(tries) == 3 * (len(WAITS) + 1)
    assert taken(lease) == [event.id]


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_throttled_transaction_is_a_busy_store(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    code: str,
) -> None:
    store_event(dynamodb_events, clock())
    refused = refusing([{"Code": "None"}, {"Code": code}])
    event_name = "provide-client-params.dynamodb.TransactWriteItems"

    with hooked(dynamodb, event_name, refused), pytest.raises(StoreUnavailableError):
        take(lease)


@pytest.mark.parametrize("reasons", [[{"Code": "ValidationError"}], []])
def test_a_transaction_that_is_wrong_in_itself_is_not_hidden(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    reasons: list[dict[str, Any]],
) -> None:
    store_event(dynamodb_events, clock())
    event_name = "provide-client-params.dynamodb.TransactWriteItems"

    with hooked(dynamodb, event_name, refusing(reasons)), pytest.raises(ClientError):
        take(lease)


def test_a_put_that_meets_a_transaction_has_lost(
    dynamodb: "DynamoDBClient", dynamodb_leases: DynamoLeaseStore
) -> None:
    with failing(dynamodb, "PutItem", 400, "TransactionConflictException"):
        assert not dynamodb_leases.change(TENANT, Ledger(version=1, change_id="a"), ())


@pytest.mark.parametrize("operation", ["GetItem", "Query", "TransactWriteItems"])
def test_a_store_that_does_not_answer_is_unavailable(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    operation: str,
) -> None:
    store_event(dynamodb_events, clock())

    with (
        failing(dynamodb, operation, 500, "InternalServerError"),
        pytest.raises(StoreUnavailableError),
    ):
        take(lease)
