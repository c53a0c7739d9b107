"""Values as DynamoDB's wire has them: compared, added and measured by its documented rules."""

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Value = Mapping[str, Any]
"""Such as `{"S": "text"}`; binary content is base64 text, as in a request's JSON."""
Item = dict[str, Value]


def same(one: Value | None, other: Value | None) -> bool:
    """Whether two values are equal: of one type, numbers by what they say, sets in any order."""
    if one is None or other is None:
        return one is other
    ((kind, said),) = one.items()
    if kind not in other:
        return False
    if kind == "N":
        return Decimal(said) == Decimal(other["N"])
    if kind in ("SS", "NS", "BS"):
        return set(said) == set(other[kind])
    return bool(said == other[kind])


def place(value: Value) -> Any:
    """By what values of one type are put in order: text by its bytes, which is by code points."""
    ((kind, said),) = value.items()
    if kind == "N":
        return Decimal(said)
    return base64.b64decode(said) if kind == "B" else said


def below(one: Value | None, other: Value | None, *, or_same: bool) -> bool:
    """Whether the first comes before the second; never, if their types differ."""
    if one is None or other is None or one.keys() != other.keys():
        return False
    first, second = place(one), place(other)
    return bool(first <= second if or_same else first < second)


def size(value: Value) -> int:
    """What the function `size` answers."""
    ((kind, said),) = value.items()
    text: str | bytes = base64.b64decode(said) if kind == "B" else said
    return len(text.encode() if isinstance(text, str) else text)


def number(value: Decimal) -> Value:
    """A number as it is answered: without zeros that say nothing."""
    text = format(value.normalize(), "f")
    return {"N": "0" if text == "-0" else text}


def item_bytes(item: Mapping[str, Value]) -> int:
    """What an item weighs: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(value: Value) -> int:
    ((kind, said),) = value.items()
    if kind == "M":
        return 3 + len(said) + item_bytes(said)
    if kind in ("L", "SS", "NS", "BS"):
        members = said if kind == "L" else [{kind[0]: each} for each in said]
        return (3 + len(said) if kind == "L" else 0) + sum(map(_bytes, members))
    if kind == "N":
        return (len(said.lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind == "B":
        return len(said) * 3 // 4 - str(said).count("=")
    return len(str(said).encode()) if kind == "S" else 1
