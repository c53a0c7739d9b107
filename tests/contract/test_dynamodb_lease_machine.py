"""The state machine of leasing, on DynamoDB: what the verb relies on, the real adapter keeps."""

from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.builders.events import DELIVERED_RETENTION, UNDELIVERED_RETENTION
from tests.contract.conftest import create_table
from tests.unit.leases.lease_world import World
from tests.unit.leases.leasing import LeaseMachine
from triggers_api.settings import EventsSettings
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.leases import DynamoLeaseStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Ledger(DynamoLeaseStore):
    """The adapter; its index hides nothing, as moto's never lags."""

    hidden: set[str]


def machine_on(client: "DynamoDBClient") -> type[LeaseMachine]:
    class OnDynamoDB(LeaseMachine):
        @staticmethod
        def new_world() -> World:
            world = World()
            table = create_table(client, "EventsTable")
            settings = EventsSettings(
                table=table,
                undelivered_retention=UNDELIVERED_RETENTION,
                delivered_retention=DELIVERED_RETENTION,
            )
            events: Any = DynamoEventStore(client, settings, world.clock)
            store: Any = Ledger(client, table, world.clock)
            store.hidden = set()
            world.events, world.store = events, store
            return world

    return OnDynamoDB


def test_no_event_is_held_twice_or_forgotten_on_dynamodb_either(
    dynamodb: "DynamoDBClient",
) -> None:
    chosen = settings(max_examples=10, stateful_step_count=25)

    run_state_machine_as_test(machine_on(dynamodb), settings=chosen)
