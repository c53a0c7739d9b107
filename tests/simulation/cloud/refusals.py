"""What DynamoDB refuses whatever its tables hold: a call that could never succeed.

An emulator or a fake lets most of it through; AWS answers a ValidationException.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tests.simulation.cloud import expressions
from tests.simulation.cloud.errors import invalid
from tests.simulation.cloud.expressions import Condition, Given
from tests.simulation.cloud.tables import Key, Table
from tests.simulation.cloud.values import Value, below, item_bytes

Request = dict[str, Any]

_ITEM_BYTES: Final = 400 * 1024
_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
_EXPRESSIONS: Final = (
    *("ConditionExpression", "UpdateExpression", "KeyConditionExpression"),
    *("FilterExpression", "ProjectionExpression"),
)
_GIVEN: Final = ("ExpressionAttributeNames", "ExpressionAttributeValues")


def refuse_unused(request: Request) -> None:
    """Each name and value that comes with expressions stands in one of them."""
    actions = [action for each in request.get("TransactItems", ()) for action in each.values()]
    for each in (request, *actions):
        given = {name for kind in _GIVEN for name in each.get(kind, ())}
        if not given:
            continue
        texts = [each[name] for name in _EXPRESSIONS if name in each]
        if unused := given - expressions.placeholders(*texts):
            raise invalid(f"Value provided unused in expressions: keys: {sorted(unused)}")


def refuse_item(table: Table, item: Mapping[str, Value]) -> None:
    """An item has 400 KB at most, and can be found by each index that its attributes name.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html,
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    if item_bytes(item) > _ITEM_BYTES:
        raise invalid("Item size has exceeded the maximum allowed size")
    for name, kind in table.index_keys.items():
        if name not in item:
            continue
        ((actual, said),) = item[name].items()
        if actual != kind:
            raise invalid(f"Type mismatch for Index Key {name} Expected: {kind} Actual: {actual}")
        if said == "":
            raise invalid(f"A key attribute cannot contain an empty string value: {name}")


def refuse_transaction(items: Iterable[Mapping[str, Value] | None]) -> None:
    """Its items have four megabytes together.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    if sum(item_bytes(each) for each in items if each is not None) > _TRANSACTION_BYTES:
        raise invalid("Items in the transaction exceed the maximum aggregate size")


def refuse_duplicates(keys: Sequence[Key]) -> None:
    """A batch or a transaction names each item once."""
    if len(set(keys)) < len(keys):
        raise invalid("Provided list of item keys contains duplicates")


def refuse_query(asked: Condition, only: str | None, keys: Sequence[str], given: Given) -> None:
    """A query finds its items by their keys alone, and filters them by anything else.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html,
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html
    """
    named = {expressions.named(path, given) for path in asked.paths}
    if not asked.finds_keys or not named <= set(keys):
        raise invalid(f"Query key condition not supported: it is about {sorted(named)}")
    for low, high in asked.betweens:
        if below(given[1][high], given[1][low], or_same=False):
            raise invalid("The BETWEEN operator requires upper bound to be at least lower bound")
    filtered = frozenset() if only is None else expressions.condition(only).paths
    if also := {expressions.named(path, given) for path in filtered} & set(keys):
        raise invalid(f"Filter Expression can only contain non-primary key attributes: {also}")


def refuse_start(table: Table, keys: Sequence[str], asked: Condition, request: Request) -> None:
    """A query goes on from a place within what it asks for, told by its whole key."""
    start = request.get("ExclusiveStartKey")
    if start is None:
        return
    given = request.get(_GIVEN[0], {}), request[_GIVEN[1]]
    if start.keys() != {*table.keys, *keys}:
        raise invalid("The provided starting key is invalid")
    if not asked.holds(start, given):
        raise invalid("The provided starting key is outside query boundaries")
