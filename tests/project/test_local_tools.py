"""Facts about the tools of this project: the Makefile, and what `make run` deploys."""

import io
import json
import re
import subprocess
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from admin.template import template
from local import clean
from local.cloudwatch.request_log import parse
from local.deploy import parameters, source_zip
from local.emulator import API_WORKERS, HOST, LAMBDA_WORKERS, locked
from local.running import CommandError, sentence, with_running_stack
from local.stack import Stack, stack_file
from tests.client.scripted_api import Said, scripted_api
from tests.cloudformation import ROOT, resources
from triggers_client import InvalidRequestError

MAKEFILE = (ROOT / "Makefile").read_text()


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--silent"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == phony.split()


def test_what_is_merged_was_checked_and_tested() -> None:
    commands = (ROOT / ".ci" / "run").read_text().split("\n\n")[-1].splitlines()
    assert commands == ["make check", "make test"]


def test_clean_removes_the_data_of_local_runs_first() -> None:
    recipe = MAKEFILE.split("\nclean:")[1].split("\n\n")[0].splitlines()[1:]
    assert recipe[0].endswith("-m local.clean")
    assert not any(str(clean.DATA) in line.split() for line in recipe)


def test_data_that_no_run_uses_is_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    assert clean.main(data) == 0
    assert not data.exists()
    assert clean.main(data) == 0


def test_data_that_a_run_uses_is_not_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with locked(tmp_path):
        assert clean.main(tmp_path) == 1
    assert tmp_path.exists()
    said = capsys.readouterr().err
    assert said.startswith("Nothing was removed. ")
    assert "is in use by another run" in said


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands look for a running system."""
    monkeypatch.setenv("TRIGGERS_STATE_DIR", str(tmp_path))
    return tmp_path


def saved(state_dir: Path, url: str) -> None:
    """As if a system ran at that URL."""
    Stack(url, "trg_key", "", "").save(stack_file(state_dir))


def ask(stack: Stack) -> None:
    print(stack.api.me()["tenant"])  # noqa: T201  # as the commands do


def test_a_command_is_told_what_runs_here(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_api() as server:
        saved(state_dir, server.url)
        assert with_running_stack(ask) == 0
    assert capsys.readouterr().out == "demo\n"


def test_a_command_says_that_nothing_runs_here(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_running_stack(ask) == 1
    said = capsys.readouterr().err
    file = stack_file(state_dir)
    assert said == f"There is no {file}: nothing runs here. Start it with `make run`.\n"


def test_a_command_says_at_once_that_the_system_was_stopped(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = f"http://{HOST}:9"
    saved(state_dir, gone)
    assert with_running_stack(ask) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{gone} does not answer: ")
    assert said.endswith(" Start it with `make run`.\n")


def test_a_command_says_which_file_is_damaged(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = stack_file(state_dir)
    file.write_text('{"url": "http://127.0')
    assert with_running_stack(ask) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{file} is damaged (")
    assert said.endswith("The next `make run` writes it anew.\n")


def test_a_stack_is_read_by_a_version_that_knows_less_or_more_of_it(state_dir: Path) -> None:
    stack = Stack("http://here", "trg_key", "http://aws", "name")
    written = asdict(stack) | {"of_the_future": 1}
    del written["operator_key"], written["dashboard_url"]
    stack_file(state_dir).write_text(json.dumps(written))
    assert Stack.load(stack_file(state_dir)) == stack


def test_a_command_says_what_the_api_refused_and_why(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = {"field": "event_type", "message": "It is no word.", "code": "invalid"}
    refusal = {"error": "invalid_event", "message": "It is refused.", "details": [fault]}
    with scripted_api() as server:
        server.script = lambda _asked: Said(422, refusal)
        saved(state_dir, server.url)
        with pytest.raises(InvalidRequestError) as refused:
            Stack(server.url, "trg_key", "", "").api.me()
        assert with_running_stack(ask) == 1
    told = "The API answered 422: It is refused. event_type: It is no word."
    assert sentence(refused.value) == told
    assert capsys.readouterr().err == f"{told}\n"


def test_a_command_says_what_is_otherwise_than_it_should_be(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def find(_stack: Stack) -> None:
        raise CommandError("evt_1 is not in the inbox.")

    saved(state_dir, f"http://{HOST}:9")
    assert with_running_stack(find) == 1
    assert capsys.readouterr().err == "evt_1 is not in the inbox.\n"


def test_every_function_of_the_template_gets_the_zipped_source() -> None:
    functions = resources("AWS::Serverless::Function").values()
    assert {function["Properties"]["CodeUri"] for function in functions} == {"src/"}


def test_a_burst_of_requests_leaves_a_worker_for_every_other_function_and_they_for_it() -> None:
    """Beyond, the emulator answers 429: to a caller of the API, or to a push, which then hides."""
    others = resources("AWS::Serverless::Function").keys() - {"ApiFunction"}
    at_once = dict.fromkeys(others, 0)
    for one in resources("AWS::Lambda::EventSourceMapping").values():
        scaling = one["Properties"].get("ScalingConfig")
        local = scaling["MaximumConcurrency"]["Fn::If"][1] if scaling else 1  # a poller has one
        at_once[one["Properties"]["FunctionName"]["Ref"].partition(".")[0]] += local
    assert sum(max(each, 1) for each in at_once.values()) <= LAMBDA_WORKERS - API_WORKERS


def test_a_local_run_pushes_to_this_machine_and_keeps_the_real_schedule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TRIGGERS_ALLOW_PRIVATE_TARGETS", raising=False)
    monkeypatch.delenv("TRIGGERS_RETRY_SCHEDULE", raising=False)
    assert parameters()["AllowPrivateTargets"] == "1"
    assert "RetryScheduleSeconds" not in parameters()
    assert parameters().keys() <= template()["Parameters"].keys()


def test_the_environment_can_forbid_private_targets_and_shorten_the_schedule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIGGERS_ALLOW_PRIVATE_TARGETS", "0")
    monkeypatch.setenv("TRIGGERS_RETRY_SCHEDULE", "0.01,0.02")
    assert parameters()["AllowPrivateTargets"] == "0"
    assert parameters()["RetryScheduleSeconds"] == "0.01,0.02"
    assert parameters().keys() <= template()["Parameters"].keys()


def test_the_same_source_makes_the_same_zip(tmp_path: Path) -> None:
    for name in ("first", "second"):
        package = tmp_path / name / "package"
        package.mkdir(parents=True)
        (package / "b.py").write_text("B = 2\n")
        (package / "a.py").write_text("A = 1\n")
        (package / "__pycache__").mkdir()
        (package / "__pycache__" / "a.pyc").write_text(name)
    first, second = source_zip(tmp_path / "first"), source_zip(tmp_path / "second")
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["package/a.py", "package/b.py"]


def test_only_the_line_of_a_request_is_shown() -> None:
    line = {
        "message": "request.completed",
        "timestamp": "2026-11-21T22:55:18.123+00:00",
        "method": "GET",
        "route": "/inbox",
        "status": 200,
        "tenant": "demo",
        "ApiLatency": [12.3],
    }
    request = parse(json.dumps(line))
    assert request is not None
    assert (request.method, request.route, request.status) == ("GET", "/inbox", 200)
    assert request.notes == ("demo",)
    for other in ("START RequestId: 1", "null", '{"message": "request.crashed"}'):
        assert parse(other) is None
