"""Facts about `make run`: what it prints works, and nothing of it stays behind."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import clean
from local import open_dashboard as dashboard
from local.emulator import HOST
from local.run import STOP_SECONDS
from local.stack import Stack, stack_file
from tests.cloudformation import ROOT
from tests.eventually import eventually
from tests.raw_http import RawApi

pytestmark = pytest.mark.xdist_group("make_run")  # a start for each worker would be dear

STOPS_SECONDS = STOP_SECONDS + 30  # on a busy machine


@dataclass
class Run:
    """A `make run` of its own: its process, its data, what it has printed so far."""

    process: subprocess.Popen[bytes]
    state_dir: Path
    output: Path

    def printed(self, pattern: str) -> re.Match[str] | None:
        """Look for a line; fail at once if the run has ended without it."""
        found = re.search(pattern, self.output.read_text(), re.MULTILINE)
        assert found or self.process.poll() is None, self.output.read_text()
        return found

    def emulator(self) -> int:
        """The emulator's process id, which is also that of its group."""
        return int((self.state_dir / "lock").read_text().split()[1])


def start(state_dir: Path, output: Path, **settings: str) -> Run:
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.run"],
            cwd=ROOT,
            env=os.environ | {"TRIGGERS_STATE_DIR": str(state_dir), **settings},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Run(process, state_dir, output)


@contextmanager
def running(directory: Path) -> Iterator[Run]:
    """A run that is ready, stopped afterwards if nobody did before."""
    started = start(directory / "data", directory / "output", TRIGGERS_PORT="0")
    try:
        eventually(lambda: started.printed("Ctrl-C stops"), seconds=60)
        yield started
    finally:
        started.process.terminate()
        started.process.wait(STOPS_SECONDS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run for all tests that do not stop it."""
    with running(tmp_path_factory.mktemp("run")) as started:
        yield started


def group_is_alive(group: int) -> bool:
    """Whether a process of the group runs; one that only waits to be reaped does not."""
    listing = subprocess.run(
        ["ps", "-eo", "pgid=,stat="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    processes = (line.split() for line in listing.splitlines())
    return any(int(pgid) == group and not stat.startswith("Z") for pgid, stat in processes)


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps here")
@pytest.mark.parametrize("order_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_with_all_it_started(
    tmp_path: Path, order_to_stop: signal.Signals
) -> None:
    with running(tmp_path) as run:
        emulator = run.emulator()
        assert group_is_alive(emulator)
        run.process.send_signal(order_to_stop)
        assert run.process.wait(STOPS_SECONDS) == 0
        assert not group_is_alive(emulator)
        assert not stack_file(run.state_dir).exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_printed_curl_lines_work_as_printed(run: Run) -> None:
    commands = re.findall(r"^  (curl .+)$", run.output.read_text(), re.MULTILINE)
    posted, inbox, acknowledged = (
        subprocess.run(  # noqa: S603  # what we printed ourselves
            shlex.split(command), capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for command in commands
    )
    assert '"status":"pending"' in posted
    assert inbox.count('"event_id"') == 3
    assert acknowledged.splitlines()[0].split()[1] == "204"


def test_the_printed_addresses_answer_in_a_browser(run: Run) -> None:
    printed = dict(
        re.findall(r"^  (Docs|Health|API) +(http\S+)$", run.output.read_text(), re.MULTILINE)
    )
    assert list(printed) == ["Docs", "Health", "API"]
    endpoint = printed["API"].partition("/_aws")[0]
    page = urllib.request.Request(endpoint, headers={"Accept": "text/html"})  # noqa: S310  # ours
    with urllib.request.urlopen(page, timeout=60) as answer:  # noqa: S310
        assert answer.url == f"{printed['API']}/"
    api = RawApi(printed["API"], "no key")
    for url in printed.values():
        assert api.get(url.removeprefix(printed["API"])).status == 200


def test_the_printed_dashboard_answers(run: Run) -> None:
    stack = Stack.load(stack_file(run.state_dir))
    assert stack is not None
    shown = run.printed(r"^  Dashboard +(http\S+)$")
    assert shown is not None
    assert shown[1] == stack.dashboard_url
    page = RawApi(shown[1], "no key")
    assert b"<title>Dashboard</title>" in page.get("/").body
    assert page.get("/data?minutes=15").status == 200


def test_it_shows_where_a_push_went(run: Run) -> None:
    eventually(lambda: run.printed(r"^\d\d:\d\d:\d\d  200  push +webhook /demo +sync\.started "))


def test_the_dashboard_of_a_stopped_run_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = f"http://{HOST}:9"
    Stack("", "", "", "", dashboard_url=gone).save(stack_file(tmp_path))
    monkeypatch.setenv("TRIGGERS_STATE_DIR", str(tmp_path))
    assert dashboard.main() == 1
    assert capsys.readouterr().err == f"{gone} does not answer. Start it with `make run`.\n"


def test_the_data_of_a_run_is_not_cleaned_away(run: Run) -> None:
    assert clean.main(run.state_dir) == 1
    assert stack_file(run.state_dir).exists()


def test_it_shows_each_request(run: Run) -> None:
    stack = Stack.load(stack_file(run.state_dir))
    assert stack is not None
    stack.api.inbox.page()
    shown = eventually(lambda: run.printed(r"^\d\d:\d\d:\d\d  200  GET +/inbox +\d+ ms  demo$"))
    assert stack.api_key not in shown.string.split("Ctrl-C stops")[1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_this_machine_only(run: Run) -> None:
    sockets = set()
    for file in Path(f"/proc/{run.emulator()}/fd").iterdir():
        with suppress(FileNotFoundError):  # a connection that was closed meanwhile
            sockets.add(str(file.readlink()))
    listening = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening[fields[1]] = table
    stack = Stack.load(stack_file(run.state_dir))
    assert stack is not None
    port = int(stack.aws_endpoint.rsplit(":", 1)[1])
    assert listening == {f"0100007F:{port:04X}": "tcp"}


def test_a_second_run_on_the_same_data_is_refused_with_a_sentence(run: Run, tmp_path: Path) -> None:
    second = start(run.state_dir, tmp_path / "second", TRIGGERS_PORT="0")
    assert second.process.wait(60) == 1
    stack = Stack.load(stack_file(run.state_dir))
    assert stack is not None
    _, refusal = second.output.read_text().splitlines()
    assert refusal.startswith(f"{run.state_dir} is in use by another run. Stop that one (Ctrl-C")
    assert f"`kill {run.process.pid}`" in refusal
    assert refusal.endswith(f" It is at {stack.url}/")


def test_a_port_in_use_is_refused_with_a_sentence(run: Run, tmp_path: Path) -> None:
    stack = Stack.load(stack_file(run.state_dir))
    assert stack is not None
    port = stack.aws_endpoint.rsplit(":", 1)[1]
    others = {"TRIGGERS_RECEIVER_PORT": "0", "TRIGGERS_SMTP_PORT": "0"}  # the next may be anybody's
    second = start(tmp_path / "other", tmp_path / "second", TRIGGERS_PORT=port, **others)
    assert second.process.wait(60) == 1
    assert f"Port {port} on {HOST} is in use" in second.output.read_text()
    assert "Traceback" not in second.output.read_text()
