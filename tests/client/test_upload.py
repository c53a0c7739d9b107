"""Facts about posting a file: each line once, whatever interrupts it and wherever."""

import io
import json
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.scripted_api import LOST, Said, ScriptedApi, problem
from triggers_client import TriggersError, UnreachableError, progress_file
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
    return FileRun(path, transport, "acme", **({"in_flight": 1, "clock": lambda: 1000.0} | more))


def post(run: FileRun, world: World, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """Post with every step of the disk a possible death."""
    fsync, replace = progress_file.os.fsync, Path.replace

    def dying_fsync(descriptor: int) -> None:
        world.step()
        fsync(descriptor)

    def dying_replace(self: Path, target: Path) -> Path:
        world.step()
        moved = replace(self, target)
        world.step()
        return moved

    with monkeypatch.context() as patched:
        patched.setattr(progress_file.os, "fsync", dying_fsync)
        patched.setattr(Path, "replace", dying_replace)
        patched.setattr(file_run, "send_batch", lambda _transport, texts: world.send(texts))
        return run.run(run.begun(), threading.Event(), lambda _checkpoint: None)


def rejected_lines(run: FileRun) -> list[int]:
    if not run.rejected_path.exists():
        return []
    return [json.loads(line)["line"] for line in run.rejected_path.read_text().splitlines()]


FILES = st.lists(st.sampled_from(["good", "bad", "blank", "no json"]), max_size=450)
TEXTS: dict[str, Callable[[int], str]] = {
    "good": lambda n: LINE % n,
    "bad": lambda n: BAD % n,
    "blank": lambda _n: "  \n",
    "no json": lambda _n: "{\n",
}


@settings(max_examples=50)
@given(kinds=FILES, deaths=st.lists(st.integers(0, 12), max_size=12), in_flight=st.integers(1, 3))
def test_any_deaths_and_resumes_settle_every_line_exactly_once(
    kinds: list[str], deaths: list[int], in_flight: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        path = Path(folder) / "events.jsonl"
        path.write_text("".join(TEXTS[kind](n) for n, kind in enumerate(kinds, 1)))
        run, world = a_run(path, in_flight=in_flight), World()
        for steps in deaths:
            world.steps_left = steps
            try:
                post(run, world, monkeypatch)
            except KilledError:
                continue
        world.steps_left = None
        reached = post(run, world, monkeypatch)

        numbers = {kind: [n for n, each in enumerate(kinds, 1) if each == kind] for kind in TEXTS}
        assert sorted(world.stored.values()) == numbers["good"]
        assert rejected_lines(run) == sorted(numbers["bad"] + numbers["no json"])
        assert reached.complete
        counts = reached.counts
        assert counts.stored + counts.repeated == len(numbers["good"])
        assert counts.rejected == len(numbers["bad"]) + len(numbers["no json"])


def test_a_death_at_each_single_step_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_steps = 30
    for steps in range(all_steps + 1):
        path = tmp_path / f"{steps}.jsonl"
        path.write_text("".join(BAD % n if n % 100 == 7 else LINE % n for n in range(1, 351)))
        run, world = a_run(path), World(steps_left=steps)
        with pytest.raises(KilledError) if steps < all_steps else nullcontext():
            post(run, world, monkeypatch)
        world.steps_left = None
        post(run, world, monkeypatch)

        assert sorted(world.stored.values()) == [n for n in range(1, 351) if n % 100 != 7]
        assert rejected_lines(run) == [7, 107, 207, 307]


def test_what_is_finished_is_not_posted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(LINE % 1)
    world = World()
    post(a_run(path), world, monkeypatch)
    post(a_run(path), world, monkeypatch)
    assert world.sent == 1

    with path.open("a") as file:
        file.write(LINE % 2)
    post(a_run(path), world, monkeypatch)
    assert (world.sent, sorted(world.stored.values())) == (2, [1, 2])

    run = a_run(path)
    run.forget()
    post(run, world, monkeypatch)
    assert sorted(world.stored.values()) == [1, 1, 2, 2]


@pytest.mark.parametrize("change", ["edited", "shorter"])
def test_a_file_changed_before_the_mark_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(LINE % 1 + LINE % 2)
    post(a_run(path), World(), monkeypatch)

    path.write_text(LINE % 1 + LINE % 3 if change == "edited" else LINE % 1)

    with pytest.raises(TriggersError, match="was changed"):
        post(a_run(path), World(), monkeypatch)


def test_a_last_line_that_grew_afterwards_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text((LINE % 1).strip())
    post(a_run(path), World(), monkeypatch)
    path.write_text((LINE % 1).strip() + "{}")
    with pytest.raises(TriggersError, match="goes on now"):
        post(a_run(path), World(), monkeypatch)
    path.write_text(LINE % 1 + LINE % 2)
    world = World()
    assert post(a_run(path), world, monkeypatch).mark.line == 2
    assert list(world.stored.values()) == [2]


def interrupted(path: Path, monkeypatch: pytest.MonkeyPatch, at: float, steps: int = 15) -> World:
    world = World(steps_left=steps)
    with pytest.raises(KilledError):
        post(a_run(path, clock=lambda: at), world, monkeypatch)
    world.steps_left = None
    return world


def test_a_run_interrupted_a_day_ago_goes_on_only_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(300)))
    world = interrupted(path, monkeypatch, at=0.0)
    day = 24 * 3600.0

    with pytest.raises(TriggersError, match="hold for 24"):
        a_run(path, clock=lambda: day).begun()
    assert a_run(path, clock=lambda: day - 3600).begun().mark.line > 0
    post(a_run(path, clock=lambda: day, force=True), world, monkeypatch)
    assert len(world.stored) == 300


