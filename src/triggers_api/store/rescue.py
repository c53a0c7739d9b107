"""What is under way in DynamoDB, for those who look whether it still moves.

| item     | pk        | sk      | holds                                                     |
|----------|-----------|---------|-----------------------------------------------------------|
| delivery | as ever   | as ever | `late_at`: when it was found late; gone with each attempt |
| left     | `#rescue`  | `left`  | `after`: where the last run stopped, for each tenant;     |
|          |           |         | `last`: who had the last turn                             |

Deliveries are found by `UnsuccessfulIndex`, which no attempt writes: finding them costs nothing
where they are written, and a unit each for those that were begun long ago. No tenant's name
begins like that of the last row.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from triggers_api.push.delivery import DeliveryStatus, event_of
from triggers_api.push.ports import Left, Retrying, RetryingPage
from triggers_api.push.turns import lines_of
from triggers_api.store.deliveries import to_delivery
from triggers_api.store.history import UNSUCCESSFUL_INDEX, delivery_key
from triggers_api.store.items import number
from triggers_api.store.range import query_of
from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.store.token_buckets import full_at
from triggers_api.stored import readable
from triggers_api.timestamps import Clock, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_LEFT: Final[Item] = {"pk": {"S": "#rescue"}, "sk": {"S": "left"}}
_LEFT_KEPT_FOR: Final = timedelta(days=1)
_IS_AS_FOUND: Final = (
    "#status = :retrying AND attempt_count = :known AND next_attempt_at = :due"
    " AND attribute_not_exists(erased)"
)


class DynamoRescueStore:
    """See `RescueStore`."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        """Deliveries and lines live in the notifications table, and so does what is left."""
        self._table = Table(client, table)
        self._clock = clock

    def list_retrying(
        self, tenant: str, *, begun_before: datetime, limit: int, after: str
    ) -> RetryingPage:
        """See `RescueStore.list_retrying`. One query of half a unit or two, and a read of each."""
        query = query_of(UNSUCCESSFUL_INDEX, _retrying(tenant))
        page = self._table.page(query, after=_index_key(tenant, after), limit=limit)
        places = readable(page.items, _to_place, "delivery")
        items = self._table.find_all([key for key, begun_at in places if begun_at < begun_before])
        found = readable(items, _to_retrying, "delivery")
        under_way = [each for each in found if not each.delivery.is_final]
        return RetryingPage(tuple(under_way), _cursor_of(page.last))

    def note_late(self, found: Retrying, at: datetime) -> bool:
        """See `RescueStore.note_late`. One conditional write, and one of the history's index."""
        delivery, due_at = found.delivery, found.delivery.next_attempt_at
        if due_at is None:
            return False
        values: Item = {
            ":retrying": {"S": DeliveryStatus.RETRYING},
            ":known": number(len(delivery.attempts)),
            ":due": {"S": to_text(due_at)},
            ":at": {"S": to_text(at)},
        }
        when = f"{_IS_AS_FOUND} AND attribute_not_exists(late_at)"
        if found.late_at is not None:
            when = f"{_IS_AS_FOUND} AND late_at = :seen"
            values[":seen"] = {"S": to_text(found.late_at)}
        task = delivery.task
        key = delivery_key(task.tenant, task.event_id, delivery.id)
        try:
            self._table.update(key, "SET late_at = :at", values, when=when)
        except RefusedError:
            return False
        return True

    def lines_of(self, tenant: str) -> Mapping[str, datetime]:
        """See `RescueStore.lines_of`. One query of half a unit, for some dozens of lines."""
        query = Query("pk = :pk", {":pk": {"S": lines_of(tenant)}}, consistent=False)
        ends: dict[str, datetime] = {}
        for item in self._table.items(query):
            name = item["sk"]["S"].partition(":")[0]
            whose = name if name.startswith("cfg_") else ""
            ends[whose] = max(full_at(item), ends.get(whose, full_at(item)))
        return ends

    def read_left(self) -> Left:
        """See `RescueStore.read_left`. One read."""
        item = self._table.find(_LEFT, consistent=True)
        if item is None:
            return Left()
        for left in readable([item], _to_left, "what a rescue left"):
            return left
        self.keep_left(Left())  # or each run would meet it again, and the alarm stay up
        return Left()

    def keep_left(self, left: Left) -> None:
        """See `RescueStore.keep_left`. One write, a unit for each KB."""
        expires_at = number((self._clock() + _LEFT_KEPT_FOR).timestamp())
        after = {"S": json.dumps(dict(left.after), ensure_ascii=False)}
        kept: Item = {"after": after, "last": {"S": left.last}, "expires_at": expires_at}
        self._table.put(_LEFT | kept)


def _to_left(item: Item) -> Left:
    after = {str(tenant): str(place) for tenant, place in json.loads(item["after"]["S"]).items()}
    return Left(after, item.get("last", {"S": ""})["S"])


def _to_place(item: Item) -> tuple[Item, datetime]:
    """The key of a row of the index, and when its delivery was begun."""
    return {"pk": item["pk"], "sk": item["sk"]}, from_text(item["created_at"]["S"])


def _to_retrying(item: Item) -> Retrying:
    late_at = from_text(item["late_at"]["S"]) if "late_at" in item else None
    return Retrying(to_delivery(item), late_at)


def _retrying(tenant: str) -> Item:
    return {"tenant": {"S": tenant}, "unsuccessful": {"S": DeliveryStatus.RETRYING}}


def _cursor_of(last: Item | None) -> str | None:
    """Where a page ended, as text that another run can go on from."""
    if last is None:
        return None
    return " ".join(last[each]["S"] for each in ("config_id", "created_at", "id"))


def _index_key(tenant: str, cursor: str) -> Item | None:
    if not cursor:
        return None
    config_id, _, place = cursor.partition(" ")
    created_at, _, id_ = place.rpartition(" ")
    placed: Item = {
        "config_id": {"S": config_id},
        "created_at": {"S": created_at},
        "id": {"S": id_},
    }
    return placed | _retrying(tenant) | delivery_key(tenant, event_of(id_) or "", id_)
