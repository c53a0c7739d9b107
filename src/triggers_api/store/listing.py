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

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import partial
from typing import Final

from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventQuery, Position
from triggers_api.store.items import event_key, status_partition
from triggers_api.store.range import LOOKED_AT, Partition, Range, filter_of, merged, nearest
from triggers_api.store.table import Table

STATUS_INDEX: Final = "StatusIndex"
RANGES: Final = 4  # read for a page at most: filters and what has moved on leave gaps
_LOOKED_AT_LEAST: Final = 10  # by a filter, in a partition
_SHARDS_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True)
class StatusIndex:
    """Reads one tenant's partitions of the index for one query."""

    table: Table
    tenant: str
    shards: int
    query: EventQuery

    @property
    def _looks_at(self) -> int:
        """How much a filter reads of a partition at once: a page's reading is bounded."""
        partitions = self.shards * len(self.query.statuses)
        return max(LOOKED_AT // (RANGES * partitions), _LOOKED_AT_LEAST)

    def read_range(self, after: Position | None, wanted: int) -> Range:
        """The next items; at least `wanted` of them unless a filter or the end is in the way."""
        newest_first = self.query.newest_first
        parts: list[Range] = []
        for status in self.query.statuses:
            # What lies beyond the end of another range is not worth reading.
            up_to = nearest(parts, newest_first=newest_first)
            parts += self._read_shards(status, after, wanted, up_to)
        return merged(parts, newest_first=newest_first)

    def _read_shards(
        self, status: EventStatus, after: Position | None, wanted: int, up_to: Position | None
    ) -> list[Range]:
        partitions = [self._partition(status, shard) for shard in range(self.shards)]
        if len(partitions) == 1:
            return [partitions[0].read(after, wanted, up_to=up_to)]

        def read_in(context: Context, partition: Partition) -> Range:
            return context.run(partition.read, after, wanted, up_to=up_to)

        contexts = [copy_context() for _ in partitions]  # so what they read is counted too
        with ThreadPoolExecutor(min(len(partitions), _SHARDS_AT_ONCE)) as threads:
            return list(threads.map(read_in, contexts, partitions))

    def _partition(self, status: EventStatus, shard: int) -> Partition:
        wanted = {"event_type": self.query.event_type, "severity": self.query.severity}
        return Partition(
            self.table,
            STATUS_INDEX,
            status_partition(self.tenant, status, shard),
            partial(event_key, self.tenant),
            newest_first=self.query.newest_first,
            since=self.query.since,
            before=self.query.until,
            filter=filter_of(wanted, looks_at=self._looks_at),
        )
