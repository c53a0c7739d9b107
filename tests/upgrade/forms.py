"""What a release leaves in tables, queues and schedules, and what callers hold: as files.

A file a kind, a line a thing: `<table>.jsonl`, `tasks.jsonl`, `letters.jsonl`, `schedules.jsonl`,
`stream.jsonl` (what the dispatcher was not told yet), `answers.jsonl`, and `held.json` (keys,
tokens, the time).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.upgrade.deployment import TABLES, Deployment, Item

FOLDER: Final = Path(__file__).parent / "releases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """All that a deployment has stored, sent and given to callers at one moment."""

    tables: dict[str, list[Item]]
    tasks: list[Item]
    letters: list[Item]
    schedules: list[Item]
    stream: list[Item]
    answers: list[Item]
    held: dict[str, Any]

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.held["at"])

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for table, items in self.tables.items():
            _write(folder / f"{TABLES[table]}.jsonl", map(_to_json, items))
        for each in fields(self):
            kept = getattr(self, each.name)
            if isinstance(kept, list):
                _write(folder / f"{each.name}.jsonl", kept)
        (folder / "held.json").write_text(json.dumps(self.held, indent=1, sort_keys=True) + "\n")

    @classmethod
    def read(cls, folder: Path, receiver: str) -> Forms:
        """What was written, with today's receiver in the place of the one of that day."""
        held = json.loads((folder / "held.json").read_text())

        def lines(name: str) -> Iterator[Item]:
            text = (folder / f"{name}.jsonl").read_text().replace(held["receiver"], receiver)
            return map(json.loads, text.splitlines())

        return cls(
            tables={table: list(map(_from_json, lines(name))) for table, name in TABLES.items()},
            held=held,
            **{
                each.name: list(lines(each.name))
                for each in fields(cls)
                if each.name not in ("tables", "held")
            },
        )

    def load(self, deployment: Deployment) -> None:
        for table, items in self.tables.items():
            deployment.load(table, items)
        for queue, bodies in (("deliveries", self.tasks), ("dead-letters", self.letters)):
            for body in bodies:
                deployment.put_message(queue, json.dumps(body))
        for schedule in self.schedules:
            deployment.scheduler.create_schedule(**schedule)


def _write(path: Path, things: Iterable[Item]) -> None:
    path.write_text("".join(f"{json.dumps(each, sort_keys=True)}\n" for each in things))


def _to_json(value: Any) -> Any:
    """An item in JSON: binary values as base64, under their type `B` as in DynamoDB's own."""
    if isinstance(value, dict):
        return {name: _to_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_json(each) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _from_json(item: Item) -> Item:
    return {name: _value(value) for name, value in item.items()}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, said),) = value.items()
    if kind == "B":
        return {"B": base64.b64decode(said)}
    if kind == "M":
        return {"M": _from_json(said)}
    return {"L": [_value(each) for each in said]} if kind == "L" else value
