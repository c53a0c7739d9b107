"""Lease ledgers in DynamoDB: `<tenant>#leases`, an item for the ledger and one for each lease.

| item   | sk           | holds                                                     |
|--------|--------------|-----------------------------------------------------------|
| ledger   | `ledger`       | version, what is returned, scan position, times of the passes   |
| lease | the lease id | 16 bytes for each of its events, the ledger's version then  |

Both lie in the events table, but carry no key of the status index: no list shows them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from triggers_api.errors import StoreUnavailableError
from triggers_api.events.lifecycle import UNDELIVERED
from triggers_api.events.ports import EventPage, EventQuery, Position
from triggers_api.leases.ledger import Lease, Ledger
from triggers_api.leases.ports import Undelivered
from triggers_api.store import items, lease_items
from triggers_api.store.dynamodb import Item, failed_condition, store_errors
from triggers_api.store.event_items import EventItems, within_answer
from triggers_api.store.listing import StatusIndex
from triggers_api.store.tenants import TenantRows
from triggers_api.timestamps import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_QUERY = EventQuery(statuses=UNDELIVERED)
_RANGES = 20
_PASSED_OVER = 1000  # entries of what is held that are read at once: 1 MB, 125 read units
_LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_SLOW_DOWN = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class DynamoLeaseStore:
    """See `LeaseStore`."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        """Books live in the events table."""
        self._client = client
        self._table = table
        self._clock = clock
        self._tenants = TenantRows(client, table)
        self._items = EventItems(client, table, clock)

    def read_ledger(self, tenant: str) -> Ledger:
        """See `LeaseStore.read_ledger`."""
        item = self._find(tenant, lease_items.BOOK)
        return Ledger() if item is None else lease_items.to_ledger(item)

    def read_leases(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Lease]:
        """See `LeaseStore.read_leases`. A megabyte holds 2,000 leases of ten events or more."""
        last = until or lease_items.LAST
        if after >= last:  # by the clock of another process
            return []
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": lease_items.key(tenant, "")["pk"],
                ":first": {"S": lease_items.FIRST},
                ":last": {"S": last},
            },
            "ConsistentRead": True,
        }
        if after:
            request["ExclusiveStartKey"] = lease_items.key(tenant, after)
        if limit is not None:
            request["Limit"] = limit
        found: list[Item] = []
        with store_errors():
            while True:
                answer = self._client.query(**request)
                found += answer["Items"]
                if limit is not None or "LastEvaluatedKey" not in answer:
                    return [lease_items.to_lease(item) for item in found]
                request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def find_lease(self, tenant: str, lease_id: str) -> Lease | None:
        """See `LeaseStore.find_lease`."""
        item = self._find(tenant, lease_id)
        return None if item is None else lease_items.to_lease(item)

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        """See `LeaseStore.change`. A put, or one transaction, which costs twice."""
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": lease_items.of_ledger(tenant, ledger),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if ledger.version > 1:
            put["ConditionExpression"] = "version = :seen"
            put["ExpressionAttributeValues"] = {":seen": items.number(ledger.version - 1)}
        writes: list[Any] = [
            {"Put": put},
            *(
                {"Put": {"TableName": self._table, "Item": item}}
                for item in (lease_items.of_lease(tenant, each, ledger.version) for each in leases)
            ),
        ]
        with store_errors():
            try:
                if leases:
                    self._client.transact_write_items(TransactItems=writes)
                else:
                    self._client.put_item(**put)
            except ClientError as error:
                # Botocore repeats a call whose answer was lost. DynamoDB knows a repeated
                # transaction by its token for ten minutes; a put meets its own change.
                stored = _in_the_way(error)
                return stored is not None and stored["change_id"]["S"] == ledger.change_id
        return True

    def list_free(
        self,
        tenant: str,
        *,
        after: Position | None,
        held: AbstractSet[str],
        limit: int,
        share: int = 1,
    ) -> EventPage:
        """See `LeaseStore.list_free`. Of what is held, only the index is read."""
        with store_errors():
            row = self._tenants.read(tenant)
            is_checked = row.index_settles_at > self._clock()
            index = StatusIndex(self._client, self._table, tenant, row.shards, _QUERY)
            heads: list[Item] = []
            wanted = limit
            for _ in range(_RANGES):
                found = index.read_range(after, wanted)
                free = [item for item in found.items if self._is_free(item, held)]
                after = found.read_until
                if len(free) > limit - len(heads):
                    free = free[: limit - len(heads)]
                    after = items.position_in_index(free[-1])
                heads += self._items.current(tenant, free, UNDELIVERED) if is_checked else free
                if after is None or len(heads) >= limit:
                    break
                wanted = limit if free else _PASSED_OVER
            shown = within_answer(heads, share=share)
            if len(shown) < len(heads):
                after = items.position_in_index(shown[-1])
            return EventPage(self._items.complete(shown), after)

    def read_undelivered(
        self, tenant: str, event_ids: tuple[str, ...], *, limit: int, share: int = 1
    ) -> Undelivered:
        """See `LeaseStore.read_undelivered`. One read unit for each event, at least."""
        with store_errors():
            listed: list[Item] = [{"id": {"S": event_id}} for event_id in event_ids]
            current = self._items.current(tenant, listed, UNDELIVERED)
            heads = [head for head in current if self._is_free(head, frozenset())]
            heads.sort(key=items.position_in_index)
            shown = within_answer(heads[:limit], share=share)
            left = tuple(head["id"]["S"] for head in heads[len(shown) :])
            return Undelivered(self._items.complete(shown), left)

    def _find(self, tenant: str, sk: str) -> Item | None:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=lease_items.key(tenant, sk), ConsistentRead=True
            )
        return answer.get("Item")

    def _is_free(self, head: Item, held: AbstractSet[str]) -> bool:
        return head["id"]["S"] not in held and not items.has_expired(head, self._clock())


def _in_the_way(error: ClientError) -> Item | None:
    """The ledger that somebody changed first, if it is told; what else went wrong is raised on."""
    failed, stored = failed_condition(error)
    if failed or error.response["Error"]["Code"] == "TransactionConflictException":
        return stored
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code") for reason in reasons}
    if codes & _SLOW_DOWN:
        raise StoreUnavailableError("The store is busy. Try again in a moment.") from error
    if not codes & _LOST:
        raise error
    found: Item | None = reasons[0].get("Item")
    return found or None
