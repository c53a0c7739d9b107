"""Facts about `work` as a command: its workers, and the commands that they run."""

import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import KEY, Triggers, environment, start
from tests.client.scripted_api import Said, ScriptedApi, an_event
from triggers_client import UnexpectedAnswerError
from triggers_client.cli.work import Commands, run_all

NOTHING: dict[str, Any] = {"lease_id": None, "expires_at": None, "events": []}


def a_lease(*ids: str) -> Said:
    events = [an_event(each) for each in ids]
    return Said(
        200, NOTHING | {"lease_id": "lse_1", "expires_at": "2999-01-01T00:00:00Z", "events": events}
    )


def test_an_error_of_one_worker_ends_all_of_them() -> None:
    """Also if the first is well, and would go on for good."""
    stop, first = threading.Event(), threading.Lock()

    def work() -> None:
        if not first.acquire(blocking=False):
            raise UnexpectedAnswerError("a redirect")
        stop.wait(30)

    with pytest.raises(UnexpectedAnswerError, match="a redirect"):
        run_all(work, 3, stop)
    assert stop.is_set()


def test_an_error_of_a_worker_is_told(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(200, NOTHING) if len(api.asked) == 1 else Said(302, "")

    ended = triggers("work", "--exec", "true", "--workers", "3")

    assert (ended.code, "The answer is a redirect" in ended.err) == (1, True)


class Slow(subprocess.Popen[bytes]):
    """A command that runs while its worker does not know it yet, until `may_be_known`."""

    begun, may_be_known = threading.Event(), threading.Event()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.begun.set()
        self.may_be_known.wait(30)


class Lock:
    """Lets a slow command be known as soon as somebody waits for its worker."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def acquire(self, timeout: float) -> bool:
        Slow.may_be_known.set()
        return self.lock.acquire(timeout=timeout)

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_a_command_that_is_just_being_begun_is_ended_with_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would go on for good: the program that began it is gone. And nothing more is begun."""
    monkeypatch.setattr("triggers_client.cli.work.subprocess.Popen", Slow)
    lock: Any = Lock()
    commands, ended = Commands("exec sleep 300", lock=lock), list[bool]()
    workers = [
        threading.Thread(target=lambda: ended.append(commands.run(an_event("evt_1"))))  # type: ignore[arg-type]
        for _ in range(2)
    ]
    workers[0].start()
    assert Slow.begun.wait(30)

    commands.kill()

    Slow.may_be_known.set()
    (process,) = commands.running
    assert process.wait(10) == -signal.SIGKILL
    workers[1].start()
    assert (len(commands.running), ended) == (1, [])
    commands.command = "false"
    lock.lock.release()
    for worker in workers:
        worker.join()
    assert ended == [False, False]


def test_a_second_ctrl_c_ends_all_that_a_command_began(api: ScriptedApi, tmp_path: Path) -> None:
    leases = iter([a_lease("evt_1")])
    api.script = lambda _asked: next(leases, Said(200, NOTHING))
    process = start(
        *("work", "--exec", "echo begun; sleep 300 | cat"),
        env=environment(api.url, KEY),
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    while "Finishing" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)

    # All that it began has its standard output, and this waits for the last of them.
    out, _err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
