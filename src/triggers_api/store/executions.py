"""Executions on DynamoDB: a sparse index of the events that carry an id, and a row for each.

| item | pk                            | sk          | holds                              |
|------|-------------------------------|-------------|------------------------------------|
| row  | `<tenant>#execution#<id>`     | `execution` | the checkpoint; see `executions/ports.py`     |

No event has such a key: what follows its tenant holds no second `#`. A row is written only for
executions of a hundred events or more, and outlives every event that it counts.

The index has the type of an event and nothing that ever changes, so it is written once in an
event's life. It is hashed by tenant and execution: one execution takes 1,000 events a second.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventPage, Position
from triggers_api.executions.ports import Checkpoint, ExecutionQuery, Sighting, Uncounted
from triggers_api.executions.summarize import not_found
from triggers_api.executions.tally import Tally
from triggers_api.store import items
from triggers_api.store.dynamodb import Item, failed_condition, store_errors
from triggers_api.store.event_items import EventItems, within_answer
from triggers_api.timestamps import Clock, from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from triggers_api.settings import EventsSettings

EXECUTION_INDEX = "ExecutionIndex"
_MICROSECOND = timedelta(microseconds=1)
# Expired events stand in the index until they are swept. A page of none is answered after so
# many reads, with a way on; a walk ends there as anywhere.
_RANGES_PER_PAGE = 4
# Some of these names are reserved words.
_NAMES = {
    "#counts": "counts",
    "#ended": "ended_at",
    "#first": "first_at",
    "#until": "counted_until",
    "#id": "counted_id",
    "#version": "version",
    "#expires": "expires_at",
}
_KEEP = (
    "SET #counts = :counts, #ended = :ended, #first = :first, #until = :until, #id = :id,"
    " #version = :next, #expires = :expires"
)


class DynamoExecutionStore:
    """See `ExecutionStore`. Reads the events table, and keeps its rows there."""

    def __init__(self, client: DynamoDBClient, settings: EventsSettings, clock: Clock) -> None:
        """A row is kept as long as an event may be, from its last change on."""
        self._client = client
        self._table = settings.table
        self._clock = clock
        self._retention = settings.undelivered_retention + settings.delivered_retention
        self._items = EventItems(client, settings.table, clock)

    def find_checkpoint(self, tenant: str, execution_id: str) -> Checkpoint:
        """See `ExecutionStore.find_checkpoint`. One consistent read."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_row_key(tenant, execution_id), ConsistentRead=True
            )
        row = answer.get("Item")
        if row is None:
            return Checkpoint()
        version = int(row["version"]["N"])
        if items.may_be_swept(row, self._clock()):
            return Checkpoint(version=version)
        return _to_checkpoint(row, version)

    def keep_checkpoint(
        self, tenant: str, execution_id: str, checkpoint: Checkpoint, *, known_version: int
    ) -> bool:
        """See `ExecutionStore.keep_checkpoint`. One conditional write.

        Made again after a lost answer, it fails its condition: then it was kept all the same.
        """
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=_row_key(tenant, execution_id),
                    UpdateExpression=_KEEP,
                    ConditionExpression=(
                        "#version = :known" if known_version else "attribute_not_exists(#version)"
                    ),
                    ExpressionAttributeNames=_NAMES,
                    ExpressionAttributeValues=self._values(checkpoint, known_version),
                )
        except ClientError as error:
            if not failed_condition(error)[0]:
                raise
            return False
        return True

    def read_uncounted(
        self,
        tenant: str,
        execution_id: str,
        *,
        after: Position | None,
        before: datetime | None = None,
    ) -> Uncounted:
        """See `ExecutionStore.read_uncounted`. One query, of 1 MB at most."""
        query = self._query(tenant, execution_id, after, before)
        if query is None:
            return Uncounted((), None)
        query["ProjectionExpression"] = "event_type, created_at, id"
        with store_errors():
            answer = self._client.query(**query)
        found = tuple(
            Sighting(item["event_type"]["S"], items.position_in_index(item))
            for item in answer["Items"]
        )
        last = answer.get("LastEvaluatedKey")
        return Uncounted(found, None if last is None else items.position_in_index(last))

    def list_timeline(
        self, tenant: str, query: ExecutionQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """See `ExecutionStore.list_timeline`. A query, and the events from the table itself."""
        heads: list[Item] = []
        is_known = after is not None
        with store_errors():
            for _ in range(_RANGES_PER_PAGE):
                listed, after = self._listed(tenant, query.execution_id, limit - len(heads), after)
                is_known = is_known or bool(listed)
                current = self._items.current(tenant, listed, ALL_STATUSES)
                now = self._clock()
                heads += [head for head in current if not items.has_expired(head, now)]
                if after is None or len(heads) >= limit:
                    break
            shown = within_answer(heads)
            events = self._items.complete(shown)
        if not is_known and self.find_checkpoint(tenant, query.execution_id).until is None:
            raise not_found(query.execution_id)
        cut = len(shown) < len(heads)
        return EventPage(events, items.position_in_index(shown[-1]) if cut else after)

    def _listed(
        self, tenant: str, execution_id: str, wanted: int, after: Position | None
    ) -> tuple[list[Item], Position | None]:
        """The next so many entries of the index, and where to go on if there are more."""
        query = self._query(tenant, execution_id, after, None)
        assert query is not None  # nothing bounds it
        answer = self._client.query(**query, Limit=wanted + 1)  # one more tells whether there is
        found: list[Item] = answer["Items"]
        if len(found) > wanted:
            return found[:wanted], items.position_in_index(found[wanted - 1])
        last = answer.get("LastEvaluatedKey")
        return found, None if last is None else items.position_in_index(last)

    def _query(
        self, tenant: str, execution_id: str, after: Position | None, before: datetime | None
    ) -> dict[str, Any] | None:
        """What follows a position; None if nothing can."""
        values: Item = {":tenant": {"S": tenant}, ":execution": {"S": execution_id}}
        condition = "tenant = :tenant AND execution_id = :execution"
        request: dict[str, Any] = {"TableName": self._table, "IndexName": EXECUTION_INDEX}
        if after is not None:
            request["ExclusiveStartKey"] = items.event_key(tenant, after.id) | {
                "tenant": {"S": tenant},
                "execution_id": {"S": execution_id},
                "created_at": {"S": to_text(after.created_at)},
                "id": {"S": after.id},
            }
            values[":low"] = {"S": to_text(after.created_at)}
        if before is not None:
            values[":high"] = {"S": to_text(before - _MICROSECOND)}
        if ":low" in values and ":high" in values:
            if values[":low"]["S"] > values[":high"]["S"]:
                return None
            condition += " AND created_at BETWEEN :low AND :high"
        elif ":low" in values:
            condition += " AND created_at >= :low"
        elif ":high" in values:
            condition += " AND created_at <= :high"
        return request | {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }

    def _values(self, checkpoint: Checkpoint, known_version: int) -> Item:
        tally, until = checkpoint.tally, checkpoint.until
        expires_at = self._clock() + self._retention
        values: Item = {
            ":counts": {"M": {each: {"N": str(n)} for each, n in tally.counts.items()}},
            ":ended": {"M": {each: {"S": to_text(at)} for each, at in tally.ended_at.items()}},
            ":first": _moment(tally.first_at),
            ":until": _moment(until.created_at if until else None),
            ":id": {"S": until.id} if until else {"NULL": True},
            ":next": {"N": str(known_version + 1)},
            ":expires": items.number(expires_at.timestamp()),
        }
        if known_version:
            values[":known"] = {"N": str(known_version)}
        return values


def _to_checkpoint(row: Item, version: int) -> Checkpoint:
    if "S" not in row["counted_until"]:
        return Checkpoint(version=version)
    tally = Tally(
        counts={each: int(value["N"]) for each, value in row["counts"]["M"].items()},
        ended_at={each: from_text(value["S"]) for each, value in row["ended_at"]["M"].items()},
        first_at=from_text(row["first_at"]["S"]),
    )
    until = Position(from_text(row["counted_until"]["S"]), row["counted_id"]["S"])
    return Checkpoint(tally=tally, until=until, version=version)


def _moment(at: datetime | None) -> Item:
    return {"NULL": True} if at is None else {"S": to_text(at)}


def _row_key(tenant: str, execution_id: str) -> Item:
    return {"pk": {"S": f"{tenant}#execution#{execution_id}"}, "sk": {"S": "execution"}}
