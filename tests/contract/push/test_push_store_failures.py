"""What becomes of the errors of DynamoDB, KMS, SQS and the scheduler themselves."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import START, FixedClock
from tests.contract.push.calls import answers_lost
from tests.contract.push.conftest import Table, open_table
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.ports import DeliveryQuery
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.streaks import DynamoStreakStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")

EVENT = an_event(START)
TASK = a_task(EVENT, a_config())
PRISTINE, ONE = CircuitBreaker(), CircuitBreaker(failures=1)


def list_of(query: DeliveryQuery) -> Callable[[Table], object]:
    return lambda table: table.deliveries.list_deliveries(TENANT, query, limit=10, after=None)


VERBS: dict[str, tuple[str, Callable[[Table], object]]] = {
    "list subscriptions": ("Query", lambda t: t.configs.list_subscriptions(TENANT)),
    "list configs": ("Query", lambda t: t.configs.list_configs(TENANT)),
    "find a config": ("GetItem", lambda t: t.configs.find(TENANT, TASK.config_id)),
    "put a config": ("TransactWriteItems", lambda t: t.configs.put(a_config())),
    "delete a config": ("UpdateItem", lambda t: t.configs.delete(TENANT, TASK.config_id)),
    "disable a config": ("UpdateItem", lambda t: t.configs.disable(a_config(), "?")),
    "change a breaker": (
        "UpdateItem",
        lambda t: t.configs.change_breaker(TENANT, TASK.config_id, PRISTINE, ONE),
    ),
    "find a delivery": ("GetItem", lambda t: t.deliveries.find(TASK)),
    "get a delivery": ("GetItem", lambda t: t.deliveries.get(TENANT, TASK.delivery_id)),
    "record": ("PutItem", lambda t: t.deliveries.record(a_delivery(TASK), known_attempts=None)),
    "a round": ("Query", lambda t: t.deliveries.of_round(TENANT, EVENT.id, 0)),
    "list all": ("Query", list_of(DeliveryQuery())),
    "list a config's": ("Query", list_of(DeliveryQuery(config_id=TASK.config_id))),
    "list an event's": ("Query", list_of(DeliveryQuery(event_id=EVENT.id))),
    "add a failure": ("UpdateItem", lambda t: t.streaks.add_failure(TENANT, "amazon", EVENT)),
    "note an alert": ("UpdateItem", lambda t: t.streaks.note_alert(TENANT, "amazon", "?")),
    "reset": ("GetItem", lambda t: t.streaks.reset(TENANT, "amazon", START)),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_that_stays_busy_is_tried_twice_and_then_unavailable(
    table: Table, verb: str
) -> None:
    operation, call = VERBS[verb]

    with (
        answers_lost(
            table.client, operation, 9, status=400, code="ThrottlingException"
        ) as failures,
        pytest.raises(StoreUnavailableError),
    ):
        call(table)

    assert len(failures) == 2


@pytest.mark.parametrize("verb", VERBS)
def test_a_fault_of_ours_is_not_called_unavailable(
    dynamodb: "DynamoDBClient", box: KmsSecretBox, clock: FixedClock, verb: str
) -> None:
    name = "no-such-table"
    configs = DynamoConfigStore(dynamodb, name, box, clock)
    nowhere = Table(
        dynamodb,
        name,
        configs,
        DynamoDeliveryStore(dynamodb, name, configs, retention=clock() - clock()),
        DynamoStreakStore(dynamodb, name),
    )

    with pytest.raises(ClientError, match="ResourceNotFound"):
        VERBS[verb][1](nowhere)


@pytest.mark.parametrize("code", ["ThrottlingException", "KMSInternalException"])
def test_a_key_service_that_is_busy_makes_the_store_unavailable(
    dynamodb: "DynamoDBClient", kms: Any, key_id: str, clock: FixedClock, code: str
) -> None:
    table = open_table(dynamodb, KmsSecretBox(kms, key_id, clock), clock)

    busy = answers_lost(kms, "GenerateDataKey", 9, status=400, code=code)
    with busy, pytest.raises(StoreUnavailableError):
        table.configs.put(a_config())
    config = a_config()
    table.configs.put(config)
    busy = answers_lost(kms, "Decrypt", 9, status=400, code=code)
    with busy, pytest.raises(StoreUnavailableError):
        table.configs.find(TENANT, config.id)
