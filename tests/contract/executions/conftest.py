"""The suite of executions runs on the fake and on DynamoDB, each over its own store of events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import DELIVERED_RETENTION, UNDELIVERED_RETENTION
from tests.clock import FixedClock
from tests.contract.conftest import ADAPTERS, OpenStore, create_table
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from triggers_api.events.ports import EventStore
from triggers_api.executions.ports import ExecutionStore
from triggers_api.settings import EventsSettings
from triggers_api.store.executions import DynamoExecutionStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OpenExecutions = Callable[["DynamoDBClient", str], DynamoExecutionStore]


@dataclass(frozen=True)
class Stores:
    """A store of events, and that of the executions among them."""

    events: EventStore
    executions: ExecutionStore


@pytest.fixture
def open_executions(clock: FixedClock) -> OpenExecutions:
    def opened(client: "DynamoDBClient", table: str) -> DynamoExecutionStore:
        settings = EventsSettings(
            table=table,
            undelivered_retention=UNDELIVERED_RETENTION,
            delivered_retention=DELIVERED_RETENTION,
        )
        return DynamoExecutionStore(client, settings, clock)

    return opened


@pytest.fixture
def fake_stores(fake_events: InMemoryEventStore, clock: FixedClock) -> Stores:
    return Stores(fake_events, InMemoryExecutionStore(fake_events, clock))


@pytest.fixture
def dynamodb_stores(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    open_executions: OpenExecutions,
) -> Stores:
    return Stores(open_store(dynamodb, events_table), open_executions(dynamodb, events_table))


@pytest.fixture
def emulated_stores(
    emulator: "DynamoDBClient", open_store: OpenStore, open_executions: OpenExecutions
) -> Stores:
    table = create_table(emulator, "EventsTable")
    return Stores(open_store(emulator, table), open_executions(emulator, table))


@pytest.fixture(params=ADAPTERS)
def stores(request: pytest.FixtureRequest) -> Stores:
    found: Stores = request.getfixturevalue(f"{request.param}_stores")
    return found


@pytest.fixture
def events(stores: Stores) -> EventStore:
    return stores.events


@pytest.fixture
def executions(stores: Stores) -> ExecutionStore:
    return stores.executions
