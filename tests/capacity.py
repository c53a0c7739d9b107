"""What requests cost at DynamoDB: its published rules, applied to the real items.

Emulators answer a ConsumedCapacity of their own invention, so it is computed here:

- A write costs a unit for each KB of the item, as it was or as it is, whichever is larger;
  a write whose condition fails costs as much.
- An index is written when a projected attribute changes, and sized by its projection; a
  change of its key is a deletion and an insertion.
- A consistent read costs a unit for each 4 KB of an item, and one if there is none; a query
  adds up all items that it looks at, and costs half because it is not consistent.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.cloudformation import properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


@dataclass
class Bill:
    """What was spent."""

    write_units: float = 0
    read_units: float = 0
    items_read: int = 0
    operations: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """One index of a table."""

    keys: frozenset[str]  # of the table
    index_keys: frozenset[str]
    projected: frozenset[str] | None  # None: all of an item

    @classmethod
    def all_of(cls, logical_id: str) -> dict[str, "Shape"]:
        """Every index of a table, by its name."""
        table = properties(logical_id)
        return {
            index["IndexName"]: cls(
                _names(table["KeySchema"]),
                _names(index["KeySchema"]),
                _projected(index["Projection"]),
            )
            for index in table["GlobalSecondaryIndexes"]
        }

    def in_index(self, item: Item | None) -> Item | None:
        """What the index holds of an item; nothing if it lacks a key of the index."""
        if item is None or not self.index_keys <= item.keys():
            return None
        if self.projected is None:
            return item
        held = self.keys | self.index_keys | self.projected
        return {name: value for name, value in item.items() if name in held}

    def write_units(self, before: Item | None, after: Item | None) -> int:
        """Of one write of the table, to this index."""
        old, new = self.in_index(before), self.in_index(after)
        if old == new:
            return 0
        if old and new and all(old[name] == new[name] for name in self.index_keys):
            return _units(max(item_bytes(old), item_bytes(new)), 1024)
        return sum(_units(item_bytes(held), 1024) for held in (old, new) if held)


def item_bytes(item: Item | None) -> int:
    return sum(len(name.encode()) + _value_bytes(value) for name, value in (item or {}).items())


def write_units(shape: Shape, before: Item | None, after: Item | None) -> int:
    """Of one write, to a table with one index."""
    return _in_table(before, after) + shape.write_units(before, after)


@contextmanager
def metered(client: "DynamoDBClient", logical_id: str) -> Iterator[Bill]:
    """What the client's calls to a table spend meanwhile."""
    meter = _Meter(client, Shape.all_of(logical_id), Bill())
    events = client.meta.events
    events.register("provide-client-params.dynamodb", meter.before)
    events.register("after-call.dynamodb", meter.after)
    try:
        yield meter.bill
    finally:
        events.unregister("provide-client-params.dynamodb", meter.before)
        events.unregister("after-call.dynamodb", meter.after)


