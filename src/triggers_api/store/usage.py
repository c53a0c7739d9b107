"""Reads the rows of days of the usage table.

`DayIndex` has the keys of all rows of a day in the order of tenants, and nothing else: it is
written once in a row's life, not once a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from triggers_api.store.counters import amounts_of
from triggers_api.store.table import Item, Query, Table
from triggers_api.stored import readable
from triggers_api.usage.counters import Amounts, Row
from triggers_api.usage.daily import row_of
from triggers_api.usage.ports import UsageOfTenants

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_INDEX: Final = "DayIndex"


class DynamoUsageStore:
    """See `UsageStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table of usage."""
        self._table = Table(client, table)

    def read_days(self, tenant: str, first: date, last: date) -> Mapping[date, Amounts]:
        """See `UsageStore.read_days`. One query of one or two kilobytes a day."""
        values: Item = {
            ":pk": {"S": tenant},
            ":first": {"S": row_of(tenant, first).name},
            ":last": {"S": row_of(tenant, last).name},
        }
        query = Query("pk = :pk AND sk BETWEEN :first AND :last", values, consistent=False)
        return dict(readable(self._table.items(query), _day_of, "usage"))

    def read_rows(self, tenant: str, first: Row, last: Row) -> Mapping[str, Amounts]:
        """See `UsageStore.read_rows`. One query of a kilobyte or two a row."""
        values: Item = {
            ":pk": {"S": tenant},
            ":first": {"S": first.name},
            ":last": {"S": last.name},
        }
        query = Query("pk = :pk AND sk BETWEEN :first AND :last", values, consistent=False)
        return dict(readable(self._table.items(query), _row_of, "usage"))

    def list_tenants(self, day: date, *, limit: int, after: str | None) -> UsageOfTenants:
        """See `UsageStore.list_tenants`. A query of keys, and a read for each of its rows."""
        values: Item = {":day": {"S": day.isoformat()}}
        query = Query("#day = :day", values, consistent=False, index=DAY_INDEX)
        start = None if after is None else _key(after, day) | {"day": {"S": day.isoformat()}}
        found = [item["pk"]["S"] for item in self._table.items(query, after=start, limit=limit + 1)]
        shown = found[:limit]
        rows = self._table.find_all([_key(tenant, day) for tenant in shown])
        amounts = dict(readable(rows, _tenant_of, "usage"))
        return UsageOfTenants(
            {tenant: amounts[tenant] for tenant in shown if tenant in amounts},
            shown[-1] if len(found) > limit else None,
        )


def _day_of(item: Item) -> tuple[date, Amounts]:
    return date.fromisoformat(item["day"]["S"]), amounts_of(item)


def _row_of(item: Item) -> tuple[str, Amounts]:
    return item["sk"]["S"], amounts_of(item)


def _tenant_of(item: Item) -> tuple[str, Amounts]:
    return item["pk"]["S"], amounts_of(item)


def _key(tenant: str, day: date) -> Item:
    return {"pk": {"S": tenant}, "sk": {"S": row_of(tenant, day).name}}
