"""Failures in a row in DynamoDB: `<tenant>#streaks`, an item for a hash of each connector.

What a connector is called is an event's content, so it is not kept here.

Its set `failed` names each failure of the streak by time and event id.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from triggers_api.events.event import Event
from triggers_api.push.consecutive_failures import streak_name
from triggers_api.store.dynamodb import Item, failed_condition, store_errors
from triggers_api.store.items import number
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_FOR = timedelta(days=366)  # after the last failure: a job of once a quarter counts, too


class DynamoStreakStore:
    """See `StreakStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Streaks live in the notifications table."""
        self._client = client
        self._table = table

    def add_failure(self, tenant: str, connector: str, event: Event) -> tuple[int, str]:
        """See `StreakStore.add_failure`. One write: in a set, the same event twice is one."""
        at = to_text(event.created_at)
        try:
            with store_errors():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(tenant, connector),
                    UpdateExpression="ADD failed :event SET expires_at = :until",
                    ConditionExpression=(
                        "attribute_not_exists(alerted) AND"
                        " (attribute_not_exists(reset_at) OR reset_at < :at)"
                    ),
                    ExpressionAttributeValues={
                        ":event": {"SS": [f"{at} {event.id}"]},
                        ":at": {"S": at},
                        ":until": number((event.created_at + _KEPT_FOR).timestamp()),
                    },
                    ReturnValues="ALL_NEW",
                )
        except ClientError as error:
            if not failed_condition(error)[0]:
                raise
            return 0, ""
        row = answer["Attributes"]
        reset_at = from_text(row["reset_at"]["S"]) if "reset_at" in row else None
        return len(row["failed"]["SS"]), streak_name(reset_at)

    def note_alert(self, tenant: str, connector: str, streak: str) -> None:
        """See `StreakStore.note_alert`."""
        values: Item = {":yes": {"BOOL": True}}
        unchanged = "attribute_not_exists(reset_at)"
        if streak != streak_name(None):
            unchanged = "reset_at = :streak"
            values[":streak"] = {"S": streak}
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(tenant, connector),
                    UpdateExpression="SET alerted = :yes",
                    ConditionExpression=f"attribute_exists(failed) AND {unchanged}",
                    ExpressionAttributeValues=values,
                )
        except ClientError as error:
            if not failed_condition(error)[0]:
                raise  # that streak is over

    def reset(self, tenant: str, connector: str, at: datetime) -> None:
        """See `StreakStore.reset`. A success without failures before it costs a read only.

        Then it is not remembered either: a failure before it that is told of later still counts.
        """
        key = _key(tenant, connector)
        until = to_text(at)
        try:
            with store_errors():
                row = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
                failed = row.get("Item", {}).get("failed", {}).get("SS", [])
                over = [each for each in failed if each.partition(" ")[0] <= until]
                if not over:
                    return
                self._client.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="SET reset_at = :at DELETE failed :over REMOVE alerted",
                    ConditionExpression="attribute_not_exists(reset_at) OR reset_at < :at",
                    ExpressionAttributeValues={":at": {"S": until}, ":over": {"SS": over}},
                )
        except ClientError as error:
            if not failed_condition(error)[0]:
                raise  # a later success has reset it already


def _key(tenant: str, connector: str) -> Item:
    name = hashlib.sha256(f"{tenant}\n{connector}".encode()).hexdigest()
    return {"pk": {"S": f"{tenant}#streaks"}, "sk": {"S": name}}
