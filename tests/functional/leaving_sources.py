"""What a tenant's sources leave in the table of the notifications."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from tests.builders.sources import a_refused, a_source
from tests.marker import MARKER
from triggers_api.access.token_bucket import RateLimit
from triggers_api.push.ports import SecretBox
from triggers_api.sources.source import bucket_of
from triggers_api.store.sources import DynamoSourceStore
from triggers_api.store.token_buckets import DynamoTokenBuckets, beside_deliveries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMIT: Final = RateLimit(per_second=1, burst=100)


def leave_sources(
    client: "DynamoDBClient", tables: dict[str, str], box: SecretBox, tenant: str, at: datetime
) -> None:
    """A source that has refused something, and what came late to one that is deleted."""
    table = tables["NotificationsTable"]
    store = DynamoSourceStore(client, table, box)
    buckets = DynamoTokenBuckets(client, table, beside_deliveries)
    for is_deleted in (True, False):
        source, secrets = a_source(at, tenant=tenant, name=f"{MARKER} of {tenant}")
        store.put(source, secrets)
        if is_deleted:
            store.delete(tenant, source.id)
        store.keep_refused(tenant, source.id, 1, a_refused(at, message=MARKER))
        buckets.take(bucket_of(tenant, source.id), LIMIT, 1, at)
