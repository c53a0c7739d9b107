"""What tenants used of their daily quotas: one small item a tenant, beside the API keys.

| key_id           | holds                               |
|------------------|-------------------------------------|
| `quota#<tenant>` | the last day, and what was given out |
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from triggers_api.access.ports import CountTaken
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.table import Item, RefusedError, Table, unavailable_if_refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ROUNDS: Final = 6  # each lost to another process that took some meanwhile


class DynamoDayCounts:
    """A `DayCounts`: nearly always one conditional write."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table is that of the API keys, under keys that no API key can have."""
        self._table = Table(client, table)

    def take(self, tenant: str, day: date, quota: int, wanted: int) -> CountTaken:
        """See `DayCounts.take`."""
        key = key_of(tenant)
        today, number, is_new = day.isoformat(), min(wanted, quota), False
        with unavailable_if_refused():
            for _ in range(_ROUNDS):
                try:
                    item = self._change(key, today, quota, number, is_new=is_new)
                except RefusedError as refused:
                    known = (refused.item or {}).get("day", {"S": ""})["S"]
                    # The other's clock may be ahead: its day counts.
                    is_new, today = known < today, max(known, today)
                    used = 0 if is_new else int((refused.item or {}).get("used", {"N": "0"})["N"])
                    number = min(wanted, quota - used)
                    if number <= 0:
                        return CountTaken(0, 0)
                else:
                    return CountTaken(number, max(0, quota - int(item["used"]["N"])))
        raise StoreUnavailableError("The store is busy. Try again in a moment.")

    def _change(self, key: Item, today: str, quota: int, number: int, *, is_new: bool) -> Item:
        values: Item = {":day": {"S": today}, ":number": {"N": str(number)}}
        if is_new:
            what, when = "SET #day = :day, used = :number", _IS_OLDER
        else:
            what, when = "ADD used :number", "#day = :day AND used <= :most"
            values[":most"] = {"N": str(quota - number)}
        return self._table.update(key, what, values, when=when, returning="ALL_NEW")


_IS_OLDER: Final = "attribute_not_exists(#day) OR #day < :day"


def key_of(tenant: str) -> Item:
    """The primary key of a tenant's item."""
    return {"key_id": {"S": f"quota#{tenant}"}}
