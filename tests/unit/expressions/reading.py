"""Expressions over one event, for these tests."""

from typing import Any, Final

from triggers_api.expressions.body import to_json
from triggers_api.expressions.budget import Budget
from triggers_api.expressions.expression import Expression, read
from triggers_api.expressions.values import Kind, from_json

STEPS: Final = 20_000
EVENT: Final[dict[str, Any]] = {
    "id": "evt_1",
    "event_type": "invoice.failed",
    "severity": "error",
    "metadata": {"connector": "amazon", "retries": 3},
    "execution_id": None,
    "payload": from_json(
        b'{"total": 150, "exact": 1.10, "huge": 123456789012345678901234567890, "none": null,'
        b' "paid": false, "name": "Z\xc3\xbcrich", "empty": {}, "at": "2026-11-21T22:55:18.5Z",'
        b' "items": [{"sku": "a-1", "price": 2}, {"sku": "b-2", "price": 3.5}], "tags": []}'
    ),
}


def expression(text: str) -> Expression:
    return read(text, frozenset(EVENT), frozenset(Kind))


def value_of(text: str, event: dict[str, Any] = EVENT, steps: int = STEPS) -> Any:
    return expression(text).evaluate(event, Budget(steps))


def json_of(text: str) -> str:
    return to_json(value_of(text)).decode()
