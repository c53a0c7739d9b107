"""What a single setting may be; each rule answers the value as it is kept, or raises."""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from triggers_api.push.settings_fields import Fault, Rule, WrongError, wrong

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WIDER_IN_PYTHON: Final = re.compile(r"\\[wWdDsSbB]")  # all scripts here, ASCII in a schema


def one_of(*choices: str) -> Rule:
    """One of these words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise wrong(f"one of {', '.join(choices)} is needed", "not_a_choice")
        return value

    return Rule(check, {"type": "string", "enum": list(choices)})


def text(max_length: int) -> Rule:
    """One line of anything that can be printed."""

    def check(value: Any) -> str:
        line = string(value, max_length)
        if not line or _CONTROL.search(line):
            raise wrong("a line of text without control characters is needed")
        return line

    return Rule(check, {"type": "string", "minLength": 1, "maxLength": max_length})


def pattern(expression: str, wanted: str, *, max_length: int) -> Rule:
    """Text of that pattern; `wanted` describes it to people."""
    compiled = re.compile(expression)

    def check(value: Any) -> str:
        if not compiled.fullmatch(given := string(value, max_length)):
            raise wrong(wanted)
        return given

    schema: dict[str, Any] = {"type": "string", "maxLength": max_length}
    if not _WIDER_IN_PYTHON.search(expression):
        schema["pattern"] = f"^(?:{expression})$"
    return Rule(check, schema)


def integer(allowed: Collection[int], wanted: str) -> Rule:
    """One of these integers, of which a range tells its bounds only."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("an integer is needed", "wrong_type")
        if value not in allowed:
            raise wrong(wanted)
        return value

    if isinstance(allowed, range):
        told = {"minimum": allowed.start, "maximum": allowed.stop - 1}
        return Rule(check, {"type": "integer"} | told)
    return Rule(check, {"type": "integer", "enum": sorted(allowed)})


def each_of(rule: Rule, *, max_items: int) -> Rule:
    """A list; faults tell which of its items they are about."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wrong("a list is needed", "wrong_type")
        if not 1 <= len(value) <= max_items:
            raise wrong(f"1 to {max_items} items are taken", "wrong_number")
        kept = []
        faults: list[Fault] = []
        for index, item in enumerate(value):
            try:
                kept.append(rule(item))
            except WrongError as error:
                faults.extend(replace(fault, at=str(index)) for fault in error.faults)
        if faults:
            raise WrongError(*faults)
        return kept

    schema = {"type": "array", "items": rule.schema, "minItems": 1, "maxItems": max_items}
    return Rule(check, schema)


def string(value: Any, max_length: int | None) -> str:
    """The value, if it is text."""
    if not isinstance(value, str):
        raise wrong("text is needed", "wrong_type")
    if max_length is not None and len(value) > max_length:
        raise wrong(f"at most {max_length} characters are taken", "too_long")
    return value
