"""What AWS gives of each thing at once: in a small world so little that it runs out.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.tables import Key, Table
from tests.simulation.cloud.values import Item, item_bytes

_ENDLESS: Final = 10**9
_SPARE_SECONDS: Final = 5  # of unused throughput that a partition keeps for a burst
_REASONS: Final = {  # an error of a call, and of a write in a transaction
    "ThrottlingException": "ThrottlingError",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "TransactionConflictException": "TransactionConflict",
}
_THROTTLED: Final = ("ThrottlingException", "ProvisionedThroughputExceededException")


@dataclass(frozen=True)
class Limits:
    """Of one world."""

    writes_a_second: int = _ENDLESS  # of a partition, of a table or of an index
    reads_a_second: int = _ENDLESS  # likewise
    transaction_seconds: float = 0.0  # how long a transaction keeps others from its items
    in_flight: int = _ENDLESS  # messages of a queue
    schedules: int = _ENDLESS
    at_once: int = 3  # processes of the API's function

    @classmethod
    def drawn(cls, chance: random.Random) -> Self:
        """In most worlds there is enough of everything."""
        if chance.random() >= 0.15:
            return cls()
        return cls(
            writes_a_second=chance.choice([_ENDLESS, 1, 2, 4]),
            transaction_seconds=chance.choice([0.0, 0.2, 1.0]),
            in_flight=chance.choice([_ENDLESS, 2, 6]),
            schedules=chance.choice([_ENDLESS, 0, 2]),
            at_once=chance.choice([1, 2, 3]),
            reads_a_second=chance.choice([_ENDLESS, _ENDLESS, 2, 6, 20]),
        )


@dataclass
class Partitions:
    """How hot each partition is, and which items a transaction is under way for."""

    limits: Limits = Limits()
    clock: Callable[[], float] = lambda: 0.0
    chance: random.Random = field(default_factory=random.Random)
    is_on: Callable[[], bool] = lambda: False
    _spent_until: dict[Any, float] = field(default_factory=dict)
    _read_until: dict[Any, float] = field(default_factory=dict)
    _in_transaction: dict[Any, float] = field(default_factory=dict)
    _ending: dict[str, float] = field(default_factory=dict)  # by token

    def admit(self, table: Table, key: Key, new: Item | None) -> None:
        """Let a write through. Raises `AwsError`."""
        if not self.is_on():
            return
        if self._is_in_transaction(table, key):
            said = "Transaction is ongoing for the item"
            raise AwsError("TransactionConflictException", said)
        self._spend(table, key, new)

    def reason(self, table: Table, key: Key, new: Item | None) -> dict[str, Any] | None:
        """Why one write of many cannot be made, as a transaction tells it."""
        try:
            self.admit(table, key, new)
        except AwsError as error:
            return {"Code": _REASONS[error.code], "Message": error.body["message"]}
        return None

    def begin(self, token: str, writes: list[tuple[Table, Key, Item | None]]) -> None:
        """Keep others from a transaction's items until it ends."""
        ends_at = self.clock() + self.chance.uniform(0, self.limits.transaction_seconds)
        self._in_transaction |= {(table.name, key): ends_at for table, key, _ in writes}
        if token:
            self._ending[token] = ends_at

    def is_under_way(self, token: str) -> bool:
        """Whether a transaction of this token is."""
        return self.is_on() and self._ending.get(token, 0.0) > self.clock()

    def _spend(self, table: Table, key: Key, new: Item | None) -> None:
        if self.limits.writes_a_second == _ENDLESS:
            return
        costs = list(_costs(table, key, new))
        for place, _ in costs:
            if self._spent_until.get(place, 0.0) > self.clock():
                raise self._throttled("Write", *place[:2])
        for place, units in costs:
            self._take(self._spent_until, place, units / self.limits.writes_a_second)

    def read(self, place: tuple[str, str, Any], units: float) -> None:
        """Let a read of a table's or an index's partition through. Raises `AwsError`.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-key-range-limit-exceeded-mitigation.html
        """
        if self.limits.reads_a_second == _ENDLESS or not self.is_on():
            return
        if self._read_until.get(place, 0.0) > self.clock():
            raise self._throttled("Read", *place[:2])
        self._take(self._read_until, place, units / self.limits.reads_a_second)

    def _take(self, spent_until: dict[Any, float], place: Any, seconds: float) -> None:
        until = max(spent_until.get(place, 0.0), self.clock() - _SPARE_SECONDS)
        spent_until[place] = until + seconds

    def _is_in_transaction(self, table: Table, key: Key) -> bool:
        return self._in_transaction.get((table.name, key), 0.0) > self.clock()

    def _throttled(self, what: str, table: str, index: str) -> AwsError:
        kind = f"{'Index' if index else 'Table'}{what}KeyRange"
        arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}"
        resource = f"{arn}/index/{index}" if index else arn
        reasons = [{"reason": f"{kind}ThroughputExceeded", "resource": resource}]
        code = self.chance.choice(_THROTTLED)
        return AwsError(code, "Throughput exceeds the current capacity", ThrottlingReasons=reasons)


def _costs(table: Table, key: Key, new: Item | None) -> Iterator[tuple[Any, int]]:
    """Each partition that a write touches, and the units that it takes there."""
    old = table.find(key)
    yield (table.name, "", key[0]), _units(new or old or {})
    for index in table.indexes.values():
        for partition, image in index.touched(old, new):
            yield (table.name, index.name, partition), _units(image)


def _units(item: Item) -> int:
    return max(1, -(-item_bytes(item) // 1024))
