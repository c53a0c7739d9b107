"""What every item of a kind has, so that the release which wrote it may rely on it.

That a release reads what a later one writes cannot be tried without its code. But what all of its
own items of a kind had, and of which type, is all that it can rely on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.upgrade.deployment import Item

Shape = dict[str, str]
"""The attributes that all have, each with its type; those of JSON in a text too, as `text.name`."""


def kind_of(table: str, item: Item) -> str:
    """By its key, and by what tells two kinds under one key apart."""
    if table == "KeysTable":
        name, mark, _ = item["key_id"]["S"].partition("#")
        return f"{table} {name}" if mark else f"{table} key"
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    of, mark, rest = pk.partition("#")
    if "erased_at" in item:
        return f"{table} tombstone"
    if table == "EventsTable":
        return f"{table} {sk.partition('#')[0].partition('_')[0]}"
    if table == "UsageTable":
        return f"{table} {sk.partition('#')[0] if of else rest}"
    return f"{table} {'delivery' if rest.startswith('evt_') else rest if mark else pk}"


def shapes(tables: dict[str, list[Item]]) -> dict[str, Shape]:
    """Of each kind, what all of its items have."""
    found: dict[str, Shape] = {}
    for table, items in tables.items():
        for item in items:
            kind, shape = kind_of(table, item), dict(_attributes(item))
            known = found.setdefault(kind, shape)
            found[kind] = {each: known[each] for each in known if shape.get(each) == known[each]}
    return found


def task_shape(tasks: Iterable[Item]) -> Shape:
    """Of messages and schedules."""
    return shapes({"tasks": [_as_row(each) for each in tasks]})["tasks task"]


def _as_row(task: Item) -> Item:
    return {"pk": {"S": "task"}, "sk": {"S": "task"}, "said": {"S": json.dumps(task)}}


def lacking(shape: Shape, written: Shape) -> list[str]:
    """What whoever relies on a shape would miss in what is written now."""
    return sorted(f"{name}: {shape[name]}" for name in shape if written.get(name) != shape[name])


def _attributes(item: Item) -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        ((kind, said),) = value.items()
        yield name, kind
        if kind == "S":
            yield from _told_in(name, said)


def _told_in(name: str, text: str) -> Iterator[tuple[str, str]]:
    if text[:1] != "{":
        return
    try:
        told: Any = json.loads(text)
    except ValueError:
        return
    for each in told if name in ("said", "filters") else ():
        yield f"{name}.{each}", "JSON"
