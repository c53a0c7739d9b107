"""The API's answers as its document shows them, and as a newer or older server might give them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from tests.cloudformation import ROOT

NOVEL = "novelty"
"""A word, and a member, that no client knows."""

_PATHS: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]


class Changed(NamedTuple):
    """An answer with one change, and what was there before."""

    at: tuple[str | int, ...]
    before: Any
    answer: Any


def documented(operation: str) -> Any:
    """The example of `GET /events`: its answer, if it is a success."""
    method, _, path = operation.partition(" ")
    for status, response in _PATHS[path][method.lower()]["responses"].items():
        if status.startswith("2"):
            content = response["content"]["application/json"]
            if "example" in content:
                return content["example"]
            return next(iter(content["examples"].values()))["value"]
    raise LookupError(operation)


def with_a_word_not_known(answer: Any) -> Iterator[Changed]:
    """Each text in it once in other words."""
    return (_set(answer, at, before, NOVEL) for at, before in _texts(answer))


def with_a_member_missing(answer: Any) -> Iterator[Changed]:
    """Each member left out once."""
    for at, members in _objects(answer):
        for name, before in members.items():
            changed = deepcopy(answer)
            del _at(changed, at)[name]
            yield Changed((*at, name), before, changed)


def with_members_not_known(answer: Any) -> Any:
    """Every object in it with one member more."""
    changed = deepcopy(answer)
    for at, _ in _objects(answer):
        _at(changed, at)[NOVEL] = {"word": [NOVEL, 1, None]}
    return changed


def _set(answer: Any, at: tuple[str | int, ...], before: Any, value: Any) -> Changed:
    changed = deepcopy(answer)
    if not at:
        return Changed(at, before, value)
    _at(changed, at[:-1])[at[-1]] = value
    return Changed(at, before, changed)


def _at(answer: Any, at: tuple[str | int, ...]) -> Any:
    for each in at:
        answer = answer[each]
    return answer


def _items(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return [*value.items()]
    return [*enumerate(value)] if isinstance(value, list) else []


def _texts(
    value: Any, at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield at, value
    for name, each in _items(value):
        yield from _texts(each, (*at, name))


def _objects(
    value: Any, at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    if isinstance(value, dict):
        yield at, value
    for name, each in _items(value):
        yield from _objects(each, (*at, name))
