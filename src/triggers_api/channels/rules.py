"""What a single setting may be; each rule answers the value as it is kept, or raises."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from triggers_api.channels.fields import Fault, Rule, WrongError, wrong
from triggers_api.channels.urls import RefusedTargetError

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_of(*choices: str) -> Rule:
    """One of these words."""

    def rule(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise wrong(f"one of {', '.join(choices)} is needed", "not_a_choice")
        return value

    return rule


def text(max_length: int) -> Rule:
    """One line of anything that can be printed."""

    def rule(value: Any) -> str:
        line = _string(value, max_length)
        if not line or _CONTROL.search(line):
            raise wrong("a line of text without control characters is needed")
        return line

    return rule


def pattern(expression: str, wanted: str, *, max_length: int) -> Rule:
    """Text of that pattern; `wanted` describes it to people."""
    compiled = re.compile(expression)

    def rule(value: Any) -> str:
        if not compiled.fullmatch(given := _string(value, max_length)):
            raise wrong(wanted)
        return given

    return rule


def integer(allowed: Callable[[int], bool], wanted: str) -> Rule:
    """An integer that is allowed."""

    def rule(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("an integer is needed", "wrong_type")
        if not allowed(value):
            raise wrong(wanted)
        return value

    return rule


def target(check: Callable[[str], object]) -> Rule:
    """A URL or host that `check` does not refuse with `RefusedTargetError`."""

    def rule(value: Any) -> str:
        given = _string(value, None)
        try:
            check(given)
        except RefusedTargetError as error:
            raise wrong(error.message, error.code) from None
        return given

    return rule


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

    return check


def _string(value: Any, max_length: int | None) -> str:
    if not isinstance(value, str):
        raise wrong("text is needed", "wrong_type")
    if max_length is not None and len(value) > max_length:
        raise wrong(f"at most {max_length} characters are taken", "too_long")
    return value
