"""What stands behind the API in tests: fakes, wherever a test brings nothing of its own."""

from tests.fakes_push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from tests.fakes_rate import InMemoryTokenBuckets
from triggers_api.handlers.api import Dependencies
from triggers_api.ports import ApiKeyStore, EventStore


def dependencies(events: EventStore, api_keys: ApiKeyStore) -> Dependencies:
    """These stores, and nobody to push to."""
    return Dependencies(
        events=events,
        api_keys=api_keys,
        token_buckets=InMemoryTokenBuckets(),
        configs=InMemoryConfigStore(),
        deliveries=InMemoryDeliveryStore(),
        queue=InMemoryQueue(),
        channels={"webhook": ScriptedChannel()},
    )
