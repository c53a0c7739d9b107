"""What the monitor looks at, of a tenant: counted by the status index, never read whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from triggers_api.cache import Cache
from triggers_api.events.lifecycle import UNDELIVERED
from triggers_api.push.breaker import BreakerState
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.store.config_items import to_breaker
from triggers_api.store.history import UNSUCCESSFUL_INDEX
from triggers_api.store.outcomes import DynamoOutcomeLedger
from triggers_api.store.range import query_of
from triggers_api.store.table import Item, Query, Table
from triggers_api.store.tenants import TenantRows
from triggers_api.store.waiting import live_events, oldest_of
from triggers_api.stored import readable
from triggers_api.timestamps import Clock
from triggers_api.watch.ports import Inbox

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from triggers_api.settings import SurveySettings


# Tenants rest later than that, so no event in a new shard is overlooked when one is forgotten.
_SHARDS_REMEMBERED_FOR: Final = timedelta(minutes=5)
_REMEMBERED_AT_MOST: Final = 10_000  # tenants; forgetting one costs a read


class DynamoSurvey:
    """See `Survey`."""

    def __init__(self, client: DynamoDBClient, settings: SurveySettings, clock: Clock) -> None:
        """Needs to query the index and the configs, and to read rows of tenants."""
        self._events = Table(client, settings.events_table)
        self._notifications = Table(client, settings.notifications_table)
        self._retention = settings.undelivered_retention
        self._clock = clock
        self._tenants = TenantRows(client, settings.events_table)
        self._shards: Cache[str, int] = Cache(
            _REMEMBERED_AT_MOST, kept_for=_SHARDS_REMEMBERED_FOR, clock=clock
        )
        self._outcomes = DynamoOutcomeLedger(client, settings.notifications_table)

    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        """See `Survey.inbox_of`. An empty inbox of one shard is two queries."""
        shards = self._shards.get_or_read(tenant, lambda: self._tenants.read(tenant).shards)
        depth = 0
        oldest: list[datetime] = []
        for shard in range(shards):
            for status in UNDELIVERED:
                partition = live_events(tenant, status, shard, self._clock())
                found = oldest_of(self._events, partition, self._clock() - self._retention)
                if found is None:
                    continue
                oldest.append(found)
                if depth < up_to:  # newest first, so that what has expired comes last
                    newest_first = replace(partition, descending=True)
                    depth += self._events.count(newest_first, up_to=up_to - depth)
        return Inbox(depth, min(oldest, default=None))

    def open_circuits_of(self, tenant: str, at: datetime) -> int:
        """See `Survey.open_circuits_of`. One query; a deleted config's row has its breaker yet."""
        query = Query(
            "pk = :pk",
            {":pk": {"S": f"{tenant}#configs"}},
            fields="breaker, deleted_at",
            consistent=False,
        )
        rows = self._notifications.items(query)
        return sum(readable(rows, lambda row: _is_open(row, at), "config"))

    def is_delivering(self, tenant: str) -> bool:
        """See `Survey.is_delivering`. One query of half a unit."""
        shared: Item = {"tenant": {"S": tenant}, "unsuccessful": {"S": DeliveryStatus.RETRYING}}
        query = replace(query_of(UNSUCCESSFUL_INDEX, shared), fields="id")
        return bool(self._notifications.page(query, limit=1).items)

    def failures_since(self, since: datetime) -> Mapping[str, int]:
        """See `Survey.failures_since`. One query, of half a unit while nothing fails."""
        return self._outcomes.failures_since(since)

    def pushing_since(self, since: datetime) -> int:
        """See `Survey.pushing_since`. One query of all that pushed within a day or two."""
        return self._outcomes.pushing_since(since)

    def is_sole_to_push(self, tenant: str, since: datetime) -> bool:
        """See `Survey.is_sole_to_push`. One query that ends at the first other tenant."""
        return self._outcomes.is_sole_to_push(tenant, since)


def _is_open(row: Item, at: datetime) -> bool:
    if "deleted_at" in row or "breaker" not in row:
        return False
    return to_breaker(row["breaker"]["S"]).state(at) is BreakerState.OPEN
