"""What the operators do, and the conversions between kinds."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import EvaluationError
from triggers_api.expressions.values import (
    STEPS_TO_COMPARE,
    Double,
    Kind,
    are_equal,
    called,
    in_range,
    is_less,
    kind_of,
)

Operator = Callable[[Any, Any, Budget], Any]

_NUMBERS: Final = frozenset({Kind.INT, Kind.DOUBLE})
_UNITS: Final = {
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "us": timedelta(microseconds=1),
}
_PART: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)(h|ms|us|m|s)")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def add(left: Any, right: Any, budget: Budget) -> Any:
    """`+`: numbers, texts, lists, times."""
    kinds = kind_of(left), kind_of(right)
    if kinds == (Kind.INT, Kind.INT):
        return in_range(left + right)
    if _NUMBERS.issuperset(kinds):
        return _double(left) + _double(right)
    if kinds == (Kind.STRING, Kind.STRING):
        budget.take_text(len(left) + len(right))
        return left + right
    if kinds == (Kind.LIST, Kind.LIST):
        budget.take(len(left) + len(right))
        return left + right
    if Kind.DURATION in kinds and kinds[0] in _TIMES and kinds[1] in _TIMES:
        return _in_calendar(lambda: left + right)
    raise _no_way("+", *kinds)


def subtract(left: Any, right: Any, _: Budget) -> Any:
    """`-`: numbers and times."""
    kinds = kind_of(left), kind_of(right)
    if kinds == (Kind.INT, Kind.INT):
        return in_range(left - right)
    if _NUMBERS.issuperset(kinds):
        return _double(left) - _double(right)
    if kinds[0] in _TIMES and kinds[1] in _TIMES and kinds != (Kind.DURATION, Kind.TIMESTAMP):
        return _in_calendar(lambda: left - right)
    raise _no_way("-", *kinds)


def multiply(left: Any, right: Any, _: Budget) -> Any:
    """`*`."""
    kinds = kind_of(left), kind_of(right)
    if kinds == (Kind.INT, Kind.INT):
        return in_range(left * right)
    if _NUMBERS.issuperset(kinds):
        return _double(left) * _double(right)
    raise _no_way("*", *kinds)


def divide(left: Any, right: Any, _: Budget) -> Any:
    """`/`: whole numbers give a whole number, cut towards zero."""
    kinds = kind_of(left), kind_of(right)
    if kinds == (Kind.INT, Kind.INT):
        return in_range(_quotient(left, right))
    if not _NUMBERS.issuperset(kinds):
        raise _no_way("/", *kinds)
    above, below = _double(left), _double(right)
    if below != 0:
        return above / below
    if above == 0 or math.isnan(above):
        return math.nan
    return math.copysign(math.inf, above) * math.copysign(1, below)


def remainder(left: Any, right: Any, _: Budget) -> Any:
    """`%`: of whole numbers, with the sign of the first."""
    kinds = kind_of(left), kind_of(right)
    if kinds != (Kind.INT, Kind.INT):
        raise _no_way("%", *kinds)
    return in_range(left - right * _quotient(left, right))


def is_in(left: Any, right: Any, budget: Budget) -> bool:
    """`in`: an element of a list, a key of a map."""
    kind = kind_of(right)
    if kind is Kind.MAP:
        return isinstance(left, str) and left in right
    if kind is not Kind.LIST:
        raise EvaluationError(f"'in' looks into a list or a map, not into {called(kind)}")
    budget.take(STEPS_TO_COMPARE * len(right))
    return any(are_equal(left, each, budget) for each in right)


RELATIONS: Final[dict[str, Operator]] = {
    "==": are_equal,
    "!=": lambda left, right, budget: not are_equal(left, right, budget),
    "<": is_less,
    ">": lambda left, right, budget: is_less(right, left, budget),
    "<=": lambda left, right, budget: (
        is_less(left, right, budget) or are_equal(left, right, budget)
    ),
    ">=": lambda left, right, budget: (
        is_less(right, left, budget) or are_equal(left, right, budget)
    ),
    "in": is_in,
}
SUMS: Final[dict[str, Operator]] = {"+": add, "-": subtract}
PRODUCTS: Final[dict[str, Operator]] = {"*": multiply, "/": divide, "%": remainder}


def negative(value: Any) -> Any:
    """`-` before a number."""
    kind = kind_of(value)
    if kind is Kind.INT:
        return in_range(-value)
    if kind is Kind.DOUBLE:
        return -float(value)
    raise EvaluationError(f"'-' takes a number, and here is {called(kind)}")


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise EvaluationError("a whole number is divided by zero")
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


_TIMES: Final = frozenset({Kind.TIMESTAMP, Kind.DURATION})


def _in_calendar(compute: Callable[[], Any]) -> Any:
    try:
        return compute()
    except OverflowError:
        raise EvaluationError("a time is out of the calendar") from None


def _no_way(sign: str, left: Kind, right: Kind) -> EvaluationError:
    both = f"{called(left)} and {called(right)}"
    return EvaluationError(f"'{sign}' cannot be done with {both}; convert one")


def to_text(value: Any) -> str:
    """`string(…)`."""
    kind = kind_of(value)
    if kind is Kind.STRING:
        return str(value)
    if kind is Kind.BOOL:
        return "true" if value else "false"
    if kind is Kind.TIMESTAMP:
        return timestamp_text(value)
    if kind is Kind.DURATION:
        return duration_text(value)
    if kind is Kind.INT:
        return str(value)
    if kind is Kind.DOUBLE:
        return value.text if isinstance(value, Double) else repr(value)
    raise _no_conversion(kind, Kind.STRING)


def to_int(value: Any) -> int:
    """`int(…)`: of a double the whole part, of a timestamp its seconds."""
    kind = kind_of(value)
    if kind is Kind.INT:
        return int(value)
    if kind is Kind.DOUBLE and math.isfinite(value):
        return in_range(int(value))
    if kind is Kind.TIMESTAMP:
        return int((value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))
    if kind is Kind.STRING and re.fullmatch(r"[+-]?[0-9]{1,20}", value):
        return in_range(int(value))
    raise _no_conversion(kind, Kind.INT)


def to_double(value: Any) -> float:
    """`double(…)`."""
    kind = kind_of(value)
    if kind in _NUMBERS:
        return _double(value)
    if kind is Kind.STRING and re.fullmatch(
        r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?", value
    ):
        return float(value)
    raise _no_conversion(kind, Kind.DOUBLE)


def to_bool(value: Any) -> bool:
    """`bool(…)`."""
    kind = kind_of(value)
    if kind is Kind.BOOL:
        return bool(value)
    if kind is Kind.STRING and value in {"true", "false"}:
        return bool(value == "true")
    raise _no_conversion(kind, Kind.BOOL)


def to_timestamp(value: Any) -> datetime:
    """`timestamp(…)`: of a text as in RFC 3339, or of seconds since 1970."""
    kind = kind_of(value)
    if kind is Kind.TIMESTAMP:
        return value  # type: ignore[no-any-return]  # a datetime
    if kind is Kind.INT:
        return _in_calendar(lambda: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value))  # type: ignore[no-any-return]
    found = _TIMESTAMP.fullmatch(value) if kind is Kind.STRING else None
    if found is None:
        raise _no_conversion(kind, Kind.TIMESTAMP)
    day, time, fraction, zone = found.groups()
    text = f"{day}T{time}{(fraction or '.0')[:7]:0<7}{zone.upper().replace('Z', '+00:00')}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_conversion(kind, Kind.TIMESTAMP) from None


def to_duration(value: Any) -> timedelta:
    """`duration(…)`: of a text such as `1h30m` or `-2.5s`."""
    kind = kind_of(value)
    if kind is Kind.DURATION:
        return value  # type: ignore[no-any-return]  # a timedelta
    if kind is not Kind.STRING or len(value) > 64:  # noqa: PLR2004  # more than enough for any
        raise _no_conversion(kind, Kind.DURATION)
    unsigned = value.removeprefix("-")
    parts = _PART.findall(unsigned)
    if not parts or "".join(number + unit for number, unit in parts) != unsigned:
        raise _no_conversion(kind, Kind.DURATION)
    whole: timedelta = _in_calendar(
        lambda: sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())
    )
    return -whole if value.startswith("-") else whole


def _no_conversion(kind: Kind, to: Kind) -> EvaluationError:
    what = "this text" if kind is Kind.STRING else called(kind)
    return EvaluationError(f"{what} cannot become {called(to)}")


def timestamp_text(at: datetime) -> str:
    """As in RFC 3339, no digit more than needed."""
    whole = f"{at:%Y}".zfill(4) + f"{at:-%m-%dT%H:%M:%S}"
    return whole + (f".{at.microsecond:06}".rstrip("0") if at.microsecond else "") + "Z"


def duration_text(duration: timedelta) -> str:
    """In seconds, as Protobuf's JSON has it."""
    sign = "-" if duration < timedelta() else ""
    whole, rest = divmod(abs(duration), timedelta(seconds=1))
    fraction = f".{rest.microseconds:06}".rstrip("0") if rest else ""
    return f"{sign}{whole}{fraction}s"
