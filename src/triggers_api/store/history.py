"""The history: a tenant's deliveries, newest first, as two indexes keep them.

| index               | holds             | hashed by         | sorted by             |
|---------------------|-------------------|-------------------|-----------------------|
| `HistoryIndex`      | all, whole        | tenant and config | time, id              |
| `UnsuccessfulIndex` | all but successes | tenant and status | config, time, id      |

Most deliveries succeed at once: they are not in the second index and cost it nothing. It is
sorted by config first, so a few reads tell which configs have such deliveries at all, deleted
ones too. Its entries are read again from the table, so a page shows none that has moved on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from triggers_api.events.ports import Position
from triggers_api.parallel import InParallel
from triggers_api.push.delivery import DeliveryStatus, event_of
from triggers_api.push.ports import DeliveryQuery
from triggers_api.store.items import position_in_index
from triggers_api.store.range import (
    LOOKED_AT,
    Filter,
    Partition,
    Range,
    Reach,
    filter_of,
    gathered,
    query_of,
)
from triggers_api.store.table import Item, Table
from triggers_api.timestamps import Clock

HISTORY_INDEX: Final = "HistoryIndex"
UNSUCCESSFUL_INDEX: Final = "UnsuccessfulIndex"
UNSUCCESSFUL: Final = frozenset(DeliveryStatus) - {DeliveryStatus.SUCCEEDED}

_LOOKED_AT_LEAST: Final = 25  # in one read
_CONFIGS_AT_ONCE: Final = 25  # entries read to learn which configs have some: a read unit
# Each range after the first replaces what has moved on since the index showed it.
_REACH: Final = Reach(ranges=4, of_nothing=4)


@dataclass(frozen=True, slots=True)
class History:
    """What one query wants of one tenant's deliveries."""

    table: Table
    tenant: str
    query: DeliveryQuery
    clock: Clock

    def of_configs(self, config_ids: Sequence[str], after: Position | None, limit: int) -> Range:
        """Those to these configs: a query each, and more where one page shows more of one."""
        shared = {"tenant": {"S": self.tenant}}
        wanted = self._filter(self.query.status, _step(limit, len(config_ids)))
        partitions = [
            self._partition(HISTORY_INDEX, shared | {"config_id": {"S": each}}, wanted)
            for each in config_ids
        ]
        return self._interleaved(partitions, after, limit)

    def of_unsuccessful(self, status: DeliveryStatus, after: Position | None, limit: int) -> Range:
        """Those with this status: costs nothing for the others, however many there are."""
        shared = {"tenant": {"S": self.tenant}, "unsuccessful": {"S": status}}
        asked = self.query.config_id
        config_ids = self._configs_with(shared) if asked is None else [asked]
        wanted = self._filter(None, _step(limit, len(config_ids)))
        partitions = [
            self._partition(UNSUCCESSFUL_INDEX, shared | {"config_id": {"S": each}}, wanted)
            for each in config_ids
        ]
        read = partial(self._interleaved, partitions)
        current = partial(self._current, status)
        return gathered(read, current, after=after, limit=limit, reach=_REACH)

    def _configs_with(self, shared: Item) -> list[str]:
        """The configs that have entries there, found by skipping from one to the next."""
        found: list[str] = []
        of_all = replace(query_of(UNSUCCESSFUL_INDEX, shared), fields="config_id")
        query = of_all
        while True:
            page = self.table.page(query, limit=_CONFIGS_AT_ONCE)
            found += dict.fromkeys(item["config_id"]["S"] for item in page.items)
            if page.last is None:
                return found
            where = f"{of_all.where} AND config_id > :last"
            query = replace(of_all, where=where, values=of_all.values | {":last": {"S": found[-1]}})

    def _current(self, status: DeliveryStatus, listed: list[Item]) -> list[Item]:
        """Listed deliveries as the table has them now, without those that have moved on."""
        keys = [_key_of(self.tenant, item["id"]["S"]) for item in listed]
        held = {item["id"]["S"]: item for item in self.table.find_all(keys)}
        found = (held.get(item["id"]["S"]) for item in listed)
        return [item for item in found if item is not None and item["status"]["S"] == status]

    def _partition(self, index: str, shared: Item, wanted: Filter | None) -> Partition:
        return Partition(
            self.table,
            index,
            shared,
            partial(_key_of, self.tenant),
            newest_first=True,
            since=self.query.since,
            before=self.query.until,
            filter=wanted,
        )

    def _filter(self, status: DeliveryStatus | None, step: int) -> Filter | None:
        """What an index cannot sort by."""
        only = {"event_type": self.query.event_type, "status": status}
        return filter_of(only, looks_at=step)

    def _interleaved(
        self, partitions: Sequence[Partition], after: Position | None, limit: int
    ) -> Range:
        """The newest of all partitions, in order; no more is read than is needed for them.

        With a filter it ends where so much was looked at, and says how far that was.
        """
        each = -(-limit // max(len(partitions), 1))
        fronts = [_Front(partition, each, after) for partition in partitions]
        InParallel(self.clock).all(fronts, _Front.read)
        found: list[Item] = []
        reads_left = LOOKED_AT // _step(limit, len(partitions)) - len(partitions)
        end: Position | None = None
        while (first := _newest(fronts)) is not None:
            if len(found) == limit:
                end = position_in_index(found[-1])
                break
            if first.items:
                found.append(first.items.popleft())
            elif first.partition.filter is None or reads_left > 0:
                reads_left -= 1
                first.read()
            else:
                end = first.end
                break
        return Range(found, end)


@dataclass(slots=True)
class _Front:
    """How far a partition was read, and what of that is not yet taken."""

    partition: Partition
    wanted: int
    end: Position | None  # where reading goes on; None once there is nothing more
    items: deque[Item] = field(default_factory=deque)

    def read(self) -> None:
        """Read a bit more."""
        found = self.partition.read(self.end, self.wanted)
        self.items.extend(found.items)
        self.end = found.read_until

    @property
    def newest(self) -> Position | None:
        """Nothing that is not yet taken is newer than this; None if nothing is left."""
        return position_in_index(self.items[0]) if self.items else self.end


def _newest(fronts: Sequence[_Front]) -> _Front | None:
    """Whose turn it is."""
    left = [(newest, number) for number, each in enumerate(fronts) if (newest := each.newest)]
    return fronts[max(left)[1]] if left else None


def _step(limit: int, partitions: int) -> int:
    """How much of each partition a filter looks at in one read."""
    return max(2 * limit // max(partitions, 1), _LOOKED_AT_LEAST)


def _key_of(tenant: str, delivery_id: str) -> Item:
    return delivery_key(tenant, event_of(delivery_id) or "", delivery_id)


def delivery_key(tenant: str, event_id: str, delivery_id: str) -> Item:
    """The primary key of a delivery: those of one round lie together."""
    round_ = delivery_id.rpartition("_")[2]
    return {"pk": {"S": f"{tenant}#{event_id}"}, "sk": {"S": f"{round_}#{delivery_id}"}}
