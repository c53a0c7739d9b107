"""Active tenants in DynamoDB: one partition of the usage table, a small item a tenant.

| pk        | sk       | holds       |
|-----------|----------|-------------|
| `#active` | tenant   | `active_at` |

No tenant has such a name. A tenant is noted once in minutes and function, so that thousands of
active ones write the partition a few times a second; to list a thousand reads 60 KB.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.stored import readable
from triggers_api.timestamps import from_text, to_text
from triggers_api.usage.ports import ActiveTenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ACTIVE: Final = "#active"


class DynamoActiveTenants:
    """See `ActiveTenants`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table of usage."""
        self._table = Table(client, table)

    def note_active(self, tenant: str, at: datetime) -> None:
        """See `ActiveTenants.note_active`. One conditional write."""
        with suppress(RefusedError):  # somebody noted a later time
            self._table.put(
                key_of(tenant) | {"active_at": {"S": to_text(at)}},
                "attribute_not_exists(pk) OR active_at < :at",
                {":at": {"S": to_text(at)}},
            )

    def list_active(self) -> tuple[ActiveTenant, ...]:
        """See `ActiveTenants.list_active`. One query, consistent: what is noted is looked at."""
        query = Query("pk = :pk", {":pk": {"S": _ACTIVE}}, consistent=True)
        return tuple(readable(self._table.items(query), _to_active, "active tenant"))

    def forget_active(self, tenant: str, seen_at: datetime) -> bool:
        """See `ActiveTenants.forget_active`. One conditional delete."""
        try:
            self._table.delete(
                key_of(tenant), "active_at = :seen", {":seen": {"S": to_text(seen_at)}}
            )
        except RefusedError:
            return False
        return True


def _to_active(item: Item) -> ActiveTenant:
    return ActiveTenant(item["sk"]["S"], from_text(item["active_at"]["S"]))


def key_of(tenant: str) -> Item:
    """The primary key of a tenant's item."""
    return {"pk": {"S": _ACTIVE}, "sk": {"S": tenant}}
