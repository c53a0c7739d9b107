"""DynamoDB's tables: items, indexes that lag item by item, streams that tell of each write."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.simulation.cloud.streams import Shard, Stream
from tests.simulation.cloud.values import Item, Value, place

Key = tuple[Any, ...]
Clock = Callable[[], float]
Draw = Callable[[], float]

_SWEPT_WITHIN: Final = 5 * 365 * 86_400.0  # what expired longer ago is never deleted
_REMEMBERED_SECONDS: Final = 2.0  # what a read that need not be consistent may still answer


@dataclass(frozen=True, slots=True)
class _Replaced:
    """An entry as it was until a moment, None if there was none; how long that may be seen."""

    key: Key
    image: Item | None
    until: float
    seen_until: float


@dataclass
class Index:
    """A global secondary index; each entry follows its item after a time of its own."""

    name: str
    hashed: tuple[str, ...]
    ranged: tuple[str, ...]
    projected: frozenset[str] | None  # besides keys; None is all
    keys: tuple[str, ...]  # of the table
    lag: Draw
    lags_at_most: float = 0.0  # seconds in which a read may yet show what another did not any more
    partitions: dict[Key, dict[Key, Item]] = field(default_factory=dict)
    _entries: dict[Key, Key] = field(default_factory=dict)  # the partition that holds an item
    _coming: list[tuple[float, Key, Item | None, float]] = field(default_factory=list)
    _gone: list[_Replaced] = field(default_factory=list)  # in the order of their becoming so
    _last_due: dict[Key, float] = field(default_factory=dict)
    _last_seen: dict[Key, float] = field(default_factory=dict)  # what was before, by anybody

    @property
    def order(self) -> tuple[str, ...]:
        """What its entries are sorted by: equal ones by the table's own key."""
        return (*self.ranged, *self.keys)

    def follow(self, key: Key, old: Item | None, new: Item | None, at: float) -> None:
        """Take over a write of the table, later. A move is a leaving, then an arrival."""
        before, after = self._image(old), self._image(new)
        if before == after:
            return
        due = max(at + self.lag(), self._last_due.get(key, 0.0))
        if before is not None and after is not None and self._of(before) != self._of(after):
            self._coming.append((due, key, None, at))
            due += self.lag()
        self._coming.append((due, key, after, at))
        self._last_due[key] = due
        self._last_seen[key] = max(due, at + self.lags_at_most)

    def touched(self, old: Item | None, new: Item | None) -> list[tuple[Key, Item]]:
        """The partitions that a write of the table changes, and the entry in each."""
        before, after = self._image(old), self._image(new)
        if before == after:
            return []
        return [(self._of(each), each) for each in (before, after) if each is not None]

    def settles_at(self, key: Key) -> float:
        """When it is level with the table about an item, whoever reads it."""
        return self._last_seen.get(key, 0.0)

    def level(self, partition: Key, at: float) -> list[Item]:
        """The entries of a partition, as far as they have followed."""
        self.catch_up(at)
        return list(self.partitions.get(partition, {}).values())

    def as_of(self, moment: float, partition: Key, at: float) -> list[Item]:
        """The entries of a partition as they were before, each within the time that it may lag.

        Two reads that need not be consistent may disagree backwards:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
        """
        self.catch_up(at)
        held = dict(self.partitions.get(partition, {}))
        self._gone = [each for each in self._gone if each.seen_until > at]
        for each in reversed(self._gone):
            if each.until <= moment:
                continue
            held.pop(each.key, None)
            if each.image is not None and self._of(each.image) == partition:
                held[each.key] = each.image
        return list(held.values())

    def catch_up(self, at: float) -> None:
        """Take over what is due by now."""
        if not self._coming:
            return
        due = [each for each in self._coming if each[0] <= at]
        if not due:
            return
        self._coming = [each for each in self._coming if each[0] > at]
        for since, key, image, written_at in sorted(due, key=lambda each: each[0]):
            known = self._entries.pop(key, None)
            old = None if known is None else self.partitions[known].pop(key)
            seen_until = written_at + self.lags_at_most
            if seen_until > at:
                self._gone.append(_Replaced(key, old, since, seen_until))
            if image is not None:
                partition = self._of(image)
                self.partitions.setdefault(partition, {})[key] = image
                self._entries[key] = partition

    def _of(self, image: Item) -> Key:
        return tuple(place(image[name]) for name in self.hashed)

    def _image(self, item: Item | None) -> Item | None:
        needed = (*self.hashed, *self.ranged)
        if item is None or any(name not in item for name in needed):
            return None
        if self.projected is None:
            return item
        held = self.projected.union(needed, self.keys)
        return {name: value for name, value in item.items() if name in held}


