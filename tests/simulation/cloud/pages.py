"""What a read of DynamoDB looks at, what it answers of it, and what that takes."""

from collections.abc import Mapping
from typing import Any, Final

from tests.simulation.cloud import expressions
from tests.simulation.cloud.expressions import Given
from tests.simulation.cloud.tables import Index, Key, Table
from tests.simulation.cloud.values import Item, Value, item_bytes, place

Request = dict[str, Any]
Answer = dict[str, Any]

_PAGE_BYTES: Final = 1024 * 1024


def given_in(request: Request) -> Given:
    return (
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )


def fields_of(item: Item, request: Request) -> Item:
    text = request.get("ProjectionExpression")
    if text is None:
        return item
    given = given_in(request)
    wanted = {expressions.named(path, given) for path in expressions.projection(text)}
    return {name: value for name, value in item.items() if name in wanted}


def places(item: Mapping[str, Value], order: tuple[str, ...]) -> Key:
    return tuple(place(item[name]) for name in order)


def behind(found: list[Item], order: tuple[str, ...], request: Request) -> list[Item]:
    """What comes after the key that a page begins after, whether or not an item is there."""
    start = request.get("ExclusiveStartKey")
    if start is None:
        return found
    at = places(start, order)
    if request.get("ScanIndexForward", True):
        return [item for item in found if places(item, order) > at]
    return [item for item in found if places(item, order) < at]


def page_of(found: list[Item], request: Request) -> tuple[list[Item], Item | None]:
    """What one call looks at, and the last of it if it stops there.

    A call that reaches its limit stops, also if nothing is left to be found behind it:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
    """
    limit = request.get("Limit", len(found) + 1)
    total = 0
    for count, item in enumerate(found, 1):
        total += item_bytes(item)
        if count == limit or total > _PAGE_BYTES:
            return found[:count], item
    return found, None


def answer_of_query(
    table: Table, index: Index | None, looked_at: list[Item], last: Item | None, request: Request
) -> Answer:
    given, text = given_in(request), request.get("FilterExpression")
    kept = looked_at
    if text is not None:
        wanted = expressions.condition(text)
        kept = [item for item in looked_at if wanted.holds(item, given)]
    answer: Answer = {"Count": len(kept), "ScannedCount": len(looked_at)}
    if request.get("Select") != "COUNT":
        answer["Items"] = [fields_of(item, request) for item in kept]
    if last is not None:
        names = {*table.keys, *(() if index is None else (*index.hashed, *index.ranged))}
        answer["LastEvaluatedKey"] = {name: last[name] for name in names}
    if request.get("ReturnConsumedCapacity", "NONE") != "NONE":
        units = units_of(looked_at, request)
        answer["ConsumedCapacity"] = {"TableName": table.name, "CapacityUnits": units}
    return answer


def units_of(read: list[Item], request: Request) -> float:
    """The read units that these items take."""
    units: float = max(1, -(-sum(map(item_bytes, read)) // 4096))
    return units if request.get("ConsistentRead") else units / 2
