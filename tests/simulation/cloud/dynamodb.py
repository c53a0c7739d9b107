"""DynamoDB's operations, those that our adapters call."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.cloud import expressions
from tests.simulation.cloud.errors import AwsError, invalid
from tests.simulation.cloud.expressions import ExpressionError
from tests.simulation.cloud.limits import Partitions
from tests.simulation.cloud.pages import (
    answer_of_query,
    behind,
    fields_of,
    given_in,
    page_of,
    places,
    units_of,
)
from tests.simulation.cloud.refusals import (
    refuse_duplicates,
    refuse_item,
    refuse_query,
    refuse_start,
    refuse_transaction,
    refuse_unused,
)
from tests.simulation.cloud.tables import Clock, Index, Key, Table
from tests.simulation.cloud.values import Item, Value, place

Request = dict[str, Any]
Answer = dict[str, Any]

_BATCH_GET, _BATCH_WRITE, _TRANSACTION = 100, 25, 100
_TOKEN_SECONDS: Final = 600  # a transaction's, after which it is a new one


def at_once() -> float:
    """An index answers as well as it can."""
    return 0.0


def never() -> bool:
    """Nothing stale: as a caller would like it."""
    return False


def nothing(_count: int) -> list[int]:
    """A batch is processed as a whole."""
    return []


@dataclass
class DynamoDb:
    """The service. What it asks others of, AWS may do, and promises nothing about.

    `left_of` says which of so many requests a batch leaves unprocessed, `earlier` how many
    seconds behind itself an index answers.
    """

    tables: Mapping[str, Table]
    clock: Clock
    left_of: Callable[[int], list[int]] = nothing
    is_stale: Callable[[], bool] = never
    earlier: Callable[[], float] = at_once
    partitions: Partitions = field(default_factory=Partitions)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __call__(self, operation: str, request: Request) -> Answer:
        """What the service answers; raises `AwsError`."""
        try:
            refuse_unused(request)
            answer: Answer = getattr(self, f"_{operation}")(request)
        except ExpressionError as error:
            raise invalid(str(error)) from None
        return answer

    def _GetItem(self, request: Request) -> Answer:  # noqa: N802  # an operation's name
        table = self._table(request)
        key = _whole_key(table, request["Key"])
        is_old = not request.get("ConsistentRead") and self.is_stale()
        found = table.find_stale(key) if is_old else table.find(key)
        self.partitions.read((table.name, "", key[0]), units_of([found or {}], request))
        return {} if found is None else {"Item": fields_of(found, request)}

    def _BatchGetItem(self, request: Request) -> Answer:  # noqa: N802
        asked = request["RequestItems"]
        if not 1 <= sum(len(each["Keys"]) for each in asked.values()) <= _BATCH_GET:
            raise invalid(
                f"Too many items requested for the BatchGetItem call, {_BATCH_GET} at most"
            )
        responses: dict[str, list[Item]] = {}
        left: dict[str, Any] = {}
        for name, wanted in asked.items():
            table = self._table({"TableName": name})
            if not wanted.get("ConsistentRead"):
                raise NotImplementedError("No adapter reads a batch that may be stale yet.")
            keys = [_whole_key(table, each) for each in wanted["Keys"]]
            refuse_duplicates(keys)
            unread = self.left_of(len(keys))
            unread += [
                number
                for number, key in enumerate(keys)
                if number not in unread and self._is_too_hot(table, key, wanted)
            ]
            found = [table.find(key) for number, key in enumerate(keys) if number not in unread]
            # In no order: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
            responses[name] = [item for item in found if item is not None][::-1]
            if unread:
                left[name] = wanted | {"Keys": [wanted["Keys"][number] for number in unread]}
        _refuse_if_nothing_is_done(
            sum(len(each["Keys"]) for each in asked.values()),
            sum(len(each["Keys"]) for each in left.values()),
        )
        return {"Responses": responses, "UnprocessedKeys": left}

    def _BatchWriteItem(self, request: Request) -> Answer:  # noqa: N802
        asked = request["RequestItems"]
        if not 1 <= sum(map(len, asked.values())) <= _BATCH_WRITE:
            raise invalid(f"BatchWriteItem takes 1 to {_BATCH_WRITE} requests")
        left: dict[str, Any] = {}
        for name, wanted in asked.items():
            table = self._table({"TableName": name})
            writes = [_batched(table, each) for each in wanted]
            refuse_duplicates([key for key, _ in writes])
            skipped = self.left_of(len(writes))
            for number, (key, item) in enumerate(writes):
                if number in skipped or self.partitions.reason(table, key, item) is not None:
                    left.setdefault(name, []).append(wanted[number])
                else:
                    table.write(key, item)
        _refuse_if_nothing_is_done(sum(map(len, asked.values())), sum(map(len, left.values())))
        return {"UnprocessedItems": left}

    def _is_too_hot(self, table: Table, key: Key, request: Request) -> bool:
        try:
            place = (table.name, "", key[0])
            self.partitions.read(place, units_of([table.find(key) or {}], request))
        except AwsError:
            return True
        return False

    def _PutItem(self, request: Request) -> Answer:  # noqa: N802
        return self._written(request, *self._put(request))

    def _UpdateItem(self, request: Request) -> Answer:  # noqa: N802
        return self._written(request, *self._update(request))

    def _DeleteItem(self, request: Request) -> Answer:  # noqa: N802
        return self._written(request, *self._delete(request))

    def _written(self, request: Request, table: Table, key: Key, new: Item | None) -> Answer:
        old = table.find(key)
        if not _holds(old, request):
            raise _refused(old, request)
        self.partitions.admit(table, key, new)
        table.write(key, new)
        return _returned(old, new, request)

    def _put(self, request: Request) -> tuple[Table, Key, Item]:
        table = self._table(request)
        item = request["Item"]
        key = _key(table, item)
        refuse_item(table, item)
        return table, key, item

    def _update(self, request: Request) -> tuple[Table, Key, Item]:
        table = self._table(request)
        key = _whole_key(table, request["Key"])
        given = given_in(request)
        update = expressions.update(request["UpdateExpression"])
        touched = update.touched(given)
        if len(set(touched)) < len(touched):
            raise invalid("Two document paths overlap with each other")
        if set(touched) & set(table.keys):
            raise invalid("Cannot update attribute: this attribute is part of the key")
        old = table.find(key)
        if not _holds(old, request):  # before anything is computed of an item that is not as asked
            raise _refused(old, request)
        new = update.apply(old if old is not None else request["Key"], given)
        refuse_item(table, new)
        return table, key, new

    def _delete(self, request: Request) -> tuple[Table, Key, None]:
        table = self._table(request)
        return table, _whole_key(table, request["Key"]), None

    def _TransactWriteItems(self, request: Request) -> Answer:  # noqa: N802
        actions = [action for each in request["TransactItems"] for action in each.items()]
        if not 1 <= len(actions) <= _TRANSACTION:
            raise invalid(f"TransactWriteItems takes 1 to {_TRANSACTION} actions")
        if self._was_done(request):
            return {}
        writes, reasons = [], []
        for kind, action in actions:
            table, key, new = self._action(kind, action)
            old = table.find(key)
            writes.append((table, key, new))
            reasons.append(_reason(old, action))
        refuse_duplicates([(table.name, *key) for table, key, _ in writes])
        refuse_transaction(new for _, _, new in writes)
        reasons = [
            self.partitions.reason(*write) or reason
            for write, reason in zip(writes, reasons, strict=True)
        ]
        if any(each["Code"] != "None" for each in reasons):
            raise AwsError(
                "TransactionCanceledException",
                "Transaction cancelled, please refer cancellation reasons for specific reasons",
                CancellationReasons=reasons,
            )
        self.partitions.begin(request.get("ClientRequestToken", ""), writes)
        for table, key, new in writes:
            table.write(key, new)
        self._note_done(request)
        return {}

    def _action(self, kind: str, action: Request) -> tuple[Table, Key, Item | None]:
        if kind == "Put":
            return self._put(action)
        if kind == "Delete":
            return self._delete(action)
        raise NotImplementedError(f"No adapter makes a transaction of {kind} yet.")

    def _was_done(self, request: Request) -> bool:
        """Whether a call with its token succeeded within ten minutes.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
        """
        token = request.get("ClientRequestToken", "")
        if self.partitions.is_under_way(token):
            raise AwsError("TransactionInProgressException", "The transaction is in progress")
        until, said = self._tokens.get(token, (0.0, ""))
        if until <= self.clock():
            return False
        if said != _said(request):
            raise AwsError("IdempotentParameterMismatchException")
        return True

    def _note_done(self, request: Request) -> None:
        if token := request.get("ClientRequestToken"):
            self._tokens[token] = (self.clock() + _TOKEN_SECONDS, _said(request))

    def _Query(self, request: Request) -> Answer:  # noqa: N802
        table = self._table(request)
        index = table.indexes[request["IndexName"]] if "IndexName" in request else None
        if index is not None and request.get("ConsistentRead"):
            raise invalid("Consistent reads are not supported on global secondary indexes")
        if request.get("Limit", 1) < 1:
            raise invalid("Limit must be greater than or equal to 1")
        order = table.keys[1:] if index is None else index.order
        partition, found = self._matching(table, index, request)
        found.sort(key=lambda item: places(item, order))
        if not request.get("ScanIndexForward", True):
            found.reverse()
        looked_at, last = page_of(behind(found, order, request), request)
        self.partitions.read(
            (table.name, request.get("IndexName", ""), partition), units_of(looked_at, request)
        )
        return answer_of_query(table, index, looked_at, last, request)

    def _matching(
        self, table: Table, index: Index | None, request: Request
    ) -> tuple[Key | str, list[Item]]:
        """The partition and the items that the key condition asks for."""
        given = given_in(request)
        asked = expressions.condition(request["KeyConditionExpression"])
        wanted = {
            expressions.named(path, given): given[1][name] for path, name in asked.equals.items()
        }
        hashed = table.keys[:1] if index is None else index.hashed
        keys = table.keys if index is None else (*index.hashed, *index.ranged)
        refuse_query(asked, request.get("FilterExpression"), keys, given)
        refuse_start(table, keys, asked, request)
        if not wanted.keys() >= set(hashed):
            raise invalid("Query condition missed key schema element")
        partition = tuple(place(wanted[name]) for name in hashed)
        if index is not None:
            back, at = self.earlier(), self.clock()
            held = index.as_of(at - back, partition, at) if back else index.level(partition, at)
        elif not request.get("ConsistentRead") and self.is_stale():
            held = table.partition_stale(partition[0])
        else:
            held = list(table.items.get(partition[0], {}).values())
        found = [item for item in held if asked.holds(item, given)]
        return (partition[0] if index is None else partition), found

    def _Scan(self, request: Request) -> Answer:  # noqa: N802
        table = self._table(request)
        found = sorted(table.all(), key=table.key_of)
        looked_at, last = page_of(behind(found, table.keys, request), request)
        return answer_of_query(table, None, looked_at, last, request)

    def _table(self, request: Request) -> Table:
        try:
            return self.tables[request["TableName"]]
        except KeyError:
            raise AwsError("ResourceNotFoundException", "Requested resource not found") from None


def _refuse_if_nothing_is_done(asked: int, left: int) -> None:
    """A batch of which nothing is processed is no answer.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html,
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
    """
    if asked == left:
        raise AwsError("ProvisionedThroughputExceededException", "Nothing could be processed")


def _batched(table: Table, request: Request) -> tuple[Key, Item | None]:
    if "PutRequest" in request:
        item = request["PutRequest"]["Item"]
        refuse_item(table, item)
        return _key(table, item), item
    return _whole_key(table, request["DeleteRequest"]["Key"]), None


def _whole_key(table: Table, said: Mapping[str, Value]) -> Key:
    """A key as it is named by itself: with each of its attributes, and no other."""
    if said.keys() != set(table.keys):
        raise invalid("The provided key element does not match the schema")
    return _key(table, said)


def _key(table: Table, item: Mapping[str, Value]) -> Key:
    try:
        key = table.key_of(item)
    except KeyError:
        raise invalid("The provided key element does not match the schema") from None
    for said, longest in zip(key, (2048, 1024), strict=False):
        if not 1 <= len(said.encode()) <= longest:
            raise invalid(f"A key attribute has 1 to {longest} bytes")
    return key


def _holds(old: Item | None, request: Request) -> bool:
    text = request.get("ConditionExpression")
    return text is None or expressions.condition(text).holds(old or {}, given_in(request))


def _refused(old: Item | None, request: Request) -> AwsError:
    told: dict[str, Any] = {}
    if old is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        told["Item"] = old
    return AwsError("ConditionalCheckFailedException", "The conditional request failed", **told)


def _reason(old: Item | None, action: Request) -> dict[str, Any]:
    """Why an action cancels its transaction; `None` is the code of one that does not."""
    if _holds(old, action):
        return {"Code": "None"}
    told = _refused(old, action).body
    reason = {"Code": "ConditionalCheckFailed", "Message": told["message"]}
    return reason | ({"Item": told["Item"]} if "Item" in told else {})


def _returned(old: Item | None, new: Item | None, request: Request) -> Answer:
    wanted = request.get("ReturnValues", "NONE")
    if wanted == "ALL_NEW":
        return {"Attributes": new}
    if wanted == "ALL_OLD":
        return {} if old is None else {"Attributes": old}
    if wanted == "UPDATED_NEW" and new is not None:
        touched = expressions.update(request["UpdateExpression"]).touched(given_in(request))
        told = {name: new[name] for name in touched if name in new}
        return {"Attributes": told} if told else {}
    if wanted == "UPDATED_OLD":
        raise NotImplementedError("No adapter asks for what an update has replaced yet.")
    return {}


def _said(request: Request) -> str:
    return json.dumps(request["TransactItems"], sort_keys=True)
