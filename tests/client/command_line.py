"""Runs the real command as a process, as a person or a script does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from tests.cloudformation import ROOT

PACKAGE = ROOT / "clients" / "python"
KEY = "trg_very_secret_key"
_TOGETHER = 60.0


def environment(url: str | None = None, api_key: str | None = None) -> dict[str, str]:
    """Nothing of the caller's own settings, and which API is meant."""
    kept = {name: value for name, value in os.environ.items() if "TRIGGERS_" not in name}
    kept |= {"PYTHONPATH": str(PACKAGE), "PYTHONUNBUFFERED": "1"}
    if url is not None:
        kept["TRIGGERS_URL"] = url
    if api_key is not None:
        kept["TRIGGERS_API_KEY"] = api_key
    return kept


def command(*arguments: str) -> list[str]:
    """`triggers …`."""
    return [sys.executable, "-m", "triggers_client", *arguments]


def start(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path,
    stdin: IO[str] | None = None,
    stdout: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Let it run."""
    return subprocess.Popen(  # noqa: S603  # our own command
        command(*arguments),
        env=dict(env),
        cwd=cwd,
        text=True,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def run(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path,
    stdin: str = "",
    timeout: float = _TOGETHER,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(  # noqa: S603  # our own command
        command(*arguments),
        env=dict(env),
        cwd=cwd,
        input=stdin,
        text=True,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def progress_of(path: Path) -> dict[str, Any]:
    """What a run has written down; empty before it did."""
    try:
        saved: dict[str, Any] = json.loads(path.with_name(path.name + ".progress").read_text())
    except FileNotFoundError:
        return {}
    return saved


def lines_posted(path: Path) -> int:
    """How many lines are settled."""
    return int(progress_of(path).get("mark", {}).get("line", 0))


class Ended:
    """How a command ended, and what it said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Triggers = Callable[..., Ended]
