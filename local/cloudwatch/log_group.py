"""A log group read forward: every line once, over a restart too."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

_OVERLAP_MILLISECONDS = 5_000  # a call that ends later may be logged under an earlier time


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line and its time."""

    at: float  # in seconds, as `time.time`
    stream: str
    message: str


@dataclass(slots=True)
class Position:
    """How far a group was read: up to a time, and which lines after it."""

    after: int = 0  # milliseconds
    seen: dict[str, int] = field(default_factory=dict)  # what names a line, and its time

    def new(self, events: Iterable[dict[str, Any]]) -> list[LogLine]:
        """Those that were not seen, which from now on are."""
        lines, count = [], Counter[tuple[str, str]]()
        for event in events:
            told = (event["logStreamName"], event["message"])
            count[told] += 1  # a function may say the same twice
            key = hashlib.sha256(repr((*told, count[told])).encode()).hexdigest()[:24]
            if key not in self.seen:
                self.seen[key] = event["timestamp"]
                lines.append(LogLine(event["timestamp"] / 1000, *told))
        self.after = max(self.after, max(self.seen.values(), default=0) - _OVERLAP_MILLISECONDS)
        self.seen = {key: at for key, at in self.seen.items() if at >= self.after}
        return lines


class Positions:
    """How far each group was read, in a file while nobody reads."""

    def __init__(self, file: Path, known: dict[str, Position]) -> None:
        """`load` makes one."""
        self._file = file
        self._known = known

    @classmethod
    def load(cls, file: Path) -> Self:
        """Take up the positions of the last run; none if it left none."""
        try:
            saved = json.loads(file.read_text())
            return cls(file, {name: Position(**each) for name, each in saved.items()})
        except (FileNotFoundError, ValueError, TypeError):
            return cls(file, {})

    def of(self, group: str) -> Position:
        """Where to read on."""
        return self._known.setdefault(group, Position())

    def save(self) -> None:
        """Keep them for the next run."""
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(
            json.dumps(
                {name: {"after": at.after, "seen": at.seen} for name, at in self._known.items()}
            )
        )
        unfinished.replace(self._file)


class LogGroup:
    """One log group of the emulator."""

    def __init__(self, logs: Any, name: str, position: Position) -> None:
        """`logs` is a client; `position` moves with every poll."""
        self._logs = logs
        self.name = name
        self._position = position

    def poll(self) -> list[LogLine]:
        """The lines since the last poll."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.name, startTime=self._position.after
        )
        return self._position.new(event for page in pages for event in page["events"])
