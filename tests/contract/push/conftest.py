"""The ports of pushing: each on its fake, on the real adapter, and on an emulator if named.

Secrets are sealed with a KMS that never leaves the process, whichever DynamoDB it is.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import FixedClock
from tests.contract.conftest import create_table
from tests.contract.push.calls import recorded
from tests.contract.push.queues import Watched, WatchedFake, WatchedSqs
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore, InMemoryQueue
from tests.fakes.streaks import InMemoryStreakStore
from triggers_api.aws import clients
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.aws.task_queue import SqsDeliveryQueue
from triggers_api.push.ports import ConfigStore, DeliveryStore, StreakStore
from triggers_api.settings import QueueSettings
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.streaks import DynamoStreakStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETENTION = timedelta(days=30)
_ENDPOINT = "TRIGGERS_CONTRACT_ENDPOINT"
_ADAPTERS = ["fake", "dynamodb", *(["emulator"] if _ENDPOINT in os.environ else [])]


@dataclass
class Table:
    """The notifications table, and the real stores on it."""

    client: "DynamoDBClient"
    name: str
    configs: DynamoConfigStore
    deliveries: DynamoDeliveryStore
    streaks: DynamoStreakStore

    def items(self) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.name)
        return [item for page in pages for item in page["Items"]]


@dataclass
class Stores:
    """One kind of stores."""

    configs: ConfigStore
    deliveries: DeliveryStore
    streaks: StreakStore


@pytest.fixture(scope="module")
def kms(dynamodb: "DynamoDBClient") -> Any:  # noqa: ARG001  # in its process
    return clients.create_client("kms")


@pytest.fixture(scope="module")
def key_id(kms: Any) -> str:
    created: str = kms.create_key()["KeyMetadata"]["KeyId"]
    return created


@pytest.fixture
def box(kms: Any, key_id: str, clock: FixedClock) -> KmsSecretBox:
    return KmsSecretBox(kms, key_id, clock)


@pytest.fixture
def table(dynamodb: "DynamoDBClient", box: KmsSecretBox, clock: FixedClock) -> Table:
    return open_table(dynamodb, box, clock)


@pytest.fixture(params=_ADAPTERS)
def stores(request: pytest.FixtureRequest, clock: FixedClock) -> Stores:
    """All of one kind: the deliveries of deleted configs are known by the configs' store."""
    if request.param == "fake":
        return Stores(InMemoryConfigStore(clock), InMemoryDeliveryStore(), InMemoryStreakStore())
    sealing = request.getfixturevalue("box")
    table = open_table(request.getfixturevalue(request.param), sealing, clock)
    return Stores(table.configs, table.deliveries, table.streaks)


@pytest.fixture
def configs(stores: Stores) -> ConfigStore:
    return stores.configs


@pytest.fixture
def deliveries(stores: Stores) -> DeliveryStore:
    return stores.deliveries


@pytest.fixture
def streaks(stores: Stores) -> StreakStore:
    return stores.streaks


def open_table(client: "DynamoDBClient", box: KmsSecretBox, clock: FixedClock) -> Table:
    name = create_table(client, "NotificationsTable")
    configs = DynamoConfigStore(client, name, box, clock)
    return Table(
        client,
        name,
        configs,
        DynamoDeliveryStore(client, name, configs, retention=RETENTION, clock=clock),
        DynamoStreakStore(client, name),
    )


@pytest.fixture(scope="module")
def sqs(dynamodb: "DynamoDBClient") -> Any:  # noqa: ARG001  # in its process
    return clients.create_client("sqs")


@pytest.fixture(scope="module")
def scheduler(dynamodb: "DynamoDBClient") -> Any:  # noqa: ARG001  # in its process
    return clients.create_client("scheduler")


@pytest.fixture
def watched_sqs(sqs: Any, scheduler: Any, clock: FixedClock) -> Iterator[WatchedSqs]:
    name = uuid.uuid4().hex
    urls = [sqs.create_queue(QueueName=f"{name}-{each}")["QueueUrl"] for each in ("go", "dead")]
    arns = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        for url in urls
    ]
    scheduler.create_schedule_group(Name=name)
    settings = QueueSettings(
        queue_url=urls[0],
        queue_arn=arns[0],
        dead_letter_queue_url=urls[1],
        dead_letter_queue_arn=arns[1],
        scheduler_group=name,
        scheduler_role_arn="arn:aws:iam::123456789012:role/scheduler",
    )
    queue = SqsDeliveryQueue(sqs, scheduler, settings, clock)
    with recorded(sqs, scheduler) as calls:
        yield WatchedSqs(queue, settings, sqs, scheduler, clock, calls)


@pytest.fixture(params=["fake", "sqs"])
def watched(request: pytest.FixtureRequest) -> Watched:
    if request.param == "fake":
        return WatchedFake(InMemoryQueue())
    found: WatchedSqs = request.getfixturevalue("watched_sqs")
    return found
