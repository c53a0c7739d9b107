"""A run over a file whose process may die at any step, and an API that remembers keys."""

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from triggers_client.batch import Refused, Result, Stored
from triggers_client.errors import Problem
from triggers_client.upload import file_run
from triggers_client.upload.checkpoint import Checkpoint
from triggers_client.upload.file_run import FileRun

LINE = '{"event_type":"order.fetched","payload":{"n":%d}}\n'
BAD = '{"event_type":"bad type","payload":{"n":%d}}\n'


class KilledError(BaseException):
    """The process is gone: no handler of errors may see it."""


@dataclass
class World:
    """An API that remembers keys, and a death after so many steps."""

    steps_left: int | None = None
    stored: dict[str, int] = field(default_factory=dict)
    sent: int = 0

    def step(self) -> None:
        if self.steps_left is not None:
            if self.steps_left == 0:
                raise KilledError
            self.steps_left -= 1

    def send(self, texts: list[str]) -> list[Result]:
        self.step()
        results = [self._store(json.loads(text)) for text in texts]
        self.sent += len(texts)
        self.step()  # stored, and nobody hears of it
        return results

    def _store(self, draft: dict[str, Any]) -> Result:
        if " " in draft["event_type"]:
            return Refused(Problem(422, "invalid_event", "A fault."))
        key, number = draft["idempotency_key"], draft["payload"]["n"]
        replayed = key in self.stored
        assert self.stored.setdefault(key, number) == number
        return Stored({"id": key}, replayed)


class FakeTransport:
    url = "https://api.example.com"


def a_run(path: Path, **more: Any) -> FileRun:
    transport: Any = FakeTransport()
    options: dict[str, Any] = {"in_flight": 1, "clock": lambda: 1000.0} | more
    return FileRun(path, transport, "acme", **options)


def post(run: FileRun, world: World, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """Post with every step of the disk a possible death."""
    fsync, replace = os.fsync, Path.replace

    def dying_fsync(descriptor: int) -> None:
        world.step()
        fsync(descriptor)

    def dying_replace(self: Path, target: Path) -> Path:
        world.step()
        moved = replace(self, target)
        world.step()
        return moved

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", dying_fsync)
        patched.setattr(Path, "replace", dying_replace)
        patched.setattr(file_run, "send_batch", lambda _transport, texts: world.send(texts))
        return run.run(run.begun(), threading.Event(), lambda _checkpoint: None)


def rejected_lines(run: FileRun) -> list[int]:
    if not run.rejected_path.exists():
        return []
    return [json.loads(line)["line"] for line in run.rejected_path.read_text().splitlines()]
