"""What stands behind the API in tests: fakes, wherever a test brings nothing of its own."""

from tests.fakes_push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from tests.fakes_watch import InMemoryHealthStore, InMemoryMetrics
from triggers_api.handlers.api import Dependencies
from triggers_api.ports import ApiKeyStore, EventStore
from triggers_api.watch.ports import HealthStore, MetricSource


def dependencies(
    events: EventStore,
    api_keys: ApiKeyStore,
    reports: HealthStore | None = None,
    metrics: MetricSource | None = None,
) -> Dependencies:
    """These stores, and nobody to push to."""
    return Dependencies(
        events=events,
        api_keys=api_keys,
        configs=InMemoryConfigStore(),
        deliveries=InMemoryDeliveryStore(),
        queue=InMemoryQueue(),
        channels={"webhook": ScriptedChannel()},
        reports=reports or InMemoryHealthStore(),
        metrics=metrics or InMemoryMetrics(),
    )