def test_being_interrupted_again_does_not_make_old_keys_young(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of the first run may lie behind the second one's mark: their keys end first."""
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(900)))
    interrupted(path, monkeypatch, at=0.0)
    interrupted(path, monkeypatch, at=20 * 3600.0, steps=6)

    with pytest.raises(TriggersError, match="hold for 24"):
        a_run(path, clock=lambda: 30 * 3600.0).begun()


def test_a_run_is_not_gone_on_with_as_another_tenant_or_under_other_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(LINE % 1)
    post(a_run(path), World(), monkeypatch)

    with pytest.raises(TriggersError, match="tenant 'acme'"):
        FileRun(path, a_run(path).transport, "other").begun()
    with pytest.raises(TriggersError, match="keys begin with"):
        a_run(path, key_prefix="mine").begun()


@pytest.mark.parametrize("text", ["[]", "", "{", '{"format": 2}', '{"format": 1, "mark": {}}'])
def test_a_progress_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(LINE % 1)
    a_run(path).progress.path.write_text(text)

    with pytest.raises(TriggersError, match="progress file"):
        a_run(path).begun()


def through(api: ScriptedApi, path: Path, **more: Any) -> Checkpoint:
    """Post over HTTP."""
    transport = api.client(**more).transport
    run = FileRun(path, transport, "acme", in_flight=2)
    return run.run(run.begun(), threading.Event(), lambda _checkpoint: None)


def test_lost_answers_refusals_and_busy_stores_double_nothing(
    api: ScriptedApi, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(450)))
    busy = {"status": 503, "retry_after": 1, "error": {"error": "store_unavailable"}}
    api.play(
        LOST,
        problem(429, "rate_limited", Retry_After="1"),
        Said(200, {"results": [busy] * 100}),
        LOST,
        problem(503, "busy"),
        Said(500, "<html>"),
    )

    reached = through(api, path)

    assert sorted(each["payload"]["n"] for each in api.stored.values()) == list(range(450))
    assert reached.counts.settled == 450


def test_a_line_that_spoils_its_request_is_found_and_the_others_are_stored(
    api: ScriptedApi, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(100)))

    def spoilt(asked: Any) -> Said | None:
        has_it = any(each["payload"]["n"] == 41 for each in asked.body["events"])
        return problem(400, "malformed_json") if has_it else None

    api.script = spoilt
    reached = through(api, path)

    assert (reached.counts.stored, reached.counts.rejected) == (99, 1)
    refusal = json.loads((tmp_path / "events.jsonl.rejected").read_text())
    assert (refusal["line"], refusal["error"]) == (42, "malformed_json")
    assert len(api.asked) < 20


def test_an_outage_ends_the_run_and_the_next_one_goes_on(api: ScriptedApi, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(1000)))
    api.script = lambda _asked: LOST if len(api.asked) > 4 else None
    with pytest.raises(UnreachableError):
        through(api, path, budget_seconds=0)
    assert not (tmp_path / "events.jsonl.rejected").exists()

    api.script = lambda _asked: None
    assert through(api, path).complete
    assert sorted(each["payload"]["n"] for each in api.stored.values()) == list(range(1000))


def test_progress_is_replaced_in_one_step(tmp_path: Path) -> None:
    progress = progress_file.ProgressFile(tmp_path / "x.progress")
    progress.save({"a": 1})
    progress.save({"a": 2})
    assert progress.load() == {"a": 2}
    assert [each.name for each in tmp_path.iterdir()] == ["x.progress"]


def test_a_file_is_cut_to_what_the_progress_knows(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"known and more")
    with progress_file.opened_at(path, 5) as file:
        assert file.tell() == 5
        file.write(b"!")
    assert io.BytesIO(path.read_bytes()).read() == b"known!"
