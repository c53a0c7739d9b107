"""The functions: what each is called on, how many arguments it takes, and what it does.

All of CEL's standard ones that make sense for JSON, and those of its strings extension that
everybody has.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import EvaluationError
from triggers_api.expressions.operators import (
    to_bool,
    to_double,
    to_duration,
    to_int,
    to_text,
    to_timestamp,
)
from triggers_api.expressions.values import Kind, called, kind_of


@dataclass(frozen=True, slots=True)
class Function:
    """One way to call it; a method's target is its first argument."""

    call: Callable[..., Any]  # the budget, then the arguments
    least: int  # arguments, without the target
    most: int
    gives: Kind | None = None  # if that is always the same


_ZONE: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})")


def _size(_: Budget, value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise EvaluationError(f"size() takes a string, a list or a map, not {called(kind_of(value))}")


def _texts(name: str, *values: Any) -> None:
    for value in values:
        if not isinstance(value, str) or isinstance(value, Kind):
            raise EvaluationError(f"{name}() takes strings, not {called(kind_of(value))}")


def _contains(budget: Budget, text: Any, part: Any) -> bool:
    _texts("contains", text, part)
    budget.take_text(len(text))
    return part in text


def _starts_with(budget: Budget, text: Any, part: Any) -> bool:
    _texts("startsWith", text, part)
    budget.take_text(len(part))
    return bool(text.startswith(part))


def _ends_with(budget: Budget, text: Any, part: Any) -> bool:
    _texts("endsWith", text, part)
    budget.take_text(len(part))
    return bool(text.endswith(part))


def _lower(budget: Budget, text: Any) -> str:
    _texts("lowerAscii", text)
    budget.take_text(len(text))
    return "".join(each.lower() if each.isascii() else each for each in _runs(budget, text))


def _upper(budget: Budget, text: Any) -> str:
    _texts("upperAscii", text)
    budget.take_text(len(text))
    return "".join(each.upper() if each.isascii() else each for each in _runs(budget, text))


def _runs(budget: Budget, text: str) -> list[str]:
    """The text in pieces, each either ASCII or not."""
    runs = re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", text)
    budget.take(len(runs))
    return runs


def _trim(budget: Budget, text: Any) -> str:
    _texts("trim", text)
    budget.take_text(len(text))
    return str(text.strip())


def _split(budget: Budget, text: Any, separator: Any) -> list[str]:
    _texts("split", text, separator)
    budget.take_text(len(text))
    budget.take(len(text) + 1 if not separator else text.count(separator) + 1)
    return text.split(separator) if separator else list(text)


def _join(budget: Budget, parts: Any, separator: Any = "") -> str:
    if not isinstance(parts, list):
        raise EvaluationError(f"join() takes a list, not {called(kind_of(parts))}")
    budget.take(len(parts))
    _texts("join", separator, *parts)
    budget.take_text(sum(map(len, parts)) + len(separator) * len(parts))
    return str(separator.join(parts))


def _replace(budget: Budget, text: Any, old: Any, new: Any) -> str:
    _texts("replace", text, old, new)
    budget.take_text(len(text))
    times = text.count(old)
    budget.take(times)
    budget.take_text(times * len(new))
    return str(text.replace(old, new))


def _substring(budget: Budget, text: Any, begin: Any, end: Any = None) -> str:
    _texts("substring", text)
    end = len(text) if end is None else end
    if type(begin) is not int or type(end) is not int or not 0 <= begin <= end <= len(text):
        raise EvaluationError(f"substring() begins or ends outside the {len(text)} characters")
    budget.take_text(end - begin)
    return str(text[begin:end])


def _index_of(budget: Budget, text: Any, part: Any) -> int:
    _texts("indexOf", text, part)
    budget.take_text(len(text))
    return int(text.find(part))


def _part_of_time(name: str, read: Callable[[datetime], int]) -> Function:
    def call(_: Budget, at: Any, zone: Any = "UTC") -> int:
        if not isinstance(at, datetime):
            hint = "; read it with timestamp(…)" if isinstance(at, str) else ""
            raise EvaluationError(f"{name}() takes a timestamp, not {called(kind_of(at))}{hint}")
        try:
            return read(at.astimezone(_zone(zone)))
        except OverflowError:
            raise EvaluationError("a time is out of the calendar") from None

    return Function(call, 0, 1, Kind.INT)


def _zone(zone: Any) -> timezone:
    found = _ZONE.fullmatch(zone) if isinstance(zone, str) else None
    if zone == "UTC":
        return timezone.utc  # noqa: UP017  # the type is what the others have
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:  # noqa: PLR2004  # a clock's
        raise EvaluationError("a zone is 'UTC', or an offset such as '+02:00'")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)


def _hours(budget: Budget, value: Any, *zone: Any) -> int:
    if isinstance(value, timedelta) and not zone:
        return int(value / timedelta(hours=1))
    return int(_HOUR.call(budget, value, *zone))


_HOUR: Final = _part_of_time("getHours", lambda at: at.hour)


def _converts(convert: Callable[[Any], Any], gives: Kind) -> Function:
    def call(budget: Budget, value: Any) -> Any:
        budget.take(1)
        return convert(value)

    return Function(call, 1, 1, gives)


FUNCTIONS: Final = {
    "size": Function(_size, 1, 1, Kind.INT),
    "string": _converts(to_text, Kind.STRING),
    "int": _converts(to_int, Kind.INT),
    "double": _converts(to_double, Kind.DOUBLE),
    "bool": _converts(to_bool, Kind.BOOL),
    "timestamp": _converts(to_timestamp, Kind.TIMESTAMP),
    "duration": _converts(to_duration, Kind.DURATION),
    "type": _converts(kind_of, Kind.TYPE),
    "dyn": Function(lambda _, value: value, 1, 1),
}
METHODS: Final = {
    "size": Function(_size, 0, 0, Kind.INT),
    "contains": Function(_contains, 1, 1, Kind.BOOL),
    "startsWith": Function(_starts_with, 1, 1, Kind.BOOL),
    "endsWith": Function(_ends_with, 1, 1, Kind.BOOL),
    "lowerAscii": Function(_lower, 0, 0, Kind.STRING),
    "upperAscii": Function(_upper, 0, 0, Kind.STRING),
    "trim": Function(_trim, 0, 0, Kind.STRING),
    "split": Function(_split, 1, 1, Kind.LIST),
    "join": Function(_join, 0, 1, Kind.STRING),
    "replace": Function(_replace, 2, 2, Kind.STRING),
    "substring": Function(_substring, 1, 2, Kind.STRING),
    "indexOf": Function(_index_of, 1, 1, Kind.INT),
    "getFullYear": _part_of_time("getFullYear", lambda at: at.year),
    "getMonth": _part_of_time("getMonth", lambda at: at.month - 1),
    "getDate": _part_of_time("getDate", lambda at: at.day),
    "getDayOfMonth": _part_of_time("getDayOfMonth", lambda at: at.day - 1),
    "getDayOfYear": _part_of_time("getDayOfYear", lambda at: at.timetuple().tm_yday - 1),
    "getDayOfWeek": _part_of_time("getDayOfWeek", lambda at: at.isoweekday() % 7),
    "getHours": Function(_hours, 0, 1, Kind.INT),
    "getMinutes": _part_of_time("getMinutes", lambda at: at.minute),
    "getSeconds": _part_of_time("getSeconds", lambda at: at.second),
    "getMilliseconds": _part_of_time("getMilliseconds", lambda at: at.microsecond // 1000),
}
MACROS: Final = frozenset({"all", "exists", "exists_one", "map", "filter"})
