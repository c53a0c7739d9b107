"""The ports of watching, each on its fake and on the real adapter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import UNDELIVERED_RETENTION
from tests.builders.watch import STACK, PlainBox
from tests.clock import FixedClock
from tests.contract.conftest import OpenStore, create_table
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.watch import InMemoryHealthStore, InMemoryMetrics, InMemorySurvey
from triggers_api.aws import clients
from triggers_api.aws.metrics import CloudWatchMetrics
from triggers_api.events.ports import EventStore
from triggers_api.push.ports import ConfigStore, DeliveryStore
from triggers_api.settings import SurveySettings
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.outcomes import DynamoOutcomeLedger
from triggers_api.store.survey import DynamoSurvey
from triggers_api.watch.metrics import CHANNEL, DIMENSION, METRICS, Metric
from triggers_api.watch.ports import HealthStore, MetricSource, Survey
from triggers_api.watch.widespread import OutcomeLedger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAMESPACE = "TriggersAPI"


@dataclass
class Surveyed:
    """What all tenants have, and who looks at it."""

    survey: Survey
    events: EventStore
    configs: ConfigStore
    outcomes: OutcomeLedger
    deliveries: DeliveryStore


@dataclass
class Measured:
    """What was measured, and a way to measure."""

    source: MetricSource
    put: Callable[..., None]


@pytest.fixture
def dynamodb_surveyed(
    dynamodb: "DynamoDBClient", open_store: OpenStore, clock: FixedClock
) -> Surveyed:
    tables = {name: create_table(dynamodb, name) for name in ("EventsTable", "NotificationsTable")}
    settings = SurveySettings(
        events_table=tables["EventsTable"],
        notifications_table=tables["NotificationsTable"],
        undelivered_retention=UNDELIVERED_RETENTION,
    )
    notifications = settings.notifications_table
    configs = DynamoConfigStore(dynamodb, notifications, PlainBox(), clock)
    return Surveyed(
        DynamoSurvey(dynamodb, settings, clock),
        open_store(dynamodb, settings.events_table),
        configs,
        DynamoOutcomeLedger(dynamodb, notifications),
        DynamoDeliveryStore(dynamodb, notifications, configs, retention=timedelta(days=30)),
    )


@pytest.fixture(params=["fake", "dynamodb"])
def surveyed(request: pytest.FixtureRequest, clock: FixedClock) -> Surveyed:
    if request.param == "dynamodb":
        found: Surveyed = request.getfixturevalue("dynamodb_surveyed")
        return found
    events, configs = InMemoryEventStore(clock), InMemoryConfigStore()
    survey = InMemorySurvey(events, configs)
    return Surveyed(survey, events, configs, survey.outcomes, survey.deliveries)


@pytest.fixture(params=["fake", "dynamodb"])
def reports(request: pytest.FixtureRequest) -> HealthStore:
    if request.param == "fake":
        return InMemoryHealthStore()
    client = request.getfixturevalue("dynamodb")
    return DynamoHealthStore(client, create_table(client, "EventsTable"))


@pytest.fixture
def cloudwatch(dynamodb: "DynamoDBClient") -> Any:  # noqa: ARG001  # in its process
    return clients.create_client("cloudwatch")


@pytest.fixture(params=["fake", "cloudwatch"])
def measured(request: pytest.FixtureRequest) -> Measured:
    if request.param == "fake":
        fake = InMemoryMetrics()
        return Measured(fake, fake.put)
    client, stack = request.getfixturevalue("cloudwatch"), f"{STACK}-{request.node.name}"
    source = CloudWatchMetrics(client, namespace=NAMESPACE, stack=stack)

    def put(metric: Metric, at: datetime, *values: float, channel: str | None = None) -> None:
        put_datum(client, stack, metric, at, *values, channel=channel)

    return Measured(source, put)


def put_datum(
    client: Any,
    stack: str,
    metric: Metric,
    at: datetime,
    *values: float,
    channel: str | None = None,
) -> None:
    """What CloudWatch makes of a log line's metrics."""
    dimensions = {DIMENSION: stack} | ({CHANNEL: channel} if channel else {})
    datum = {
        "MetricName": metric.value,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": at,
        "Values": list(values),
        "Unit": METRICS[metric].unit.value,
    }
    client.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])
