"""Counters in DynamoDB: an item for each row, which knows how far it has counted.

| pk         | sk         | holds                                                                |
|------------|------------|----------------------------------------------------------------------|
| `<tenant>` | row's name | an attribute for each counter; `at_<shard>`, the last number;        |
|            |            | `at_first`, the shard and number it began with: no other row did     |

A number of a record is one of 21 to 40 digits, by DynamoDB's documentation, and is kept as a
number, which holds 38 of them: those seen have less than 30. A position is 30 bytes; shards live
for about four hours, so that a row of a day has six for each partition of a table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from triggers_api.errors import StoreUnavailableError
from triggers_api.store.items import number
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.usage.counters import Amounts, Count, Row, total

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_AT: Final = "at_"
FIRST: Final = f"{_AT}first"  # no shard's: those are hexadecimal
_SHARD_BYTES: Final = 6  # two shards of a row alike: once in 10^11 rows
# A shard is read by one process, and by one more that was taken for dead and is not.
_TRIES: Final = 4


class DynamoCounterStore:
    """See `CounterStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table of usage."""
        self._table = Table(client, table)

    def add(self, shard: str, counts: Sequence[Count]) -> None:
        """See `CounterStore.add`. One conditional write; a second one if a part was counted.

        Made again after a lost answer, the write fails its condition and is found to be counted.
        """
        left, position = list(counts), _AT + _short(shard)
        for _ in range(_TRIES):
            if not left:
                return
            try:
                self._add(position, left)
            except RefusedError as refused:
                counted = _counted_until(refused.item, position)
                left = [each for each in left if each.number > counted]
            else:
                return
        raise StoreUnavailableError("Somebody else counts the same. Try again in a moment.")

    def find(self, row: Row) -> Amounts:
        """See `CounterStore.find`. One consistent read."""
        return amounts_of(self._table.find(_key(row), consistent=True) or {})

    def _add(self, position: str, counts: Sequence[Count]) -> None:
        row, amounts = counts[0].row, total(counts)
        kept: Item = {position: _whole(counts[-1].number)}
        kept["expires_at"] = number(row.expires_at.timestamp())
        if row.day is not None:
            kept["day"] = {"S": row.day.isoformat()}
        setting = ", ".join(f"#{name} = :{name}" for name in kept)
        setting += f", #{FIRST} = if_not_exists(#{FIRST}, :begun)"
        adding = ", ".join(f"#{name} :{name}" for name in amounts)
        values = kept | {name: _whole(amount) for name, amount in amounts.items()}
        self._table.update(
            _key(row),
            f"SET {setting} ADD {adding}",
            {f":{name}": value for name, value in values.items()}
            | {":first": _whole(counts[0].number), ":begun": _begun(position, counts[0])},
            when=f"attribute_not_exists(#{position}) OR #{position} < :first",
        )


def amounts_of(item: Item) -> dict[str, int]:
    """The counters of a row's item."""
    return {
        name: int(value["N"])
        for name, value in item.items()
        if "N" in value and name != "expires_at" and not name.startswith(_AT)
    }


def _begun(position: str, first: Count) -> dict[str, str]:
    """Which record a row began with: a number alone may be that of another table's, too."""
    return {"S": f"{position.removeprefix(_AT)}#{first.number}"}


def _counted_until(item: Item | None, position: str) -> int:
    return int((item or {}).get(position, {"N": "-1"})["N"])


def _short(shard: str) -> str:
    """A name for an attribute that is made of the shard's own, whose length nobody promises."""
    return hashlib.blake2b(shard.encode(), digest_size=_SHARD_BYTES).hexdigest()


def _whole(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _key(row: Row) -> Item:
    return {"pk": {"S": row.tenant}, "sk": {"S": row.name}}
