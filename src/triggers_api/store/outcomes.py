"""Which tenants push and which fail, in DynamoDB: beside their configs, under keys of no tenant.

| item    | pk          | sk                | holds                                    |
|---------|-------------|-------------------|------------------------------------------|
| pushing | `#pushing`  | `<tenant>`        | when something of it was final last      |
| failing | `#failures` | `<slot>#<tenant>` | how many were given up in the slot       |

Each is some hundred bytes, written rarely and gone after a day: see `watch/widespread.py`. The
monitor reads the failing ones each minute, half a read unit where nothing fails, and counts the
pushing ones when many fail: 13 units for a thousand. Where one fails alone, it asks for another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from triggers_api.store.items import number
from triggers_api.store.table import Item, Query, Table
from triggers_api.timestamps import to_text
from triggers_api.watch.widespread import FAILURE_SLOT, slot_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PUSHING: Final = "#pushing"
_FAILURES: Final = "#failures"
_KEPT_FOR: Final = timedelta(days=1)
_LOOKED_AT: Final = 50  # half a read unit or two
_SWEPT_WITHIN: Final = timedelta(days=2)


class DynamoOutcomeLedger:
    """See `OutcomeLedger`; and what the monitor asks of it."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """In the table of notification configs."""
        self._table = Table(client, table)

    def note_pushing(self, tenant: str, at: datetime) -> None:
        """See `OutcomeLedger.note_pushing`. One write."""
        change, values = "SET pushed_at = :at, expires_at = :expires_at", {":at": _text(at)}
        self._update(_key(_PUSHING, tenant), at, change, values)

    def note_failure(self, tenant: str, slot: datetime) -> None:
        """See `OutcomeLedger.note_failure`. One write."""
        key = _key(_FAILURES, f"{to_text(slot)}#{tenant}")
        change, values = "ADD failed :one SET expires_at = :expires_at", {":one": {"N": "1"}}
        self._update(key, slot, change, values)

    def failures_since(self, since: datetime) -> Mapping[str, int]:
        """Of each tenant that failed, from the slot on that this moment is in."""
        values: Item = {":pk": {"S": _FAILURES}, ":since": _text(slot_of(since))}
        query = Query("pk = :pk AND sk >= :since", values, consistent=False)
        found: Counter[str] = Counter()
        for item in self._table.items(query):
            found[item["sk"]["S"].partition("#")[2]] += int(item.get("failed", {"N": "0"})["N"])
        return found

    def pushing_since(self, since: datetime) -> int:
        """How many tenants pushed."""
        return sum(1 for _ in self._table.items(_pushing(since)))

    def is_sole_to_push(self, tenant: str, since: datetime) -> bool:
        """Whether no other tenant pushed; the first other one ends the search."""
        found = self._table.pages(_pushing(since), of=_LOOKED_AT)
        return all(item["sk"]["S"] == tenant for page in found for item in page)

    def _update(self, key: Item, at: datetime, change: str, values: Item) -> None:
        expires_at = number((at + _KEPT_FOR).timestamp())
        self._table.update(key, change, values | {":expires_at": expires_at})


def _pushing(since: datetime) -> Query:
    values: Item = {":pk": {"S": _PUSHING}, ":since": _text(since)}
    return Query("pk = :pk", values, only="pushed_at >= :since", consistent=False)


def keys_of(tenant: str, at: datetime) -> list[Item]:
    """The keys of all that there can be of a tenant: old entries are swept two days late."""
    slots = range((_KEPT_FOR + _SWEPT_WITHIN) // FAILURE_SLOT + 1)
    failing = (slot_of(at - number * FAILURE_SLOT) for number in slots)
    return [
        _key(_PUSHING, tenant),
        *(_key(_FAILURES, f"{to_text(slot)}#{tenant}") for slot in failing),
    ]


def _key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _text(moment: datetime) -> dict[str, str]:
    return {"S": to_text(moment)}