class _Meter(threading.local):
    """Looks at each call of a client, and at the item it writes, before it and after.

    Each thread has a call of its own under way; the bill is one.
    """

    def __init__(self, client: "DynamoDBClient", shapes: dict[str, Shape], bill: Bill) -> None:
        self.bill = bill
        self._client = client
        self._shapes = shapes
        self._keys = next(iter(shapes.values())).keys
        self._is_looking = False
        self._params: dict[str, Any] = {}
        self._before: Item | None = None
        self._befores: list[Item | None] = []

    def before(self, params: dict[str, Any], model: Any, **_: object) -> None:
        if self._is_looking:
            return
        self._params = params
        if model.name in ("PutItem", "UpdateItem"):
            self._before = self._written_item()
        if model.name == "TransactWriteItems":
            self._befores = self._put_items()

    def after(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        if self._is_looking:
            return
        self.bill.operations.append(model.name)
        getattr(self, f"_after_{model.name}")(parsed)

    def _after_PutItem(self, _: dict[str, Any]) -> None:  # noqa: N802  # an operation's name
        before, after = self._before, self._written_item()
        self.bill.write_units += _in_table(before, after)
        for shape in self._shapes.values():
            self.bill.write_units += shape.write_units(before, after)

    _after_UpdateItem = _after_PutItem  # noqa: N815

    def _after_TransactWriteItems(self, _: dict[str, Any]) -> None:  # noqa: N802
        for before, after in zip(self._befores, self._put_items(), strict=True):
            for shape in self._shapes.values():
                assert shape.in_index(after) is None, "an index is billed once, not twice"
            self.bill.write_units += 2 * _in_table(before, after)

    def _after_GetItem(self, parsed: dict[str, Any]) -> None:  # noqa: N802
        self._read([parsed.get("Item")], is_consistent=self._params["ConsistentRead"])

    def _after_BatchGetItem(self, parsed: dict[str, Any]) -> None:  # noqa: N802
        ((table, request),) = self._params["RequestItems"].items()
        found = parsed["Responses"][table]
        missing = [None] * (len(request["Keys"]) - len(found))
        for item in [*found, *missing]:
            self._read([item], is_consistent=request["ConsistentRead"])

    def _after_Query(self, parsed: dict[str, Any]) -> None:  # noqa: N802
        if "IndexName" not in self._params:
            self._read(parsed["Items"], is_consistent=self._params["ConsistentRead"])
            return
        shape = self._shapes[self._params["IndexName"]]
        cuts = {"FilterExpression", "ProjectionExpression", "Select"} & self._params.keys()
        looked_at = self._all_looked_at() if cuts else parsed["Items"]
        self._read([shape.in_index(item) for item in looked_at], is_consistent=False)

    def _read(self, items: list[Item | None], *, is_consistent: bool) -> None:
        units = _units(sum(map(item_bytes, items)), 4096)
        self.bill.read_units += units if is_consistent else units / 2
        self.bill.items_read += len(items)

    def _put_items(self) -> list[Item | None]:
        """What a transaction of puts finds, or leaves behind."""
        puts = [write["Put"] for write in self._params["TransactItems"]]
        return [self._item_at(put["TableName"], put["Item"]) for put in puts]

    def _all_looked_at(self) -> list[Item]:
        """The items of a query that answers fewer, or less of them: it is billed for all."""
        cut = {"FilterExpression", "ProjectionExpression", "Select"}
        whole = {name: value for name, value in self._params.items() if name not in cut}
        used = whole["KeyConditionExpression"]
        named = whole.pop("ExpressionAttributeNames", {})
        if names := {name: value for name, value in named.items() if name in used}:
            whole["ExpressionAttributeNames"] = names
        whole["ExpressionAttributeValues"] = {
            name: value
            for name, value in whole["ExpressionAttributeValues"].items()
            if name in used
        }
        self._is_looking = True
        try:
            answer = self._client.query(**whole)
        finally:
            self._is_looking = False
        found: list[Item] = answer["Items"]
        return found

    def _written_item(self) -> Item | None:
        written = self._params.get("Item") or self._params["Key"]
        return self._item_at(self._params["TableName"], written)

    def _item_at(self, table: str, written: Item) -> Item | None:
        self._is_looking = True
        try:
            answer = self._client.get_item(
                TableName=table,
                Key={name: written[name] for name in self._keys},
                ConsistentRead=True,
            )
        finally:
            self._is_looking = False
        return answer.get("Item")


def _in_table(before: Item | None, after: Item | None) -> int:
    return _units(max(item_bytes(before), item_bytes(after)), 1024)


def _names(key_schema: list[dict[str, str]]) -> frozenset[str]:
    return frozenset(key["AttributeName"] for key in key_schema)


def _projected(projection: dict[str, Any]) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    return frozenset(projection.get("NonKeyAttributes", ()))


def _units(size: int, step: int) -> int:
    return max(1, -(-size // step))


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":  # about a byte for each two digits, and one more
        return (len(content.lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return 3 + len(content) + item_bytes(content)
    if kind in ("SS", "BS"):
        return sum(_value_bytes({kind[0]: each}) for each in content)
    return len(content.encode() if kind == "S" else content)
