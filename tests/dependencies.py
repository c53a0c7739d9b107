"""What stands behind the API in tests: fakes, wherever a test brings nothing of its own."""

from tests.fakes import InMemoryEventStore
from tests.fakes_executions import InMemoryExecutionStore
from tests.fakes_leases import InMemoryLeaseStore
from tests.fakes_push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from tests.fakes_rate import InMemoryTokenBuckets
from tests.fakes_watch import InMemoryHealthStore, InMemoryMetrics
from triggers_api.handlers.api import Dependencies
from triggers_api.lease_book import LeaseStore
from triggers_api.ports import ApiKeyStore, EventStore, ExecutionStore
from triggers_api.timestamps import now
from triggers_api.watch.ports import HealthStore, MetricSource


def dependencies(
    events: EventStore,
    api_keys: ApiKeyStore,
    executions: ExecutionStore | None = None,
    leases: LeaseStore | None = None,
    reports: HealthStore | None = None,
    metrics: MetricSource | None = None,
) -> Dependencies:
    """These stores, and nobody to push to; what is not given works on a fake's events."""
    known = events if isinstance(events, InMemoryEventStore) else InMemoryEventStore(now)
    return Dependencies(
        events=events,
        executions=executions or InMemoryExecutionStore(known, known.clock),
        leases=leases or InMemoryLeaseStore(known),
        api_keys=api_keys,
        token_buckets=InMemoryTokenBuckets(),
        configs=InMemoryConfigStore(),
        deliveries=InMemoryDeliveryStore(),
        queue=InMemoryQueue(),
        channels={"webhook": ScriptedChannel()},
        reports=reports or InMemoryHealthStore(),
        metrics=metrics or InMemoryMetrics(),
    )
