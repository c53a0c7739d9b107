"""The ports of usage: each on its fake, on the real adapter, and on an emulator if named."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.contract.conftest import ADAPTERS, create_table
from tests.fakes.usage import InMemoryActiveTenants, InMemoryUsage
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.counters import DynamoCounterStore
from triggers_api.store.usage import DynamoUsageStore
from triggers_api.usage.ports import ActiveTenants, CounterStore, UsageStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Stores:
    """One kind of stores, of the same rows."""

    counters: CounterStore
    usage: UsageStore
    active: ActiveTenants


def on_dynamodb(client: "DynamoDBClient") -> Stores:
    table = create_table(client, "UsageTable")
    return Stores(
        DynamoCounterStore(client, table),
        DynamoUsageStore(client, table),
        DynamoActiveTenants(client, table),
    )


@pytest.fixture
def usage_table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "UsageTable")


@pytest.fixture(params=ADAPTERS)
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        fake = InMemoryUsage()
        return Stores(fake, fake, InMemoryActiveTenants())
    kinds = {"dynamodb": "dynamodb", "emulated": "emulator"}
    return on_dynamodb(request.getfixturevalue(kinds[request.param]))


@pytest.fixture
def counters(stores: Stores) -> CounterStore:
    return stores.counters


@pytest.fixture
def usage(stores: Stores) -> UsageStore:
    return stores.usage


@pytest.fixture
def active(stores: Stores) -> ActiveTenants:
    return stores.active
