"""Facts about the real process: killed, interrupted, and started again."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.command_line import environment, json_lines, lines_posted, run, start
from tests.client.scripted_api import Asked, Said, ScriptedApi
from tests.eventually import eventually

LINES = 1500
LINE = '{"event_type":"order.fetched","payload":{"n":%d}}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "events.jsonl"
    file.write_text("".join(LINE % n for n in range(LINES)))
    return file


def slowly(asked: Asked) -> Said | str | None:
    """As slow as an API that is far away."""
    if asked.path.endswith("batch"):
        time.sleep(0.05)
    return None


def after(lines: int, path: Path) -> Callable[[], bool]:
    return lambda: lines_posted(path) >= lines


def numbers(api: ScriptedApi) -> list[int]:
    return sorted(each["payload"]["n"] for each in api.stored.values())


def test_a_file_is_posted_once_though_its_process_is_killed_again_and_again(
    api: ScriptedApi, path: Path
) -> None:
    api.script = slowly
    env = environment(api.url, "trg_key")
    for lines in (1, 400, 900):
        process = start("post", "--file", path.name, env=env, cwd=path.parent)
        eventually(after(lines, path))
        process.send_signal(signal.SIGKILL)
        process.communicate()

    done = run("post", "--file", path.name, env=env, cwd=path.parent)
    again = run("post", "--file", path.name, env=env, cwd=path.parent)

    assert numbers(api) == list(range(LINES))
    assert (done.returncode, again.returncode) == (0, 0)
    (said,) = json_lines(again.stdout)
    assert said["stored"] + said["repeated"] == LINES
    assert said["complete"] is True


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_settles_what_is_under_way_and_ends_with_130(
    api: ScriptedApi, path: Path, order: signal.Signals
) -> None:
    api.script = slowly
    env = environment(api.url, "trg_key")
    process = start("post", "--file", path.name, env=env, cwd=path.parent)
    eventually(after(100, path))
    process.send_signal(order)
    out, _ = process.communicate(timeout=30)

    (said,) = json_lines(out)
    assert (process.returncode, said["complete"]) == (130, False)
    assert said["stored"] == len(api.stored) == lines_posted(path) < LINES

    assert run("post", "--file", path.name, env=env, cwd=path.parent).returncode == 0
    assert numbers(api) == list(range(LINES))


def test_following_ends_with_0_on_ctrl_c(api: ScriptedApi, tmp_path: Path) -> None:
    api.script = lambda _asked: Said(200, [])
    env = environment(api.url, "trg_key")
    process = start("tail", "--interval", "0.1", env=env, cwd=tmp_path)
    eventually(lambda: len(api.asked) > 2)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_who_reads_only_the_beginning_of_a_pipe_is_told_in_a_line(
    api: ScriptedApi, tmp_path: Path
) -> None:
    page = [{"id": f"evt_{n}", "payload": {"x": "x" * 1000}} for n in range(100)]
    api.script = lambda _asked: Said(200, page, {"Link": '<?cursor=x>; rel="next"'})
    process = start("events", "--all", env=environment(api.url, "trg_key"), cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 1
    assert process.stderr is not None
    with process.stderr as said:
        assert said.read() == "Whoever read the answer has gone: not all of it was written.\n"
