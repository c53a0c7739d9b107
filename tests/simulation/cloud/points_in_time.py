"""DynamoDB's continuous backups: a new table, as another one was at a second.

The second may be as late as about five minutes ago; the new table has no stream and no time to
live, and can be read when it is ACTIVE:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery.Tutorial.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.kernel import current
from tests.simulation.cloud.tables import Clock, Key, Table
from tests.simulation.cloud.values import Item

Request = dict[str, Any]
Answer = dict[str, Any]
State = dict[Key, Item]

BEHIND: Final = 300.0  # seconds that the latest second to be restored is ago
_PAGE_AT_MOST: Final = 12  # items: in a world they are few and small, and their pages are many
_READ_BY: Final = ("Scan", "Query", "GetItem", "BatchGetItem")


@dataclass(frozen=True, slots=True)
class Write:
    """One of a table, and who made it: nobody, if its caller had given up."""

    at: float
    table: str
    key: Key
    old: Item | None
    new: Item | None
    by: str


@dataclass
class _Copy:
    """A table that was restored, and from when on it can be read."""

    table: Table
    active_at: float


@dataclass
class PointsInTime:
    """DynamoDB with what it remembers of its tables; other calls are those of the service."""

    dynamodb: DynamoDb
    tables: Mapping[str, Table]
    clock: Clock
    chance: random.Random
    makes_within: float  # seconds until a copy can be read
    writes: list[Write] = field(default_factory=list)
    _now: dict[str, State] = field(default_factory=dict)
    _begun_with: dict[str, State] = field(default_factory=dict)
    _begun_at: float = 0.0
    _copies: dict[str, _Copy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """From now on each write is remembered."""
        self._begun_at = self.clock()
        for name, table in self.tables.items():
            self._begun_with[name] = {table.key_of(item): item for item in table.all()}
            self._now[name] = dict(self._begun_with[name])
            table.heard.append(partial(self._hear, name))

    def _hear(self, name: str, key: Key, new: Item | None) -> None:
        fiber = current()
        by = "" if fiber is None else fiber.name
        self.writes.append(Write(self.clock(), name, key, self._now[name].get(key), new, by))
        _put(self._now[name], key, new)

    def as_of(self, name: str, at: float) -> State:
        """The items of a table after all that was written until a moment."""
        state = dict(self._begun_with[name])
        for write in self.writes:
            if write.table == name and write.at <= at:
                _put(state, write.key, write.new)
        return state

    def __call__(self, operation: str, request: Request) -> Answer:
        """What the service answers; raises `AwsError`."""
        own: Callable[[Request], Answer] | None = getattr(self, f"_{operation}", None)
        if own is not None:
            return own(request)
        if request.get("TableName") not in self._copies and operation != "BatchGetItem":
            return self.dynamodb(operation, request)
        return self._read(operation, request)

    def _read(self, operation: str, request: Request) -> Answer:
        if operation not in _READ_BY:
            raise AwsError("AccessDeniedException", f"nobody may {operation} a copy")
        name = request.get("TableName")
        if name not in self._copies:
            return self.dynamodb(operation, request)
        copy = self._copies[name]
        if self._status(copy) != "ACTIVE":
            raise _unknown(name)
        if operation == "Scan":
            request = request | {"Limit": self.chance.randint(1, _PAGE_AT_MOST)}
        return DynamoDb({name: copy.table}, self.clock)(operation, request)

    def _RestoreTableToPointInTime(self, request: Request) -> Answer:  # noqa: N802
        source, name = request["SourceTableName"], request["TargetTableName"]
        if source not in self.tables:
            raise AwsError("TableNotFoundException", source)
        if name in self._copies or name in self.tables:
            raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}")
        at = _seconds(request["RestoreDateTime"])
        if not self._begun_at <= at <= self.clock() - BEHIND:
            raise AwsError("InvalidRestoreTimeException", "no second that can be restored")
        made = self.tables[source]
        copy = Table(name, made.keys, {}, None, None, self.clock, {})
        for key, item in self.as_of(source, at).items():
            copy.items.setdefault(key[0], {})[key] = item
        ready = self.clock() + self.chance.uniform(0, self.makes_within)
        self._copies[name] = _Copy(copy, ready)
        return {"TableDescription": self._described(name)}

    def _DescribeTable(self, request: Request) -> Answer:  # noqa: N802
        if request["TableName"] not in self._copies:
            raise _unknown(request["TableName"])
        return {"Table": self._described(request["TableName"])}

    def _DeleteTable(self, request: Request) -> Answer:  # noqa: N802
        name = request["TableName"]
        if name in self.tables:
            raise AwsError("ValidationException", f"{name} is protected from deletion")
        if name not in self._copies:
            raise _unknown(name)
        if self._status(self._copies[name]) != "ACTIVE":
            raise AwsError("ResourceInUseException", f"{name} is being made")
        described = self._described(name)
        del self._copies[name]
        return {"TableDescription": described | {"TableStatus": "DELETING"}}

    def _described(self, name: str) -> Answer:
        """The count is made every six hours: of a new table, there is none."""
        status = self._status(self._copies[name])
        return {"TableName": name, "TableStatus": status, "ItemCount": 0}

    def _status(self, copy: _Copy) -> str:
        return "ACTIVE" if self.clock() >= copy.active_at else "CREATING"


def _put(state: State, key: Key, new: Item | None) -> None:
    if new is None:
        state.pop(key, None)
    else:
        state[key] = new


def _unknown(name: str) -> AwsError:
    """Also of a table that is there and not ACTIVE."""
    return AwsError("ResourceNotFoundException", f"Requested resource not found: {name}")


def _seconds(said: datetime | float) -> float:
    return said.timestamp() if isinstance(said, datetime) else float(said)
