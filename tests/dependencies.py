"""What stands behind the API in tests: fakes, wherever a test brings nothing of its own."""

from tests.fakes import InMemoryEventStore
from tests.fakes_leases import InMemoryLeaseStore
from tests.fakes_push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from triggers_api.handlers.api import Dependencies
from triggers_api.lease_book import LeaseStore
from triggers_api.ports import ApiKeyStore, EventStore
from triggers_api.timestamps import now


def dependencies(
    events: EventStore, api_keys: ApiKeyStore, leases: LeaseStore | None = None
) -> Dependencies:
    """These stores, and nobody to push to; leases of what a fake store holds."""
    if leases is None:
        known = events if isinstance(events, InMemoryEventStore) else InMemoryEventStore(now)
        leases = InMemoryLeaseStore(known)
    return Dependencies(
        events=events,
        leases=leases,
        api_keys=api_keys,
        configs=InMemoryConfigStore(),
        deliveries=InMemoryDeliveryStore(),
        queue=InMemoryQueue(),
        channels={"webhook": ScriptedChannel()},
    )
