"""Each port's suite runs on its fake, on the real adapter, and on an emulator if one is named.

`TRIGGERS_CONTRACT_ENDPOINT=http://localhost:8000 pytest tests/contract` names one.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import DELIVERED_RETENTION, UNDELIVERED_RETENTION
from tests.clock import FixedClock
from tests.cloudformation import table_definition
from tests.fakes.events import InMemoryApiKeyStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.quick_moto import mock_aws
from tests.strict_dynamodb import be_strict
from triggers_api.access.ports import TenantStore, TokenBuckets
from triggers_api.events.ports import EventStore
from triggers_api.settings import EventsSettings
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.leases import DynamoLeaseStore
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.store.token_buckets import DynamoTokenBuckets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ENDPOINT = "TRIGGERS_CONTRACT_ENDPOINT"
ADAPTERS = ["fake", "dynamodb", *(["emulated"] if _ENDPOINT in os.environ else [])]

OpenStore = Callable[["DynamoDBClient", str], DynamoEventStore]


@pytest.fixture(scope="module")
def dynamodb() -> Iterator["DynamoDBClient"]:
    """A client whose calls never leave the process."""
    with mock_aws():
        yield be_strict(create_client())


@pytest.fixture(scope="module")
def emulator() -> "DynamoDBClient":
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", os.environ[_ENDPOINT])
        return create_client()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the attempts of a call, botocore sleeps for up to seconds."""
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def events_table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "EventsTable")


@pytest.fixture
def open_store(clock: FixedClock) -> OpenStore:
    """Opens the event store as another process would: with nothing remembered."""

    def opened(client: "DynamoDBClient", table: str) -> DynamoEventStore:
        settings = EventsSettings(
            table=table,
            undelivered_retention=UNDELIVERED_RETENTION,
            delivered_retention=DELIVERED_RETENTION,
        )
        return DynamoEventStore(client, settings, clock)

    return opened


@pytest.fixture
def dynamodb_events(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore
) -> DynamoEventStore:
    return open_store(dynamodb, events_table)


@pytest.fixture
def dynamodb_leases(
    dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock
) -> DynamoLeaseStore:
    return DynamoLeaseStore(dynamodb, events_table, clock)


@pytest.fixture
def emulated_events(emulator: "DynamoDBClient", open_store: OpenStore) -> DynamoEventStore:
    return open_store(emulator, create_table(emulator, "EventsTable"))


@pytest.fixture
def dynamodb_api_keys(dynamodb: "DynamoDBClient") -> DynamoApiKeyStore:
    return DynamoApiKeyStore(dynamodb, create_table(dynamodb, "KeysTable"))


@pytest.fixture
def emulated_api_keys(emulator: "DynamoDBClient") -> DynamoApiKeyStore:
    return DynamoApiKeyStore(emulator, create_table(emulator, "KeysTable"))


@pytest.fixture
def dynamodb_tenants(dynamodb: "DynamoDBClient") -> DynamoTenantStore:
    return DynamoTenantStore(dynamodb, create_table(dynamodb, "KeysTable"))


@pytest.fixture
def emulated_tenants(emulator: "DynamoDBClient") -> DynamoTenantStore:
    return DynamoTenantStore(emulator, create_table(emulator, "KeysTable"))


@pytest.fixture(params=ADAPTERS)
def tenants(request: pytest.FixtureRequest) -> TenantStore:
    found: TenantStore = request.getfixturevalue(f"{request.param}_tenants")
    return found


@pytest.fixture
def fake_token_buckets() -> InMemoryTokenBuckets:
    return InMemoryTokenBuckets()


@pytest.fixture
def dynamodb_token_buckets(dynamodb: "DynamoDBClient") -> DynamoTokenBuckets:
    return DynamoTokenBuckets(dynamodb, create_table(dynamodb, "KeysTable"))


@pytest.fixture
def emulated_token_buckets(emulator: "DynamoDBClient") -> DynamoTokenBuckets:
    return DynamoTokenBuckets(emulator, create_table(emulator, "KeysTable"))


@pytest.fixture(params=ADAPTERS)
def token_buckets(request: pytest.FixtureRequest) -> TokenBuckets:
    found: TokenBuckets = request.getfixturevalue(f"{request.param}_token_buckets")
    return found


@pytest.fixture(params=ADAPTERS)
def store(request: pytest.FixtureRequest) -> EventStore:
    found: EventStore = request.getfixturevalue(f"{request.param}_events")
    return found


@pytest.fixture(params=ADAPTERS)
def api_keys(request: pytest.FixtureRequest) -> InMemoryApiKeyStore | DynamoApiKeyStore:
    found: InMemoryApiKeyStore | DynamoApiKeyStore = request.getfixturevalue(
        f"{request.param}_api_keys"
    )
    return found


def create_table(client: "DynamoDBClient", logical_id: str) -> str:
    """The table as the template has it, under a name of its own."""
    name = f"{logical_id}-{uuid.uuid4()}"
    client.create_table(**table_definition(logical_id, name))
    client.get_waiter("table_exists").wait(TableName=name)
    return name
