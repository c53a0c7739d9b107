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

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from triggers_api.events.ports import EventPage, EventQuery, Position
from triggers_api.executions.ports import Checkpoint, ExecutionQuery, Sighting, Uncounted
from triggers_api.executions.summarize import not_found
from triggers_api.executions.tally import Tally
from triggers_api.store import items
from triggers_api.store.event_items import EventItems
from triggers_api.store.listing import RANGES
from triggers_api.store.range import LOOKED_AT, Partition, Reach, filter_of, gathered
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.stored import readable
from triggers_api.timestamps import Clock, from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from triggers_api.settings import EventsSettings

EXECUTION_INDEX = "ExecutionIndex"
# Expired events stand in the index until they are swept. A page of none is answered after so
# many reads, with a way on; a walk ends there as anywhere.
_REACH = Reach(ranges=4, of_nothing=4)
_KEEP = (
    "SET #counts = :counts, #ended_at = :ended, #first_at = :first, #counted_until = :until,"
    " #counted_id = :id, #version = :next, #expires_at = :expires"
)


class DynamoExecutionStore:
    """See `ExecutionStore`. Reads the events table, and keeps its rows there."""

    def __init__(self, client: DynamoDBClient, settings: EventsSettings, clock: Clock) -> None:
        """A row is kept as long as an event may be, from its last change on."""
        self._table = Table(client, settings.table)
        self._clock = clock
        self._retention = settings.undelivered_retention + settings.delivered_retention
        self._items = EventItems(self._table, clock)

    def find_checkpoint(self, tenant: str, execution_id: str) -> Checkpoint:
        """See `ExecutionStore.find_checkpoint`. One consistent read."""
        row = self._table.find(row_key(tenant, execution_id), consistent=True)
        if row is None:
            return Checkpoint()
        version = int(row.get("version", {"N": "0"})["N"])
        if items.may_be_swept(row, self._clock()):
            return Checkpoint(version=version)
        # From one that cannot be read, all is counted again.
        found = readable([row], lambda row: _to_checkpoint(row, version), "execution")
        return next(found, Checkpoint(version=version))

    def keep_checkpoint(
        self, tenant: str, execution_id: str, checkpoint: Checkpoint, *, known_version: int
    ) -> bool:
        """See `ExecutionStore.keep_checkpoint`. One conditional write.

        Made again after a lost answer, it fails its condition: then it was kept all the same.
        """
        key, values = row_key(tenant, execution_id), self._values(checkpoint, known_version)
        unchanged = "#version = :known" if known_version else "attribute_not_exists(#version)"
        try:
            self._table.update(key, _KEEP, values, when=unchanged)
        except RefusedError:
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
        fields = "event_type, created_at, id"
        found = self._partition(tenant, execution_id, before=before, fields=fields).read(after)
        sightings = (
            Sighting(item["event_type"]["S"], items.position_in_index(item)) for item in found.items
        )
        return Uncounted(tuple(sightings), found.read_until)

    def list_timeline(
        self, tenant: str, query: ExecutionQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """See `ExecutionStore.list_timeline`. A query, and the events from the table itself."""
        seen: list[Item] = []

        def current(listed: list[Item]) -> list[Item]:
            seen.extend(listed)
            now = self._clock()
            heads = self._items.current(tenant, listed, None)
            return [head for head in heads if not items.has_expired(head, now)]

        entries = self._partition(tenant, query.execution_id)
        found = gathered(entries.read, current, after=after, limit=limit, reach=_REACH)
        page = self._items.page_of(found)
        is_known = after is not None or seen
        if not is_known and self.find_checkpoint(tenant, query.execution_id).until is None:
            raise not_found(query.execution_id)
        return page

    def _partition(
        self, tenant: str, execution_id: str, *, before: datetime | None = None, fields: str = ""
    ) -> Partition:
        return Partition(
            self._table,
            EXECUTION_INDEX,
            {"tenant": {"S": tenant}, "execution_id": {"S": execution_id}},
            partial(items.event_key, tenant),
            before=before,
            fields=fields,
        )

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


def of_execution(table: Table, tenant: str, execution_id: str, query: EventQuery) -> Partition:
    """The events of an execution, as far as the index can tell which of them are wanted."""
    return Partition(
        table,
        EXECUTION_INDEX,
        {"tenant": {"S": tenant}, "execution_id": {"S": execution_id}},
        partial(items.event_key, tenant),
        newest_first=query.newest_first,
        since=query.since,
        before=query.until,
        filter=filter_of({"event_type": query.event_type}, looks_at=LOOKED_AT // RANGES),
    )


def _to_checkpoint(row: Item, version: int) -> Checkpoint:
    if "S" not in row.get("counted_until", {}):
        return Checkpoint(version=version)
    ended_at = row.get("ended_at", {"M": {}})["M"]
    tally = Tally(
        counts={each: int(value["N"]) for each, value in row["counts"]["M"].items()},
        ended_at={each: from_text(value["S"]) for each, value in ended_at.items()},
        first_at=from_text(row["first_at"]["S"]) if "S" in row.get("first_at", {}) else None,
    )
    until = Position(from_text(row["counted_until"]["S"]), row["counted_id"]["S"])
    return Checkpoint(tally=tally, until=until, version=version)


def _moment(at: datetime | None) -> Item:
    return {"NULL": True} if at is None else {"S": to_text(at)}


def row_key(tenant: str, execution_id: str) -> Item:
    """The primary key of an execution's row."""
    return {"pk": {"S": f"{tenant}#execution#{execution_id}"}, "sk": {"S": "execution"}}