@dataclass
class Table:
    """One table, made as the template says."""

    name: str
    keys: tuple[str, ...]
    indexes: Mapping[str, Index]
    stream: Stream | None
    ttl: str | None
    clock: Clock
    index_keys: Mapping[str, str]  # what type an attribute has by which an index finds items
    items: dict[Any, dict[Key, Item]] = field(default_factory=dict)  # by partition, then key
    heard: list[Callable[[Key, Item | None], None]] = field(default_factory=list)  # of each write
    _before: dict[Key, tuple[float, Item | None]] = field(default_factory=dict)
    _deleted: dict[Any, dict[Key, float]] = field(default_factory=dict)  # by partition: when

    @classmethod
    def of(cls, name: str, wanted: Mapping[str, Any], clock: Clock, lag: Draw, shards: int) -> Self:
        """A table with these properties of CloudFormation's."""
        keys = _names(wanted["KeySchema"])
        indexes = {
            each["IndexName"]: Index(
                each["IndexName"],
                _names(each["KeySchema"], "HASH"),
                _names(each["KeySchema"], "RANGE"),
                _projected(each["Projection"]),
                keys,
                lag,
            )
            for each in wanted.get("GlobalSecondaryIndexes", ())
        }
        stream = None
        if "StreamSpecification" in wanted:
            arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}/stream/1"
            stream = Stream(arn, [Shard(f"shardId-{number:020}") for number in range(shards)])
        ttl = wanted.get("TimeToLiveSpecification", {}).get("AttributeName")
        kinds = {
            each["AttributeName"]: each["AttributeType"]
            for each in wanted["AttributeDefinitions"]
            if each["AttributeName"] not in keys
        }
        return cls(name, keys, indexes, stream, ttl, clock, kinds)

    def key_of(self, item: Mapping[str, Value]) -> Key:
        """The values of an item's key."""
        return tuple(item[name]["S"] for name in self.keys)

    def find(self, key: Key) -> Item | None:
        """The item as it is."""
        return self.items.get(key[0], {}).get(key)

    def find_stale(self, key: Key) -> Item | None:
        """The item as it was a moment ago, if it was changed since."""
        changed_at, before = self._before.get(key, (0.0, None))
        if self.clock() - changed_at < _REMEMBERED_SECONDS:
            return before
        return self.find(key)

    def partition_stale(self, partition: Any) -> list[Item]:
        """Its items as they were a moment ago, and those that were deleted since.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
        """
        since = self.clock() - _REMEMBERED_SECONDS
        deleted = [key for key, at in self._deleted.get(partition, {}).items() if at > since]
        known = {*self.items.get(partition, {}), *deleted}
        return [item for key in known if (item := self.find_stale(key)) is not None]

    def settled_since(self, key: Key, index: str) -> float:
        """Since when the item is as it is, and the index as well."""
        changed_at, _ = self._before[key]
        return max(changed_at, self.indexes[index].settles_at(key))

    def all(self) -> Iterator[Item]:
        """Every item."""
        for partition in self.items.values():
            yield from partition.values()

    def write(self, key: Key, new: Item | None, *, swept: bool = False) -> None:
        """Put an item in place of what is there, or nothing."""
        old, at = self.find(key), self.clock()
        if old == new:
            return
        if new is None:
            del self.items[key[0]][key]
            self._deleted.setdefault(key[0], {})[key] = at
        else:
            self.items.setdefault(key[0], {})[key] = new
        self._before[key] = (at, old)
        for index in self.indexes.values():
            index.follow(key, old, new, at)
        if self.stream is not None:
            named: Item = {name: {"S": said} for name, said in zip(self.keys, key, strict=True)}
            self.stream.tell(named, old, new, at, swept=swept)
        for hear in self.heard:
            hear(key, new)

    def ends_at(self, item: Item) -> float | None:
        """When its time to live is over; None if it has none, as one that is no number."""
        said = None if self.ttl is None else item.get(self.ttl, {}).get("N")
        return None if said is None else float(said)

    def expired(self, at: float, items: Iterable[Item] | None = None) -> list[Key]:
        """Those that time to live may delete by now, of all or of some."""
        ends = ((item, self.ends_at(item)) for item in (self.all() if items is None else items))
        return [
            self.key_of(item)
            for item, ends_at in ends
            if ends_at is not None and at - _SWEPT_WITHIN < ends_at < at
        ]


def _names(schema: list[dict[str, str]], *kinds: str) -> tuple[str, ...]:
    return tuple(each["AttributeName"] for each in schema if not kinds or each["KeyType"] in kinds)


def _projected(projection: Mapping[str, Any]) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    return frozenset(projection.get("NonKeyAttributes", ()))
