"""Lists from the status index: many small sorted partitions read as one exact sequence.

The index has a partition for each tenant, status and shard, each sorted by time and id.
A page asks every partition it needs for what follows the cursor's position and merges the
answers. Two rules make it exact whatever is written meanwhile:

- Statuses are read in the order of an event's life, one after the other. An event that
  moves on between two reads is then seen twice, not missed; the later sight counts. (The
  index itself may show a move as two steps, the leaving first: then a list of several
  statuses misses the event for that moment. So may a replay, which leads back to the first
  status. The next list has it.)
- Nothing is shown beyond the read_until: the nearest position up to which some partition
  was read without being exhausted.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventQuery, Position
from triggers_api.store.dynamodb import Item
from triggers_api.store.items import index_key, position_in_index
from triggers_api.timestamps import to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATUS_INDEX = "StatusIndex"
_READ_WHEN_FILTERING = 1000  # items a query looks at for a filter: 1 MB at most, 125 read units
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_SHARDS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Range:
    """What follows a position, in order and without gaps, up to the read_until."""

    items: list[Item]
    read_until: Position | None  # None: there is nothing beyond

    def cut(self, count: int) -> Range:
        """Only the first so many: what is not shown need not be checked."""
        if len(self.items) <= count:
            return self
        return Range(self.items[:count], position_in_index(self.items[count - 1]))


@dataclass(frozen=True, slots=True)
class StatusIndex:
    """Reads one tenant's partitions of the index for one query."""

    client: DynamoDBClient
    table: str
    tenant: str
    shards: int
    query: EventQuery

    def read_range(self, after: Position | None, wanted: int) -> Range:
        """The next items; at least `wanted` of them unless a filter or the end is in the way."""
        seen: dict[str, Item] = {}
        read_until: Position | None = None
        for status in self.query.statuses:
            for part in self._read_shards(status, after, read_until, wanted):
                seen |= {item["id"]["S"]: item for item in part.items}
                read_until = self._nearer(read_until, part.read_until)
        within = (item for item in seen.values() if self._is_within(item, read_until))
        ordered = sorted(within, key=position_in_index, reverse=self.query.newest_first)
        return Range(ordered, read_until)

    def _read_shards(
        self, status: EventStatus, after: Position | None, read_until: Position | None, wanted: int
    ) -> Iterable[Range]:
        if self.shards == 1:
            return [self._read(status, 0, after, read_until, wanted)]
        with ThreadPoolExecutor(min(self.shards, _SHARDS_AT_ONCE)) as threads:
            reads = [
                threads.submit(self._read, status, shard, after, read_until, wanted)
                for shard in range(self.shards)
            ]
            return [read.result() for read in reads]

    def _read(
        self,
        status: EventStatus,
        shard: int,
        after: Position | None,
        read_until: Position | None,
        wanted: int,
    ) -> Range:
        """One partition's next items; what lies beyond the read_until is not worth reading."""
        names = {"#tenant": "tenant", "#status": "status", "#shard": "shard"}
        values: Item = {
            ":tenant": {"S": self.tenant},
            ":status": {"S": status},
            ":shard": {"N": str(shard)},
        }
        between = self._between(after, read_until)
        if between is None:
            return Range([], None)
        condition = "#tenant = :tenant AND #status = :status AND #shard = :shard" + between[0]
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": STATUS_INDEX,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values | between[1],
            "ScanIndexForward": not self.query.newest_first,
            "Limit": wanted + 1,  # one more tells whether there is a next page
        }
        if after is not None:
            request["ExclusiveStartKey"] = index_key(self.tenant, status, shard, after)
        self._add_filter(request)
        answer = self.client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return Range(answer["Items"], None if last is None else position_in_index(last))

    def _between(
        self, after: Position | None, read_until: Position | None
    ) -> tuple[str, Item] | None:
        """The condition on `created_at`; None if nothing can meet it."""
        begin, end = (read_until, after) if self.query.newest_first else (after, read_until)
        since, until = self.query.since, self.query.until
        lows = [moment for moment in (begin and begin.created_at, since) if moment]
        highs = [
            moment for moment in (end and end.created_at, until and _just_before(until)) if moment
        ]
        values = {}
        if lows:
            values[":low"] = {"S": to_text(max(lows))}
        if highs:
            values[":high"] = {"S": to_text(min(highs))}
        if lows and highs:
            if max(lows) > min(highs):
                return None
            return " AND created_at BETWEEN :low AND :high", values
        return (
            " AND created_at >= :low" if lows else " AND created_at <= :high" if highs else ""
        ), values

    def _add_filter(self, request: dict[str, Any]) -> None:
        wanted_type = self.query.event_type
        if wanted_type is None:
            return
        request["Limit"] = _READ_WHEN_FILTERING
        if wanted_type.endswith(".*"):
            request["FilterExpression"] = "begins_with(event_type, :event_type)"
        else:
            request["FilterExpression"] = "event_type = :event_type"
        request["ExpressionAttributeValues"][":event_type"] = {"S": wanted_type.removesuffix("*")}

    def _nearer(self, one: Position | None, other: Position | None) -> Position | None:
        known = [position for position in (one, other) if position is not None]
        if not known:
            return None
        return max(known) if self.query.newest_first else min(known)

    def _is_within(self, item: Item, read_until: Position | None) -> bool:
        if read_until is None:
            return True
        position = position_in_index(item)
        return position >= read_until if self.query.newest_first else position <= read_until


def _just_before(moment: datetime) -> datetime:
    return moment - _MICROSECOND if moment > _EARLIEST else moment  # nothing is as old as that
