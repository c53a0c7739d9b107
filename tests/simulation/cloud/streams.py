"""DynamoDB's streams: a record of each write, in shards that end and have children."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.cloud.values import Item

_FIRST_NUMBER: Final = 4421584500000000017450439000


def goes_on() -> int:
    """A shard that never ends has no children."""
    return 0


@dataclass
class Shard:
    """A stream's shard: the records of its keys, in the order of their writes, until it ends.

    What is written after that is in its children.
    """

    id: str
    records: list[dict[str, Any]] = field(default_factory=list)
    parent: "Shard | None" = None
    children: "list[Shard]" = field(default_factory=list)

    def open_for(self, number: int) -> "Shard":
        """The one of its descendants that takes the records of a key, by its hash."""
        shard = self
        while shard.children:
            number, place = divmod(number, len(shard.children))
            shard = shard.children[place]
        return shard


@dataclass
class Stream:
    """What tells of each write of a table, with both images.

    A key's records are in one shard, and after its end in one of its children:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
    """

    arn: str
    shards: list[Shard]  # parents before their children
    heard: list[Callable[[], None]] = field(default_factory=list)  # by who reads it
    children: Callable[[], int] = goes_on  # how many a shard has after its next record
    _written: int = 0
    _first: int = field(init=False)  # shards, which have no parent

    def __post_init__(self) -> None:
        self._first = len(self.shards)

    def tell(
        self, key: Item, old: Item | None, new: Item | None, at: float, *, swept: bool
    ) -> None:
        """Append a record of a write that changed something."""
        self._written += 1
        stored: dict[str, Any] = {
            "ApproximateCreationDateTime": int(at),  # whole seconds, as Lambda hands it over
            "Keys": key,
            "SequenceNumber": str(_FIRST_NUMBER + self._written),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        if old is not None:
            stored["OldImage"] = old
        if new is not None:
            stored["NewImage"] = new
        name = "REMOVE" if new is None else "INSERT" if old is None else "MODIFY"
        record = {"eventName": name, "eventSourceARN": self.arn, "dynamodb": stored}
        if swept:
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        number = zlib.crc32(str(next(iter(key.values()))).encode())
        shard = self.shards[number % self._first].open_for(number // self._first)
        shard.records.append(record)
        for _ in range(self.children()):
            shard.children.append(Shard(f"shardId-{len(self.shards):020}", parent=shard))
            self.shards.append(shard.children[-1])
        for hear in self.heard:
            hear()
