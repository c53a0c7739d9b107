"""CloudWatch Logs: lines by group, and which of them a pattern finds, a page at a time.

Patterns for lines of JSON, as far as ours use them: comparisons, `&&`, `||`, parentheses, `*` in
texts, and a member that is not there fits nothing:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html.
A page may be empty and not the last:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from tests.simulation.cloud.errors import AwsError

Line = dict[str, Any]
Fits = Callable[[Line], bool]
_TOKEN: Final = re.compile(r'\s*(\{|\}|\(|\)|&&|\|\||[<>]=?|!?=|"[^"]*"|\$[\w.\[\]]+|-?\d+)\s*')
_PAGE_AT_MOST: Final = 4


@dataclass
class Logs:
    """The lines of all groups, in the order in which they were written."""

    chance: random.Random
    groups: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def write(self, group: str, at: float, line: Line) -> None:
        """As what a function prints comes to its group."""
        self.groups.setdefault(group, []).append((int(at * 1000), json.dumps(line, default=str)))

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """What the service answers; raises `AwsError`."""
        if operation != "FilterLogEvents":
            raise NotImplementedError(operation)
        name = request["logGroupName"]
        if name not in self.groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        page, begin = (int(each) for each in request.get("nextToken", "0/0").split("/"))
        end = begin + self.chance.randint(0, _PAGE_AT_MOST)
        fits, since = _pattern(request["filterPattern"]), request["startTime"]
        found = [
            {"timestamp": at, "message": message}
            for at, message in self.groups[name]
            if at >= since and fits(json.loads(message))
        ]
        answer: dict[str, Any] = {"events": found[begin:end]}
        return answer | ({"nextToken": f"{page + 1}/{end}"} if end < len(found) else {})


@cache
def _pattern(text: str) -> Fits:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s+", "", text):
        raise AwsError("InvalidParameterException", f"Invalid filter pattern: {text}")
    left = tokens[1:-1]  # without its braces
    fits = _any(left)
    if left:
        raise AwsError("InvalidParameterException", f"Invalid filter pattern: {text}")
    return fits


def _any(tokens: list[str]) -> Fits:
    """`&&` binds closer than `||`."""
    parts = [_all(tokens)]
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        parts.append(_all(tokens))
    return lambda line: any(fits(line) for fits in parts)


def _all(tokens: list[str]) -> Fits:
    parts = [_one(tokens)]
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        parts.append(_one(tokens))
    return lambda line: all(fits(line) for fits in parts)


def _one(tokens: list[str]) -> Fits:
    first = tokens.pop(0)
    if first == "(":
        inner = _any(tokens)
        tokens.pop(0)
        return inner
    sign, wanted = tokens.pop(0), json.loads(tokens.pop(0))
    path = re.findall(r"\w+", first)
    return lambda line: _compares(_member(line, path), sign, wanted)


def _member(line: Any, path: list[str]) -> Any:
    for name in path:
        if isinstance(line, list):
            line = line[int(name)] if int(name) < len(line) else None
        else:
            line = line.get(name) if isinstance(line, dict) else None
    return line


def _compares(value: Any, sign: str, wanted: Any) -> bool:
    if value is None or isinstance(value, str) != isinstance(wanted, str):
        return False
    if isinstance(wanted, str):
        return bool(fnmatchcase(value, wanted)) is (sign == "=")
    holds = {"=": value == wanted, "<": value < wanted, ">=": value >= wanted}
    return bool(holds[sign])
