"""Facts about posting a file: each line once, whatever interrupts it and wherever."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.upload_world import (
    BAD,
    LINE,
    KilledError,
    World,
    a_run,
    post,
    rejected_lines,
)
from triggers_client import TriggersError, progress_file
from triggers_client.upload.file_run import FileRun

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
    assert path.read_bytes() == b"known!"
