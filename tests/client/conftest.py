"""A scripted API for each test, and the command to call it with."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.command_line import KEY, Ended, Triggers
from tests.client.scripted_api import ScriptedApi, scripted_api
from triggers_client.cli.command import Session
from triggers_client.cli.entry import run


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api() as server:
        yield server


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("TRIGGERS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def triggers(
    nothing_set: None,  # noqa: ARG001  # what it sets comes after
    api: ScriptedApi,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Triggers:
    """Runs the command against the scripted API."""
    monkeypatch.setenv("TRIGGERS_URL", api.url)
    monkeypatch.setenv("TRIGGERS_API_KEY", KEY)

    def ran(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = run(list(arguments), Session())
        said = capsys.readouterr()
        assert KEY not in said.out + said.err
        return Ended(code, said.out, said.err)

    return ran
