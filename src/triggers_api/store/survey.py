"""What the monitor looks at, of all tenants: counted by the status index, never read whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from triggers_api.errors import StoreUnavailableError
from triggers_api.events.lifecycle import UNDELIVERED, EventStatus
from triggers_api.push.breaker import BreakerState
from triggers_api.store.config_items import to_breaker
from triggers_api.store.dynamodb import Item, store_errors
from triggers_api.store.items import number
from triggers_api.store.listing import STATUS_INDEX
from triggers_api.store.outcomes import DynamoOutcomeLedger
from triggers_api.store.status_changes import IS_VISIBLE
from triggers_api.store.tenants import TenantRows
from triggers_api.timestamps import Clock, from_text, to_text
from triggers_api.watch.ports import Inbox

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from triggers_api.settings import SurveySettings

# Behind events that have expired and were not swept yet, up to so many are looked at for the
# oldest that counts. More would have to be created in the very second that is expiring.
_BEHIND_EXPIRED: Final = 100


class DynamoSurvey:
    """See `Survey`."""

    def __init__(self, client: DynamoDBClient, settings: SurveySettings, clock: Clock) -> None:
        """Needs to query the index and the configs, to scan the keys, and rows of tenants."""
        self._client = client
        self._settings = settings
        self._clock = clock
        self._tenants = TenantRows(client, settings.events_table)
        self._outcomes = DynamoOutcomeLedger(client, settings.notifications_table)

    def tenants(self) -> frozenset[str]:
        """See `Survey.tenants`. Of the keys nothing else is asked for, least of all hashes."""
        request: dict[str, Any] = {
            "TableName": self._settings.keys_table,
            "FilterExpression": "attribute_exists(tenant)",  # token buckets have none
            "ProjectionExpression": "tenant",
        }
        found: set[str] = set()
        with store_errors():
            while True:
                answer = self._client.scan(**request)
                found |= {item["tenant"]["S"] for item in answer["Items"]}
                if "LastEvaluatedKey" not in answer:
                    return frozenset(found)
                request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        """See `Survey.inbox_of`. An empty inbox of one shard is a read and two queries."""
        depth = 0
        oldest: list[datetime] = []
        with store_errors():
            for shard in range(self._tenants.read(tenant).shards):
                for status in UNDELIVERED:
                    partition = self._partition(tenant, status, shard)
                    found = self._oldest(partition)
                    if found is None:
                        continue
                    oldest.append(found)
                    if depth < up_to:
                        depth += self._count(partition, up_to - depth)
        return Inbox(depth, min(oldest, default=None))

    def open_circuits_of(self, tenant: str, at: datetime) -> int:
        """See `Survey.open_circuits_of`. One query; a deleted config's row has its breaker yet."""
        request: dict[str, Any] = {
            "TableName": self._settings.notifications_table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{tenant}#configs"}},
            "ProjectionExpression": "breaker, deleted_at",
        }
        is_open = 0
        with store_errors():
            while True:
                answer = self._client.query(**request)
                is_open += sum(_is_open(row, at) for row in answer["Items"])
                if "LastEvaluatedKey" not in answer:
                    return is_open
                request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def failures_since(self, since: datetime) -> Mapping[str, int]:
        """See `Survey.failures_since`. One query, of half a unit while nothing fails."""
        return self._outcomes.failures_since(since)

    def pushing_since(self, since: datetime) -> int:
        """See `Survey.pushing_since`. One query of all that pushed within a day or two."""
        return self._outcomes.pushing_since(since)

    def _partition(self, tenant: str, status: EventStatus, shard: int) -> dict[str, Any]:
        """What asks for the live events of one partition of the index, oldest first."""
        return {
            "TableName": self._settings.events_table,
            "IndexName": STATUS_INDEX,
            "KeyConditionExpression": "#tenant = :tenant AND #status = :status AND #shard = :shard",
            "FilterExpression": IS_VISIBLE,
            "ExpressionAttributeNames": {
                "#tenant": "tenant",
                "#status": "status",
                "#shard": "shard",
            },
            "ExpressionAttributeValues": {
                ":tenant": {"S": tenant},
                ":status": {"S": status},
                ":shard": {"N": str(shard)},
                ":now": number(self._clock().timestamp()),
            },
        }

    def _oldest(self, partition: dict[str, Any]) -> datetime | None:
        """When the oldest live event of a partition was created.

        Usually that is the first entry. Where it has expired, thousands may follow that wait to
        be swept as well: so the search goes on where a retention ago begins.
        """
        first = partition | {"ProjectionExpression": "created_at", "Limit": 1}
        answer = self._client.query(**first)
        if answer["Items"] or "LastEvaluatedKey" not in answer:
            return _created_at(answer["Items"])
        since = self._clock() - self._settings.undelivered_retention
        behind = first | {
            "KeyConditionExpression": f"{partition['KeyConditionExpression']} AND"
            " created_at >= :since",
            "ExpressionAttributeValues": partition["ExpressionAttributeValues"]
            | {":since": {"S": to_text(since)}},
            "Limit": _BEHIND_EXPIRED,
        }
        answer = self._client.query(**behind)
        if not answer["Items"] and "LastEvaluatedKey" in answer:
            raise StoreUnavailableError("Too much has expired at once to tell what is oldest.")
        return _created_at(answer["Items"])

    def _count(self, partition: dict[str, Any], up_to: int) -> int:
        """Newest first, so that what has expired comes last; looks at `up_to` entries at most."""
        request = partition | {"Select": "COUNT", "ScanIndexForward": False, "Limit": up_to}
        counted = 0
        while True:
            answer = self._client.query(**request)
            counted += answer["Count"]
            request["Limit"] -= answer["ScannedCount"]
            if "LastEvaluatedKey" not in answer or request["Limit"] <= 0:
                return counted
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _created_at(items: list[Item]) -> datetime | None:
    return from_text(items[0]["created_at"]["S"]) if items else None


def _is_open(row: Item, at: datetime) -> bool:
    if "deleted_at" in row or "breaker" not in row:
        return False
    return to_breaker(row["breaker"]["S"]).state(at) is BreakerState.OPEN
