"""Failures in a row in DynamoDB: `<tenant>#streaks`, an item for a hash of each connector.

What a connector is called is an event's content, so it is not kept here.

Its set `failed` names each failure of the streak by time and event id.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from triggers_api.events.event import Event
from triggers_api.push.streak import streak_name
from triggers_api.store.items import number
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_FOR = timedelta(days=366)  # after the last failure: a job of once a quarter counts, too


class DynamoStreakStore:
    """See `StreakStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Streaks live in the notifications table."""
        self._table = Table(client, table)

    def add_failure(self, tenant: str, connector: str, event: Event) -> tuple[int, str]:
        """See `StreakStore.add_failure`. One write: in a set, the same event twice is one."""
        at = to_text(event.created_at)
        try:
            row = self._table.update(
                _key(tenant, connector),
                "ADD failed :event SET expires_at = :until",
                {
                    ":event": {"SS": [f"{at} {event.id}"]},
                    ":at": {"S": at},
                    ":until": number((event.created_at + _KEPT_FOR).timestamp()),
                },
                when="attribute_not_exists(alerted) AND"
                " (attribute_not_exists(reset_at) OR reset_at < :at)",
                returning="ALL_NEW",
            )
        except RefusedError:
            return 0, ""
        reset_at = from_text(row["reset_at"]["S"]) if "reset_at" in row else None
        return len(row["failed"]["SS"]), streak_name(reset_at)

    def note_alert(self, tenant: str, connector: str, streak: str) -> None:
        """See `StreakStore.note_alert`."""
        values: Item = {":yes": {"BOOL": True}}
        unchanged = "attribute_not_exists(reset_at)"
        if streak != streak_name(None):
            unchanged = "reset_at = :streak"
            values[":streak"] = {"S": streak}
        with suppress(RefusedError):  # that streak is over
            self._table.update(
                _key(tenant, connector),
                "SET alerted = :yes",
                values,
                when=f"attribute_exists(failed) AND {unchanged}",
            )

    def reset(self, tenant: str, connector: str, at: datetime) -> None:
        """See `StreakStore.reset`. A success without failures before it costs a read only.

        Such a success is not remembered: an earlier failure that is reported later still counts.
        """
        key = _key(tenant, connector)
        until = to_text(at)
        row = self._table.find(key, consistent=True) or {}
        failed = row.get("failed", {}).get("SS", [])
        over = [each for each in failed if each.partition(" ")[0] <= until]
        if not over:
            return
        with suppress(RefusedError):  # a later success has reset it already
            self._table.update(
                key,
                "SET reset_at = :at DELETE failed :over REMOVE alerted",
                {":at": {"S": until}, ":over": {"SS": over}},
                when="attribute_not_exists(reset_at) OR reset_at < :at",
            )


def _key(tenant: str, connector: str) -> Item:
    name = hashlib.sha256(f"{tenant}\n{connector}".encode()).hexdigest()
    return {"pk": {"S": streaks_of(tenant)}, "sk": {"S": name}}


def streaks_of(tenant: str) -> str:
    """The partition that holds all of a tenant's."""
    return f"{tenant}#streaks"
