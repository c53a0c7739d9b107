"""What waits in the status index, counted and dated without reading it whole."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from triggers_api.errors import StoreUnavailableError
from triggers_api.events.lifecycle import UNDELIVERED, EventStatus
from triggers_api.events.ports import EventQuery, UndeliveredCounts
from triggers_api.store.event_items import EventItems
from triggers_api.store.items import has_expired, number, status_partition
from triggers_api.store.listing import STATUS_INDEX, StatusIndex
from triggers_api.store.range import query_of
from triggers_api.store.status_changes import IS_VISIBLE
from triggers_api.store.table import Item, Query, Table
from triggers_api.store.tenants import TenantRow
from triggers_api.timestamps import Clock, from_text, to_text

# Behind events that have expired and were not swept yet, up to so many are looked at for the
# oldest that counts. More would have to be created in the very second that is expiring.
_BEHIND_EXPIRED: Final = 100
_CHECKED_UP_TO: Final = 100
_UNDELIVERED: Final = EventQuery(statuses=UNDELIVERED)


class _Count(NamedTuple):
    all: int
    among: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts what a tenant has not acknowledged.

    An entry of the index is half a unit for each 4 KB, counted or read alike: 10,000 entries of
    400 bytes are 500 units and four calls; twice that if some are leased and there are more. While the index may lag, up to a hundred events are
    looked up in the table, a unit each, as lists do.
    """

    events: Table
    heads: EventItems
    retention: timedelta
    clock: Clock

    def count(
        self, row: TenantRow, tenant: str, among: AbstractSet[str], up_to: int
    ) -> UndeliveredCounts:
        """See `EventStore.count_undelivered`. An empty inbox of one shard is two queries."""
        if row.index_settles_at > self.clock():
            few = self._few(row, tenant)
            if few is not None:
                return _counted(few, among)
        pending, failed = (
            [live_events(tenant, status, shard, self.clock()) for shard in range(row.shards)]
            for status in UNDELIVERED
        )
        of_pending = self._count_all(pending, among, up_to)
        of_failed = self._count_all(failed, among, up_to)
        return UndeliveredCounts(
            pending=of_pending.all,
            failed=of_failed.all,
            among=of_pending.among + of_failed.among,
            oldest_pending_at=self._oldest(pending) if of_pending.all else None,
        )

    def _count_all(self, partitions: list[Query], among: AbstractSet[str], up_to: int) -> _Count:
        counted = _Count(0, 0)
        for partition in partitions:
            if counted.all < up_to:
                more = self._count_one(partition, among, up_to - counted.all)
                counted = _Count(counted.all + more.all, counted.among + more.among)
        return counted

    def _count_one(self, partition: Query, among: AbstractSet[str], up_to: int) -> _Count:
        newest_first = replace(partition, descending=True)  # so that what has expired comes last
        if not among:
            return _Count(self.events.count(newest_first, up_to=up_to), 0)
        ids = self._ids(newest_first, up_to)
        count = len(ids)
        if count == up_to:  # not all were met, and workers hold the oldest
            ids = self._ids(partition, up_to)
        return _Count(count, sum(id_ in among for id_ in ids))

    def _ids(self, partition: Query, up_to: int) -> list[str]:
        found = self.events.first(replace(partition, fields="id"), up_to=up_to)
        return [item["id"]["S"] for item in found]

    def _oldest(self, partitions: list[Query]) -> datetime | None:
        retained_since = self.clock() - self.retention
        each = (oldest_of(self.events, partition, retained_since) for partition in partitions)
        return min(filter(None, each), default=None)

    def _few(self, row: TenantRow, tenant: str) -> list[Item] | None:
        """All undelivered heads as the table has them; None if there are too many to look up."""
        index = StatusIndex(self.events, tenant, row.shards, _UNDELIVERED)
        listed = index.read_range(None, _CHECKED_UP_TO)
        if listed.read_until is not None or len(listed.items) > _CHECKED_UP_TO:
            return None
        current = self.heads.current(tenant, listed.items, UNDELIVERED)
        return [head for head in current if not has_expired(head, self.clock())]


def live_events(tenant: str, status: EventStatus, shard: int, at: datetime) -> Query:
    """What asks for the events of one partition that have not expired, oldest first."""
    partition = query_of(STATUS_INDEX, status_partition(tenant, status, shard))
    now: Item = {":now": number(at.timestamp())}
    return replace(partition, only=IS_VISIBLE, values=partition.values | now)


def oldest_of(events: Table, partition: Query, retained_since: datetime) -> datetime | None:
    """When the oldest live event of a partition was created.

    Usually that is the first entry. Where it has expired, thousands may follow that wait to
    be swept as well: so the search goes on where the retention begins.
    """
    first = replace(partition, fields="created_at")
    page = events.page(first, limit=1)
    if page.items or page.last is None:
        return _created_at(page.items)
    behind = replace(
        first,
        where=f"{first.where} AND created_at >= :since",
        values=first.values | {":since": {"S": to_text(retained_since)}},
    )
    page = events.page(behind, limit=_BEHIND_EXPIRED)
    if page.last is not None and not page.items:
        raise StoreUnavailableError("Too much has expired at once to tell what is oldest.")
    return _created_at(page.items)


def _counted(heads: list[Item], among: AbstractSet[str]) -> UndeliveredCounts:
    pending = [head for head in heads if head["status"]["S"] == EventStatus.PENDING]
    created = [from_text(head["created_at"]["S"]) for head in pending]
    return UndeliveredCounts(
        pending=len(pending),
        failed=len(heads) - len(pending),
        among=sum(head["id"]["S"] in among for head in heads),
        oldest_pending_at=min(created, default=None),
    )


def _created_at(items: list[Item]) -> datetime | None:
    return from_text(items[0]["created_at"]["S"]) if items else None
