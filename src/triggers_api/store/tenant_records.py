"""The records of tenants in DynamoDB: one small item a tenant, beside the API keys.

| key_id            | directory               | holds                                         |
|-------------------|-------------------------|-----------------------------------------------|
| `tenant#<tenant>` | `tenants` or `deleting` | name, state, `limit_…` for each of its limits |

No API key has such an id. `DirectoryIndex` keeps the names in order, those that are being deleted
apart from the others, and nothing else: a change of limits or of state does not write it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from triggers_api.access.tenants import Overrides, Tenant, TenantPage, TenantState
from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.stored import readable, word
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DIRECTORY_INDEX: Final = "DirectoryIndex"
_KEY: Final = "tenant#"
_LIMIT: Final = "limit_"
_TENANTS: Final = "tenants"
_DELETING: Final = "deleting"


class DynamoTenantStore:
    """A `TenantStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table is that of the API keys."""
        self._table = Table(client, table)

    def find(self, tenant: str) -> Tenant | None:
        """See `TenantStore.find`."""
        item = self._table.find(record_key(tenant), consistent=True)
        return None if item is None else _to_tenant(item)

    def add(self, tenant: Tenant) -> bool:
        """See `TenantStore.add`. A transaction of one write."""
        item = _to_item(tenant)
        try:
            self._table.put_once(item, "attribute_not_exists(key_id)")
        except RefusedError as refused:
            return refused.item == item  # our own write, its answer lost, sent again
        return True

    def change(
        self,
        tenant: str,
        *,
        name: str | None = None,
        own_limits: Overrides | None = None,
        back_to_default: Collection[str] = (),
        state: TenantState | None = None,
        suspended_at: datetime | None = None,
    ) -> Tenant | None:
        """See `TenantStore.change`. One conditional write."""
        new: Item = {} if name is None else {"name": {"S": name}}
        new |= _limits(own_limits or {}) | ({} if state is None else _standing(state))
        new |= _suspended(suspended_at)
        if not new and not back_to_default:
            found = self.find(tenant)
            return None if found is None or found.state is TenantState.DELETING else found
        values: Item = {f":{each}": value for each, value in new.items()}
        try:
            changed = self._table.update(
                record_key(tenant),
                _change(new, back_to_default),
                values | {":gone": {"S": _DELETING}},
                when="attribute_exists(key_id) AND directory <> :gone",
                returning="ALL_NEW",
            )
        except RefusedError:
            return None
        return _to_tenant(changed)

    def list_tenants(self, prefix: str, *, limit: int, after: str | None) -> TenantPage:
        """See `TenantStore.list_tenants`: two queries of small keys, then the records."""
        both = (self._names(each, prefix, after, limit + 1) for each in (_TENANTS, _DELETING))
        # A tenant on its way from one directory to the other may be in both for a moment.
        names = list(dict.fromkeys(heapq.merge(*both)))
        shown = names[:limit]
        items = self._table.find_all([record_key(each) for each in shown])
        records = readable(items, _to_tenant, "tenant")
        return TenantPage(
            tuple(sorted(records, key=lambda each: each.tenant)),
            shown[-1] if len(names) > limit else None,
        )

    def list_deleting(self, *, limit: int) -> tuple[str, ...]:
        """See `TenantStore.list_deleting`."""
        return tuple(self._names(_DELETING, "", None, limit))

    def _names(self, directory: str, prefix: str, after: str | None, limit: int) -> Iterator[str]:
        query = Query(
            "directory = :directory AND begins_with(key_id, :beginning)",
            {":directory": {"S": directory}, ":beginning": {"S": _KEY + prefix}},
            consistent=False,
            index=DIRECTORY_INDEX,
        )
        start = None if after is None else record_key(after) | {"directory": {"S": directory}}
        for item in self._table.items(query, after=start, limit=limit):
            yield _name_of(item)


def record_key(tenant: str) -> Item:
    """Where a tenant's record stands in the table of keys."""
    return {"key_id": {"S": _KEY + tenant}}


def _name_of(item: Item) -> str:
    key: str = item["key_id"]["S"]
    return key.removeprefix(_KEY)


def _change(new: Item, back_to_default: Collection[str]) -> str:
    setting = ", ".join(f"#{each} = :{each}" for each in new)
    removal = ", ".join(f"#{_LIMIT}{each}" for each in back_to_default)
    clauses = (("SET", setting), ("REMOVE", removal))
    return " ".join(f"{verb} {what}" for verb, what in clauses if what)


def _standing(state: TenantState) -> Item:
    directory = _DELETING if state is TenantState.DELETING else _TENANTS
    return {"state": {"S": state}, "directory": {"S": directory}}


def _suspended(at: datetime | None) -> Item:
    return {} if at is None else {"suspended_at": {"S": to_text(at)}}


def _limits(own: Overrides) -> Item:
    return {
        _LIMIT + name: {"NULL": True} if value is None else {"N": str(value)}
        for name, value in own.items()
    }


def _to_item(tenant: Tenant) -> Item:
    said = {"name": {"S": tenant.name}, "created_at": {"S": to_text(tenant.created_at)}}
    return (
        record_key(tenant.tenant)
        | _standing(tenant.state)
        | _limits(tenant.own_limits)
        | said
        | _suspended(tenant.suspended_at)
    )


def _to_tenant(item: Item) -> Tenant:
    tenant = _name_of(item)
    known = Tenant.without_record(tenant)
    return Tenant(
        tenant=tenant,
        name=item["name"]["S"] if "name" in item else known.name,
        created_at=from_text(item["created_at"]["S"]) if "created_at" in item else known.created_at,
        own_limits={
            name.removeprefix(_LIMIT): int(value["N"]) if "N" in value else None
            for name, value in item.items()
            if name.startswith(_LIMIT)
        },
        state=word(TenantState, item["state"]["S"]) if "state" in item else known.state,
        suspended_at=from_text(item["suspended_at"]["S"]) if "suspended_at" in item else None,
    )
