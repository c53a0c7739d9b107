"""Ranges of an index: what follows a position, without gaps, up to where it was read.

Every index of ours keeps what shares its hashed attributes in the order of `created_at`, and
of ids within a microsecond. That is the order of a list, and a `Position` is a place in it,
whether or not an item is there. So a cursor is no more than a position, many partitions can be
merged into one exact sequence, and a page may end wherever reading ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from triggers_api.events.ports import Position
from triggers_api.read_meter import metered
from triggers_api.store.items import position_in_index
from triggers_api.store.table import Item, Query, Table
from triggers_api.timestamps import to_text

LOOKED_AT: Final = 1000  # what filters may read for one page, then they say how far they came
_MICROSECOND: Final = timedelta(microseconds=1)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Range:
    """What follows a position, in order and without gaps, up to `read_until`."""

    items: list[Item]
    read_until: Position | None  # None: there is nothing beyond
    units: float = field(default=0.0, compare=False)  # read units that it took

    def cut(self, count: int) -> Range:
        """Only the first so many: what is not shown need not be checked."""
        if len(self.items) <= count:
            return self
        return Range(self.items[:count], position_in_index(self.items[count - 1]), self.units)

    def only(self, counts: Callable[[Item], bool]) -> Range:
        """The same range without the items that do not count."""
        return replace(self, items=[item for item in self.items if counts(item)])


@dataclass(frozen=True, slots=True)
class Filter:
    """What to answer of a range; a read looks at so many items, since those dropped are paid for."""

    only: str
    values: Item
    looks_at: int


def filter_of(wanted: Mapping[str, str | None], *, looks_at: int) -> Filter | None:
    """What leaves the items with these attributes, `event_type` also by a prefix (`invoice.*`)."""
    only, values = [], Item()
    for name, value in wanted.items():
        if value is None:
            continue
        is_prefix = name == "event_type" and value.endswith(".*")
        only.append(f"begins_with(#{name}, :{name})" if is_prefix else f"#{name} = :{name}")
        values[f":{name}"] = {"S": value[:-1] if is_prefix else value}
    return Filter(" AND ".join(only), values, looks_at) if only else None


@dataclass(frozen=True, slots=True)
class Partition:
    """What an index keeps together: the items with these attributes, in the order of a list."""

    table: Table
    index: str
    shared: Item
    key_of: Callable[[str], Item]  # the primary key of the item with an id
    newest_first: bool = False
    since: datetime | None = None
    before: datetime | None = None  # excluded
    filter: Filter | None = None
    fields: str = ""

    def read(
        self, after: Position | None, wanted: int | None = None, *, up_to: Position | None = None
    ) -> Range:
        """What one call reads behind a position: so many items, or a megabyte.

        Nothing beyond `up_to` is read; no call is made where nothing can be.
        """
        between = self._between(after, up_to)
        if between is None:
            return Range([], None)
        query = query_of(self.index, self.shared)
        query = replace(
            query,
            where=query.where + between[0],
            values=query.values | between[1] | (self.filter.values if self.filter else {}),
            only=self.filter.only if self.filter else "",
            fields=self.fields,
            descending=self.newest_first,
        )
        begin = self._key(after) if after else None
        page = self.table.page(query, after=begin, limit=self._limit(wanted))
        end = position_in_index(page.last) if page.last else None
        return Range(page.items, end, page.units)

    def _limit(self, wanted: int | None) -> int | None:
        if self.filter is not None:
            return self.filter.looks_at
        return None if wanted is None else wanted + 1  # one more tells whether there is a next page

    def _key(self, position: Position) -> Item:
        """The key of a place in the index, whether or not an item is there."""
        created_at, id_ = {"S": to_text(position.created_at)}, {"S": position.id}
        return self.key_of(position.id) | self.shared | {"created_at": created_at, "id": id_}

    def _between(
        self, after: Position | None, up_to: Position | None
    ) -> tuple[str, dict[str, Any]] | None:
        """The condition on `created_at`; None if nothing can meet it."""
        begin, end = (up_to, after) if self.newest_first else (after, up_to)
        before = self.before and _just_before(self.before)
        lows = [moment for moment in (begin and begin.created_at, self.since) if moment]
        highs = [moment for moment in (end and end.created_at, before) if moment]
        low, high = max(lows, default=None), min(highs, default=None)
        if low and high:
            values = {":low": {"S": to_text(low)}, ":high": {"S": to_text(high)}}
            return None if low > high else (" AND created_at BETWEEN :low AND :high", values)
        if low:
            return " AND created_at >= :low", {":low": {"S": to_text(low)}}
        if high:
            return " AND created_at <= :high", {":high": {"S": to_text(high)}}
        return "", {}


@dataclass(frozen=True, slots=True)
class Reach:
    """How many ranges are read for a page: each may hold nothing that counts."""

    ranges: int  # for a page with something on it
    of_nothing: int  # for one that is still empty
    wanted_after_nothing: int | None = None  # how much is then read at once


def query_of(index: str, shared: Item) -> Query:
    """What asks for all items of an index that have these attributes."""
    where = " AND ".join(f"#{name} = :{name}" for name in shared)
    values = {f":{name}": value for name, value in shared.items()}
    return Query(where, values, index=index, consistent=False)


def nearest(ranges: Sequence[Range], *, newest_first: bool) -> Position | None:
    """How far all of these ranges were read; None if to the end."""
    ends = [each.read_until for each in ranges if each.read_until is not None]
    return (max if newest_first else min)(ends, default=None)


def merged(ranges: Sequence[Range], *, newest_first: bool) -> Range:
    """Ranges behind one position as one; of an item that is met twice, the later sight counts."""
    seen = {item["id"]["S"]: item for each in ranges for item in each.items}
    placed = [(position_in_index(item), item) for item in seen.values()]
    placed.sort(key=itemgetter(0), reverse=newest_first)
    end = nearest(ranges, newest_first=newest_first)
    if end is not None:
        placed = [(at, item) for at, item in placed if (at >= end if newest_first else at <= end)]
    return Range([item for _, item in placed], end, sum(each.units for each in ranges))


def gathered(
    read: Callable[[Position | None, int], Range],
    current: Callable[[list[Item]], list[Item]],
    *,
    after: Position | None,
    limit: int,
    reach: Reach,
) -> Range:
    """The first `limit` items behind a position that `current` leaves of what is read.

    Fewer, if the ranges within reach hold no more: then `read_until` tells where to go on. What
    `current` reads to check them is counted too.
    """
    found: list[Item] = []
    wanted, units = limit, 0.0
    for number in range(1, reach.of_nothing + 1):
        part = read(after, wanted).cut(limit - len(found))
        with metered() as checks:
            found += current(part.items)
        units += part.units + checks.units
        after = part.read_until
        if after is None or len(found) >= limit or (found and number >= reach.ranges):
            break
        wanted = limit - len(found)
        if reach.wanted_after_nothing and not part.items:
            wanted = reach.wanted_after_nothing
    return Range(found, after, units)


def _just_before(moment: datetime) -> datetime:
    return moment - _MICROSECOND if moment > _EARLIEST else moment  # nothing is as old as that
