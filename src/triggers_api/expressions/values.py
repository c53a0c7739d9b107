"""What expressions compute with: JSON as Python has it, and times.

| CEL       | here                                                                   |
|-----------|------------------------------------------------------------------------|
| int       | `int`, of any size if the event holds it; what is computed has 64 bits |
| double    | `float`; one of the event remembers how it was written                 |
| map       | `dict` whose keys are texts                                            |
| timestamp | `datetime`                                                             |
| duration  | `timedelta`                                                            |
"""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import EvaluationError

SMALLEST_INT: Final = -(2**63)
LARGEST_INT: Final = 2**63 - 1
STEPS_TO_COMPARE: Final = 4  # two elements


class Kind(StrEnum):
    """The kinds of values; an expression can name them (`type(payload.total) == int`)."""

    NULL = "null_type"
    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    LIST = "list"
    MAP = "map"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    TYPE = "type"


class Double(float):
    """A number of the event with a point or an exponent: computed with as a double, kept exact."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """As it was written."""
        number = super().__new__(cls, text)
        number.text = text
        return number


_KINDS: Final[dict[type, Kind]] = {
    type(None): Kind.NULL,
    bool: Kind.BOOL,
    int: Kind.INT,
    float: Kind.DOUBLE,
    Double: Kind.DOUBLE,
    str: Kind.STRING,
    list: Kind.LIST,
    dict: Kind.MAP,
    datetime: Kind.TIMESTAMP,
    timedelta: Kind.DURATION,
    Kind: Kind.TYPE,
}
_IN_WORDS: Final = {Kind.NULL: "null", Kind.INT: "an int"}
_NUMBERS: Final = (Kind.INT, Kind.DOUBLE)
_ORDERED: Final = (Kind.STRING, Kind.BOOL, Kind.TIMESTAMP, Kind.DURATION)
_LONG: Final = 300  # digits: a double ends there, and long ones take the square of their length


def kind_of(value: Any) -> Kind:
    """The kind of a value."""
    return _KINDS[type(value)]


def called(kind: Kind) -> str:
    """The kind in a sentence."""
    return _IN_WORDS.get(kind, f"a {kind}")


def from_json(text: bytes) -> Any:
    """JSON that was checked when it was posted, number for number."""
    return json.loads(text, parse_float=Double, parse_int=_int)


def _int(text: str) -> int | Double:
    return int(text) if len(text) <= _LONG else Double(text)


def are_equal(left: Any, right: Any, budget: Budget) -> bool:
    """Whether they are alike; values of two kinds never are, but numbers are numbers."""
    kind, other = kind_of(left), kind_of(right)
    if kind is not other:
        return kind in _NUMBERS and other in _NUMBERS and bool(left == right)
    if kind is Kind.LIST:
        if len(left) != len(right):
            return False
        budget.take(STEPS_TO_COMPARE * len(left))
        return all(are_equal(*pair, budget) for pair in zip(left, right, strict=True))
    if kind is Kind.MAP:
        budget.take(STEPS_TO_COMPARE * len(left))
        return left.keys() == right.keys() and all(
            are_equal(value, right[key], budget) for key, value in left.items()
        )
    if kind is Kind.STRING:
        budget.take_text(min(len(left), len(right)))
    return bool(left == right)


def is_less(left: Any, right: Any, budget: Budget) -> bool:
    """Whether `left` comes first. Raises `EvaluationError` where there is no order."""
    kind, other = kind_of(left), kind_of(right)
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(left < right)
    if kind is not other or kind not in _ORDERED:
        raise EvaluationError(f"{called(kind)} cannot be compared with {called(other)}")
    if kind is Kind.STRING:
        budget.take_text(min(len(left), len(right)))
    return bool(left < right)


def in_range(number: int) -> int:
    """A result, if it has 64 bits at most."""
    if SMALLEST_INT <= number <= LARGEST_INT:
        return number
    raise EvaluationError("a whole number is out of range, which ends at 64 bits")
