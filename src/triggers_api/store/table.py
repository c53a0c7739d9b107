"""A table of DynamoDB: every call that is made of it, and its refusals in our words.

Adapters say what they read and write. In an expression, `#status` is the attribute `status`,
whether or not DynamoDB reserves the word.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import ClientError

from triggers_api.aws import clients
from triggers_api.errors import StoreUnavailableError
from triggers_api.read_meter import note_read
from triggers_api.store.sizes import read_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item, or a key, in DynamoDB's wire form: `{"name": {"S": "value"}}`."""


def create_client() -> DynamoDBClient:
    """A client of DynamoDB."""
    client: DynamoDBClient = clients.create_client("dynamodb")
    return client


_BATCH_GET_KEYS: Final = 100  # the most that one BatchGetItem takes
_BATCH_WRITES: Final = 25  # the most that one BatchWriteItem takes
# Before what a throttled batch left is asked for again, at most; then we give up and say so. A
# partition that takes no more is not helped by a caller who comes back at once, but a request's
# caller waits, too: all of it takes less than a second.
_BATCH_WAITS_SECONDS: Final = (0.05, 0.1, 0.2, 0.4)
_NAME: Final = re.compile(r"#(\w+)")
_EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
# A call that fails has its own code; a transaction has one for each of its writes, too.
_CONDITION_FAILED: Final = frozenset({"ConditionalCheckFailedException", "ConditionalCheckFailed"})
_CONTENDED: Final = frozenset({"TransactionConflictException", "TransactionConflict"})
_HOT: Final = "IndexWriteKeyRangeThroughputExceeded"
_BUSY: Final = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class RefusedError(Exception):
    """A write's condition did not hold; `item` is what is stored there, if anything is."""

    def __init__(self, item: Item | None) -> None:
        """`item` may hold anything that was ever stored: it is for adapters, not for callers."""
        super().__init__("The condition of a write did not hold.")
        self.item = item

    def is_our_own(self, token: Item, name: str = "write_token") -> bool:
        """Whether what is stored is the same write, whose answer was lost and that was sent again.

        `token` is the value that it alone has in the attribute `name`.
        """
        return self.item is not None and self.item.get(name) == token


