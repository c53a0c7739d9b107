"""What DynamoDB refuses and its emulators let pass, refused here too.

`be_strict` makes a client check each call before it is made; the rules are those of the
service's API reference.
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.capacity import item_bytes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

_ITEM_BYTES = 400 * 1024
_KEY_BYTES = {"key_id": 2048, "pk": 2048, "sk": 1024}
_BATCH_GET, _BATCH_WRITE, _TRANSACTION = 100, 25, 100
_DIGITS = 38
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_BOUNDS = re.compile(r"(#?\w+) (?:BETWEEN (:\w+) AND (:\w+)|([<>]=?) (:\w+))")


def be_strict(client: "DynamoDBClient") -> "DynamoDBClient":
    """The same client, which from now on refuses what DynamoDB refuses."""
    client.meta.events.register("provide-client-params.dynamodb", _check)
    return client


def _check(params: dict[str, Any], model: Any, **_: object) -> None:
    check = _CHECKS.get(model.name, _check_one)
    for fault in check(params):
        raise ClientError(_refusal(fault), model.name)


def _refusal(fault: str) -> Any:
    return {
        "Error": {"Code": "ValidationException", "Message": fault},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }


def _check_one(params: dict[str, Any]) -> Iterator[str]:
    """A call about one item, or one write of a transaction."""
    for name in ("Key", "Item", "ExclusiveStartKey"):
        if name in params:
            yield from _faults_of_key(params[name])
    if "Item" in params:
        yield from _faults_of_item(params["Item"])
    yield from _faults_of_expressions(params)


def _check_query(params: dict[str, Any]) -> Iterator[str]:
    yield from _check_one(params)
    if params.get("Limit", 1) < 1:
        yield "Limit must be greater than or equal to 1"
    values = params["ExpressionAttributeValues"]
    names = params.get("ExpressionAttributeNames", {})
    start = params.get("ExclusiveStartKey", {})
    for name, low, high, operator, bound in _BOUNDS.findall(params["KeyConditionExpression"]):
        if low and values[low]["S"] > values[high]["S"]:
            yield "The BETWEEN operator requires the upper bound to be greater or equal"
        at = start.get(names.get(name, name), {}).get("S")
        if at is None:
            continue
        lows = [values[each]["S"] for each in (low, bound if ">" in operator else "") if each]
        highs = [values[each]["S"] for each in (high, bound if "<" in operator else "") if each]
        if any(at < each for each in lows) or any(at > each for each in highs):
            yield "The provided starting key is outside query boundaries"


def _check_batch_get(params: dict[str, Any]) -> Iterator[str]:
    keys = [key for table in params["RequestItems"].values() for key in table["Keys"]]
    if not 1 <= len(keys) <= _BATCH_GET:
        yield f"BatchGetItem takes 1 to {_BATCH_GET} keys"
    for key in keys:
        yield from _faults_of_key(key)
    for table in params["RequestItems"].values():
        if _has_duplicates(table["Keys"]):
            yield "Provided list of item keys contains duplicates"


def _check_batch_write(params: dict[str, Any]) -> Iterator[str]:
    requests = [each for table in params["RequestItems"].values() for each in table]
    if not 1 <= len(requests) <= _BATCH_WRITE:
        yield f"BatchWriteItem takes 1 to {_BATCH_WRITE} requests"
    for table in params["RequestItems"].values():
        writes = [write for request in table for write in request.values()]
        for write in writes:
            yield from _check_one(write)
        if _has_duplicates([_key_of(write) for write in writes]):
            yield "Provided list of item keys contains duplicates"


def _check_transaction(params: dict[str, Any]) -> Iterator[str]:
    writes = [write for each in params["TransactItems"] for write in each.values()]
    if not 1 <= len(writes) <= _TRANSACTION:
        yield f"TransactWriteItems takes 1 to {_TRANSACTION} writes"
    for write in writes:
        yield from _check_one(write)
    if _has_duplicates([{"table": write["TableName"]} | _key_of(write) for write in writes]):
        yield "Transaction request cannot include multiple operations on one item"


_CHECKS = {
    "Query": _check_query,
    "BatchGetItem": _check_batch_get,
    "BatchWriteItem": _check_batch_write,
    "TransactWriteItems": _check_transaction,
}


def _faults_of_key(item: Item) -> Iterator[str]:
    for name, longest in _KEY_BYTES.items():
        text = item.get(name, {}).get("S")
        if text is not None and not 1 <= len(text.encode()) <= longest:
            yield f"The value for the key attribute {name} has not 1 to {longest} bytes"


def _faults_of_item(item: Item) -> Iterator[str]:
    if item_bytes(item) > _ITEM_BYTES:
        yield "Item size has exceeded the maximum allowed size"
    yield from _faults_of_values(item)


def _faults_of_values(values: Item) -> Iterator[str]:
    for name, value in values.items():
        ((kind, content),) = value.items()
        if kind in ("SS", "NS", "BS") and (not content or len(set(content)) < len(content)):
            yield f"The set {name} is empty or has duplicates"
        if kind == "N" and len(re.sub(r"[^0-9]", "", content).strip("0")) > _DIGITS:
            yield f"The number {name} has more than {_DIGITS} digits"


def _faults_of_expressions(params: dict[str, Any]) -> Iterator[str]:
    """Each name and each value that is defined is used, and the other way round."""
    text = " ".join(params.get(name, "") for name in _EXPRESSIONS)
    for kind, sign in (("ExpressionAttributeValues", ":"), ("ExpressionAttributeNames", "#")):
        defined = params.get(kind)
        if defined is not None and not defined:
            yield f"{kind} must not be empty"
        used = set(re.findall(rf"{sign}\w+", text))
        if used != set(defined or {}):
            yield f"{kind}: {sorted(used ^ set(defined or {}))} defined or used, not both"
    yield from _faults_of_values(params.get("ExpressionAttributeValues", {}))


def _key_of(write: dict[str, Any]) -> Item:
    held = write.get("Item") or write["Key"]
    return {name: held[name] for name in _KEY_BYTES if name in held}


def _has_duplicates(keys: list[Item]) -> bool:
    return len({json.dumps(key, sort_keys=True) for key in keys}) < len(keys)
