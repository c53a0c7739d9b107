"""Two releases at once in the simulated cloud: `make prove BESIDE=<commit>` plays as many seeds."""

import re
import subprocess
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.cloudformation import ROOT
from tests.simulation import prove
from tests.simulation.planted.bug import Bug, planted
from tests.simulation.product import releases
from tests.simulation.product.releases import BEFORE, TODAY, Rollout

COMMIT = "c1e3287"  # a release whose forms are still in use


def half_of_all(chance: Random, clock: Callable[[], float]) -> Rollout:
    return Rollout({"": TODAY, " before": BEFORE}, [(clock(), 0.5)], chance, clock)


@pytest.fixture(scope="module")
def folder() -> Iterator[str]:
    known = subprocess.run(  # noqa: S603
        ["git", "cat-file", "-e", f"{COMMIT}:src"],  # noqa: S607
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    if known.returncode:
        pytest.skip(f"this checkout does not have {COMMIT}, as a shallow one does not")
    with releases.extracted(COMMIT) as folder:
        yield folder


def test_no_invariant_breaks_while_one_release_replaces_another(folder: str) -> None:
    verdict = prove.run(range(2), beside=folder)

    assert (verdict.broken, verdict.inherited) == ({}, {})


def test_calls_of_a_function_reach_both_releases_in_one_world(folder: str) -> None:
    story = "\n".join(prove.story_of(22, beside=folder))

    assert all(
        re.search(rf"{each}-\d+{which}:", story)
        for each in ("api", "dispatcher", "delivery")
        for which in ("", " before")
    )


def test_what_the_release_before_cannot_read_is_seen(folder: str) -> None:
    needed = '"round", "pushes", "replayed_after"'
    bug = Bug("leaves out what was needed", "aws/task_queue.py", needed, '"round", "pushes"')
    with planted(bug):
        played = (
            prove.run(range(seed, seed + 1), beside=folder, plan=half_of_all).broken
            for seed in range(20)  # a good third of them see it
        )
        broken = next(filter(None, played), {})

    assert "before logged delivery.crashed: KeyError('replayed_after')" in str(broken)


def test_a_function_that_only_one_release_has_is_that_ones(folder: str) -> None:
    releases.beside(folder)
    rollout = Rollout({"": TODAY, " before": BEFORE}, [(0, 0.0)], Random(0), lambda: 1.0)  # noqa: S311

    assert [rollout.drawn(each) for each in ("api", "rescuer")] == [" before", ""]


def test_an_alias_points_to_what_its_last_step_said(folder: str) -> None:
    releases.beside(folder)
    now = [0.0]
    steps = [(0.0, 0.0), (10.0, 0.5), (20.0, 1.0), (30.0, 0.0)]
    rollout = Rollout({"": TODAY, " before": BEFORE}, steps, Random(0), lambda: now[0])  # noqa: S311

    seen = []
    for at in (5.0, 15.0, 25.0, 35.0):
        now[0] = at
        seen.append({rollout.drawn("api") for _ in range(20)})

    assert seen == [{" before"}, {"", " before"}, {""}, {" before"}]
