"""A value as the JSON text that is sent."""

import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from triggers_api.expressions.failures import EvaluationError
from triggers_api.expressions.operators import duration_text, timestamp_text
from triggers_api.expressions.values import Double, Kind

MAX_BODY_BYTES: Final = 256 * 1024  # as large as an event's payload may be
_DEEPEST: Final = 100
_quoted: Final = json.encoder.encode_basestring


def to_json(value: Any) -> bytes:
    """The text, UTF-8. Raises `EvaluationError` if it is none, or too large."""
    body = _Body()
    body.write(value, 0)
    text = "".join(body.parts).encode()
    if len(text) > MAX_BODY_BYTES:
        raise _too_large()
    return text


def _too_large() -> EvaluationError:
    return EvaluationError(f"its value has more than {MAX_BODY_BYTES:,} bytes of JSON")


class _Body:
    """Bounded while it grows: a value may hold the same part a million times."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._left = MAX_BODY_BYTES

    def _add(self, part: str) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise _too_large()
        self.parts.append(part)

    def write(self, value: Any, depth: int) -> None:
        """Add a value, at that depth."""
        write = _WRITE.get(type(value))
        if write is not None:
            self._add(write(value))
        elif depth >= _DEEPEST:
            raise EvaluationError(f"its value is nested more than {_DEEPEST} deep")
        elif isinstance(value, list):
            comma = "["
            for each in value:
                self._add(comma)
                self.write(each, depth + 1)
                comma = ","
            self._add("]" if value else "[]")
        else:
            comma = "{"
            for name, each in value.items():
                self._add(f"{comma}{_quoted(name)}:")
                self.write(each, depth + 1)
                comma = ","
            self._add("}" if value else "{}")


def _double_text(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    raise EvaluationError("infinity and NaN are no JSON")


_WRITE: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _double_text,
    Double: lambda value: value.text,
    str: _quoted,
    Kind: _quoted,
    datetime: lambda value: _quoted(timestamp_text(value)),
    timedelta: lambda value: _quoted(duration_text(value)),
}
