"""What stands behind the API in tests: fakes, wherever a test brings nothing of its own."""

from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.leases import InMemoryLeaseStore
from tests.fakes.push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
)
from tests.fakes.rate import InMemoryDayCounts, InMemoryTokenBuckets
from tests.fakes.sightings import InMemorySightings
from tests.fakes.sources import InMemorySourceStore
from tests.fakes.tenants import InMemoryDeletionStore, InMemoryTenantStore
from tests.fakes.usage import InMemoryUsage
from tests.fakes.watch import InMemoryHealthStore, InMemoryMetrics
from triggers_api.access.ports import ApiKeyStore, TenantStore
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.events.ports import EventStore
from triggers_api.executions.ports import ExecutionStore
from triggers_api.handlers.api import Dependencies
from triggers_api.leases.ports import LeaseStore
from triggers_api.providers import all_providers
from triggers_api.timestamps import now
from triggers_api.usage.ports import UsageStore
from triggers_api.watch.ports import HealthStore, MetricSource

NO_NETWORK = GuardedHttp(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"])


def dependencies(
    events: EventStore,
    api_keys: ApiKeyStore,
    executions: ExecutionStore | None = None,
    leases: LeaseStore | None = None,
    reports: HealthStore | None = None,
    metrics: MetricSource | None = None,
    tenants: TenantStore | None = None,
    usage: UsageStore | None = None,
    sightings: InMemorySightings | None = None,
) -> Dependencies:
    """These stores, and nobody to push to; what is not given works on a fake's events."""
    known = events if isinstance(events, InMemoryEventStore) else InMemoryEventStore(now)
    seen = sightings or InMemorySightings()
    return Dependencies(
        events=events,
        executions=executions or InMemoryExecutionStore(known, known.clock),
        leases=leases or InMemoryLeaseStore(known),
        api_keys=api_keys,
        tenants=tenants or InMemoryTenantStore(),
        deletions=InMemoryDeletionStore(),
        token_buckets=InMemoryTokenBuckets(),
        day_counts=InMemoryDayCounts(),
        configs=InMemoryConfigStore(),
        deliveries=InMemoryDeliveryStore(),
        queue=InMemoryQueue(),
        channels=all_channels(NO_NETWORK, allow_private=False),
        sources=InMemorySourceStore(),
        providers=all_providers(),
        source_buckets=InMemoryTokenBuckets(),
        usage=usage or InMemoryUsage(),
        event_types=seen,
        seen_executions=seen,
        reports=reports or InMemoryHealthStore(),
        metrics=metrics or InMemoryMetrics(),
    )
