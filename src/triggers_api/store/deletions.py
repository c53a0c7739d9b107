"""How far deletions of tenants have come, in DynamoDB: a row each, beside the tenants' records.

| key_id              | holds                                                              |
|---------------------|--------------------------------------------------------------------|
| `deletion#<tenant>` | of which tenant by that name, since when, what was removed, by whom |

The row also is a lock: a run that works on a tenant has taken it until a time.

A call may take effect seconds after its caller has given up on it, and the end may have come
meanwhile. So what makes the row and what begins the deletion have writes of their own, which only
a deletion's first run makes, minutes before any end; all others change nothing that is gone.

Until the deletion begins, DynamoDB sweeps the row by its `swept_after`: a run to which an index
still shows what another has just ended makes the row anew, and may be killed right there.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from triggers_api.access.tenants import Deletion
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.items import number
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.store.tenant_records import record_key
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient


_BEGIN: Final = (
    "SET tenant_created_at = :life, began_at = :at, progressed_at = :at, removed = :none"
    " REMOVE swept_after"
)
_SWEPT_WITHOUT_BEGINNING_AFTER: Final = timedelta(hours=1)


class DynamoDeletionStore:
    """A `DeletionStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table is that of the API keys."""
        self._table = Table(client, table)

    def find(self, tenant: str) -> Deletion | None:
        """See `DeletionReader.find`."""
        row = self._table.find(_key(tenant), consistent=True)
        return None if row is None or "began_at" not in row else _to_deletion(row)

    def take(self, tenant: str, at: datetime, *, until: datetime) -> bool:
        """See `DeletionStore.take`."""
        values: Item = {":at": {"S": to_text(at)}, ":until": {"S": to_text(until)}}
        swept_after = math.ceil((at + _SWEPT_WITHOUT_BEGINNING_AFTER).timestamp())
        making: Item = {":until": values[":until"], ":swept": number(swept_after)}
        free = "(attribute_not_exists(taken_until) OR taken_until <= :at)"
        for update, given, when in (
            ("SET taken_until = :until", values, f"attribute_exists(key_id) AND {free}"),
            (
                "SET taken_until = :until, swept_after = :swept",
                making,
                "attribute_not_exists(key_id)",
            ),
        ):
            try:
                self._table.update(_key(tenant), update, given, when=when)
            except RefusedError as refused:
                if refused.item is not None:
                    return False
            else:
                return True
        return False

    def release(self, tenant: str) -> None:
        """See `DeletionStore.release`."""
        with suppress(RefusedError):
            self._table.update(
                _key(tenant), "REMOVE taken_until", {}, when="attribute_exists(key_id)"
            )

    def begin(self, tenant: str, tenant_created_at: datetime, at: datetime) -> Deletion:
        """See `DeletionStore.begin`."""
        values: Item = {
            ":life": {"S": to_text(tenant_created_at)},
            ":at": {"S": to_text(at)},
            ":none": {"S": "{}"},
        }
        another = "attribute_exists(tenant_created_at) AND tenant_created_at <> :life"
        for when in (another, "attribute_not_exists(tenant_created_at)"):
            try:
                row = self._table.update(
                    _key(tenant), _BEGIN, values, when=when, returning="ALL_NEW"
                )
            except RefusedError as refused:
                row = refused.item or {}
            if "began_at" in row:
                return _to_deletion(row)
        raise StoreUnavailableError("Somebody else works on the same. Try again in a moment.")

    def keep(self, tenant: str, deletion: Deletion) -> None:
        """See `DeletionStore.keep`."""
        values: Item = {
            ":began": {"S": to_text(deletion.began_at)},
            ":progressed": {"S": to_text(deletion.progressed_at)},
            ":removed": {"S": json.dumps(deletion.removed)},
        }
        with suppress(RefusedError):
            self._table.update(
                _key(tenant),
                "SET progressed_at = :progressed, removed = :removed",
                values,
                when="began_at = :began",
            )

    def remove(self, tenant: str) -> None:
        """See `DeletionStore.remove`."""
        self._table.delete(_key(tenant))

    def end(self, tenant: str) -> None:
        """See `DeletionStore.end`."""
        self._table.delete_together(record_key(tenant), _key(tenant))


def _key(tenant: str) -> Item:
    return {"key_id": {"S": f"deletion#{tenant}"}}


def _to_deletion(row: Item) -> Deletion:
    return Deletion(
        began_at=from_text(row["began_at"]["S"]),
        progressed_at=from_text((row.get("progressed_at") or row["began_at"])["S"]),
        removed=json.loads(row.get("removed", {"S": "{}"})["S"]),
    )
