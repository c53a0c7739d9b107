"""What a call does that takes effect after its repetition, and after what followed that."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest

from tests.builders.events import TENANT, a_tenant
from tests.builders.push import a_config
from tests.builders.sources import a_source
from tests.builders.watch import PlainBox
from tests.clock import START, FixedClock
from tests.cloudformation import properties
from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.shortcut import ShortClient
from tests.simulation.cloud.tables import Table
from triggers_api.store.deletions import DynamoDeletionStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.sources import DynamoSourceStore
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore

NOTIFICATIONS, KEYS = "NotificationsTable", "KeysTable"


class Cloud:
    """A DynamoDB that remembers every call, so that each may take effect once more."""

    def __init__(self) -> None:
        self.tables = {
            name: Table.of(name, properties(name), START.timestamp, lambda: 0.0, 1)
            for name in (NOTIFICATIONS, KEYS)
        }
        self._service = DynamoDb(self.tables, START.timestamp)
        self._made: list[tuple[str, Any]] = []
        self.client: Any = ShortClient(
            "dynamodb", create_client(), lambda: self._carry, lambda _: None
        )

    def again(self, act: Callable[[], object]) -> Callable[[], None]:
        """Do this; what it gives makes the same calls take effect once more."""
        self._made.clear()
        act()
        made = list(self._made)

        def repeat() -> None:
            for operation, request in made:
                with suppress(AwsError):
                    self._service(operation, request)

        return repeat

    @property
    def items(self) -> list[Any]:
        """All that is stored."""
        return [item for table in self.tables.values() for item in table.all()]

    def _carry(self, _service: str, operation: str, request: Any, _patience: float) -> Any:
        self._made.append((operation, request))
        return self._service(operation, request)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def a_config_made_and_deleted(cloud: Cloud) -> Callable[[], None]:
    config = a_config()
    store = DynamoConfigStore(cloud.client, NOTIFICATIONS, PlainBox(), FixedClock())
    made = cloud.again(lambda: store.put(config))
    assert store.delete(TENANT, config.id)
    return made


def a_source_made_and_deleted(cloud: Cloud) -> Callable[[], None]:
    source, secrets = a_source()
    store = DynamoSourceStore(cloud.client, NOTIFICATIONS, PlainBox())
    made = cloud.again(lambda: store.put(source, secrets))
    assert store.delete(TENANT, source.id)
    return made


def a_tenant_made_and_deleted(cloud: Cloud) -> Callable[[], None]:
    store = DynamoTenantStore(cloud.client, KEYS)
    made = cloud.again(lambda: store.add(a_tenant(START)))
    DynamoDeletionStore(cloud.client, KEYS).end(TENANT)
    return made


MADE_AND_DELETED: Final = [
    a_config_made_and_deleted,
    a_source_made_and_deleted,
    a_tenant_made_and_deleted,
]


@pytest.mark.parametrize("made_and_deleted", MADE_AND_DELETED)
def test_what_was_deleted_does_not_come_back_by_the_call_that_made_it(
    cloud: Cloud, made_and_deleted: Callable[[Cloud], Callable[[], None]]
) -> None:
    """The call had been repeated, since its answer was late, and the repetition was answered."""
    takes_effect_late = made_and_deleted(cloud)
    left = cloud.items

    takes_effect_late()

    assert cloud.items == left