@dataclass(frozen=True, slots=True)
class Put:
    """An item to be stored, and the condition under which it may be."""

    item: Item
    when: str = ""
    values: Item | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What to read of a table, or of one of its indexes: `where` is its key condition."""

    where: str
    values: Item
    _: KW_ONLY
    consistent: bool  # never, of an index
    index: str = ""
    only: str = ""  # a filter; what it drops is paid for, and counts for a limit
    fields: str = ""  # the attributes to be answered; all, if none are named
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one call answers; `last` is the key after which to go on, if there may be more."""

    items: list[Item]
    last: Item | None
    units: float  # read units, those for items that a filter dropped among them


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Each call may raise `StoreUnavailableError`."""

    client: DynamoDBClient
    name: str

    def find(self, key: Item, *, consistent: bool) -> Item | None:
        """The item of this key."""
        with _errors():
            answer = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=consistent)
        item = answer.get("Item")
        note_read(read_units(item) / (1 if consistent else 2))
        return item

    def find_all(self, keys: Sequence[Item]) -> list[Item]:
        """Read these items consistently, in no order; those that do not exist are left out.

        DynamoDB refuses a call that names an item twice: an event's id of old and that of the
        event which has taken its place do.
        """
        keys = list({tuple(value["S"] for value in key.values()): key for key in keys}.values())
        found: list[Item] = []
        for start in range(0, len(keys), _BATCH_GET_KEYS):
            request: Any = {self.name: {"Keys": keys[start : start + _BATCH_GET_KEYS]}}
            request[self.name]["ConsistentRead"] = True
            for _ in _rounds():
                with _errors():
                    answer = self.client.batch_get_item(RequestItems=request)
                read = answer["Responses"].get(self.name, [])
                note_read(sum(map(read_units, read)))
                found += read
                request = answer.get("UnprocessedKeys")
                if not request:
                    break
        return found

    def put(self, item: Item, when: str = "", values: Item | None = None) -> None:
        """Store an item. Raises `RefusedError`."""
        self._write(self.client.put_item, self._put(Put(item, when, values)))

    def put_together(self, first: Put, *others: Put) -> None:
        """Store all of these items or none; two or more cost twice as much as they would alone.

        Raises `RefusedError`, also when another transaction is about one of the items.
        """
        lost = _CONDITION_FAILED | _CONTENDED
        if not others:
            self._write(self.client.put_item, self._put(first), lost)
            return
        writes = [{"Put": self._put(each)} for each in (first, *others)]
        self._write(self.client.transact_write_items, {"TransactItems": writes}, lost)

    def put_once(self, item: Item, when: str) -> None:
        """Store an item that may be deleted soon after; it costs twice as much as `put`.

        A call whose answer is late is repeated, and may take effect after the deletion, when its
        condition holds again. A transaction that was made within ten minutes is not made again:
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html.
        Raises `RefusedError`, also when another transaction is about the item.
        """
        writes = [{"Put": self._put(Put(item, when))}]
        lost = _CONDITION_FAILED | _CONTENDED
        self._write(self.client.transact_write_items, {"TransactItems": writes}, lost)

    def update(
        self,
        key: Item,
        change: str,
        values: Item,
        *,
        when: str = "",
        returning: Literal["NONE", "ALL_NEW", "UPDATED_NEW"] = "NONE",
    ) -> Item:
        """Change an item, and answer this of it. Raises `RefusedError`."""
        request = {"TableName": self.name, "Key": key, "UpdateExpression": change}
        request |= {"ReturnValues": returning} | _condition(when, values)
        attributes: Item = self._write(self.client.update_item, _named(request)).get(
            "Attributes", {}
        )
        return attributes

    def delete(self, key: Item, when: str = "", values: Item | None = None) -> None:
        """Delete an item; one that does not exist is deleted enough. Raises `RefusedError`."""
        request = {"TableName": self.name, "Key": key} | _condition(when, values)
        self._write(self.client.delete_item, _named(request))

    def delete_together(self, *keys: Item) -> None:
        """Delete all of these items or none; it costs twice as much as each alone.

        Raises `RefusedError` if another transaction is about one of them.
        """
        writes = [{"Delete": {"TableName": self.name, "Key": key}} for key in keys]
        self._write(self.client.transact_write_items, {"TransactItems": writes}, _CONTENDED)

    def delete_all(self, keys: Sequence[Item]) -> None:
        """Delete these items, each named once, in no order; those that do not exist are skipped.

        If it raises, some of them may be left.
        """
        for start in range(0, len(keys), _BATCH_WRITES):
            writes = [
                {"DeleteRequest": {"Key": key}} for key in keys[start : start + _BATCH_WRITES]
            ]
            request: Any = {self.name: writes}
            for _ in _rounds():
                with _errors():
                    answer = self.client.batch_write_item(RequestItems=request)
                request = answer.get("UnprocessedItems")
                if not request:
                    break

    def page(self, query: Query, *, after: Item | None = None, limit: int | None = None) -> Page:
        """What one call reads behind a key: a megabyte, or `limit` items."""
        with _errors():
            answer = self.client.query(
                **self._query(query, after, limit), ReturnConsumedCapacity="TOTAL"
            )
        return Page(answer["Items"], answer.get("LastEvaluatedKey"), _noted(answer))

    def pages(self, query: Query, *, of: int) -> Iterator[list[Item]]:
        """All items, so many at a time; read as they are asked for."""
        after: Item | None = None
        while True:
            page = self.page(query, after=after, limit=of)
            if page.items:
                yield page.items
            after = page.last
            if after is None:
                return

    def items(
        self, query: Query, *, after: Item | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        """All items behind a key, or the first `limit`; read as they are asked for."""
        left = limit
        while True:
            page = self.page(query, after=after, limit=left)
            yield from page.items
            if left is not None:
                left -= len(page.items)
            if page.last is None or left == 0:
                return
            after = page.last

    def count(self, query: Query, *, up_to: int) -> int:
        """How many items there are; looks at `up_to` at most, also if a filter drops them."""
        request = self._query(query, None, up_to) | {"Select": "COUNT"}
        return sum(answer["Count"] for answer in self._looked_at(request))

    def first(self, query: Query, *, up_to: int) -> Iterator[Item]:
        """The items that `count` counts, at the same cost."""
        for answer in self._looked_at(self._query(query, None, up_to)):
            yield from answer["Items"]

    def _looked_at(self, request: dict[str, Any]) -> Iterator[Any]:
        """The answers to a query until it has looked at as many items as its limit says."""
        while True:
            with _errors():
                answer = self.client.query(**request, ReturnConsumedCapacity="TOTAL")
            _noted(answer)
            yield answer
            request["Limit"] -= answer["ScannedCount"]
            if "LastEvaluatedKey" not in answer or request["Limit"] <= 0:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _put(self, put: Put) -> dict[str, Any]:
        request = {"TableName": self.name, "Item": put.item}
        return _named(request | _condition(put.when, put.values))

    def _query(self, query: Query, after: Item | None, limit: int | None) -> dict[str, Any]:
        optional = {
            "IndexName": query.index or None,
            "FilterExpression": query.only or None,
            "ProjectionExpression": query.fields or None,
            "ExclusiveStartKey": after,
            "Limit": limit,
        }
        request = {
            "TableName": self.name,
            "KeyConditionExpression": query.where,
            "ExpressionAttributeValues": query.values,
            "ConsistentRead": query.consistent,
            "ScanIndexForward": not query.descending,
        }
        return _named(
            request | {name: value for name, value in optional.items() if value is not None}
        )

    def _write(
        self,
        call: Callable[..., Any],
        request: dict[str, Any],
        lost: frozenset[str] = _CONDITION_FAILED,
    ) -> Any:
        with _errors():
            try:
                return call(**request)
            except ClientError as error:
                _raise_if_lost(error, lost)
                raise


def is_hot(error: StoreUnavailableError, index: str) -> bool:
    """Whether a write was throttled because one partition of this index takes no more.

    DynamoDB names what throttles: only such a reason is cured by more partitions, and those of an
    account, a table or a configured throughput are not.
    """
    cause = error.__cause__
    answer: Any = cause.response if isinstance(cause, ClientError) else {}
    reasons = answer.get("ThrottlingReasons") or answer.get("throttlingReasons") or []
    return any(
        each.get("reason") == _HOT and str(each.get("resource")).endswith(f"/index/{index}")
        for each in reasons
    )


@contextmanager
def unavailable_if_refused() -> Iterator[None]:
    """For what must not fail its caller: a table or a permission that is missing is an outage."""
    try:
        yield
    except ClientError as error:
        raise StoreUnavailableError("The store refuses to answer.") from error


def _noted(answer: Any) -> float:
    """The read units that a query took, noted for whoever counts."""
    units: float = answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
    note_read(units)
    return units


def _errors() -> AbstractContextManager[None]:
    """Turn what may pass by itself into `StoreUnavailableError`; let the rest through."""
    return clients.transient_errors(StoreUnavailableError, "store")


def _raise_if_lost(error: ClientError, lost: frozenset[str]) -> None:
    """Raise what a write's or a transaction's refusal means, if it is one of these."""
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {error.response["Error"]["Code"], *(reason.get("Code") for reason in reasons)}
    if codes & _BUSY:
        raise _busy() from error
    if codes & lost:
        stored = (each.get("Item") for each in (error.response, *reasons))
        raise RefusedError(next(filter(None, stored), None)) from error


def _rounds() -> Iterator[None]:
    """Turns for a batch, each after a longer wait than the last. Raises when they are used up."""
    yield
    for longest in _BATCH_WAITS_SECONDS:
        time.sleep(random.random() * longest)  # noqa: S311  # no secret
        yield
    raise _busy()


def _busy() -> StoreUnavailableError:
    return StoreUnavailableError("The store is busy. Try again in a moment.")


def _condition(when: str, values: Item | None) -> dict[str, Any]:
    request: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    if when:
        request["ConditionExpression"] = when
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request


def _named(request: dict[str, Any]) -> dict[str, Any]:
    """The request, with the names that its expressions use."""
    text = " ".join(request[each] for each in _EXPRESSIONS if each in request)
    if "#" in text:
        request["ExpressionAttributeNames"] = {f"#{name}": name for name in _NAME.findall(text)}
    return request
