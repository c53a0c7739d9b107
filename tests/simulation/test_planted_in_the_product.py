"""Bugs planted into the real code: the quick ones are found here, all by `make prove PLANTED=all`."""

import ast
from functools import cache

import pytest

from tests.simulation.planted import BUGS
from tests.simulation.planted.__main__ import is_found_by, seeds_until_found
from tests.simulation.planted.bug import ROOT, Bug, planted
from tests.simulation.planted.table import DOC, seeds_by_bug, with_all_bugs
from triggers_api.push import retry

SEEDS = 40  # nearly every second one finds it
QUICK = [name for name, bug in BUGS.items() if bug.is_quick]


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_bug_is_found_by_the_proof(name: str) -> None:
    seeds, _ = seeds_until_found(BUGS[name], SEEDS)

    assert seeds, f"not found by {SEEDS} seeds"


def test_every_bug_has_its_place_and_can_be_planted() -> None:
    for bug in BUGS.values():
        code = compile(bug.spoilt_text, bug.path, "exec")

        assert code.co_code


def test_a_bug_that_only_moves_lines_changes_nothing() -> None:
    first = "When to try again"
    moved = Bug("only moves lines", "push/retry.py", first, f"\n{first}")

    with pytest.raises(AssertionError, match="changes nothing"), planted(moved):
        pass


def test_a_bug_that_has_no_place_is_not_found() -> None:
    with pytest.raises(RuntimeError, match="was not planted"):
        is_found_by(Bug("is nowhere", "push/retry.py", "nowhere to be seen", ""), __file__)


def test_every_bug_is_found_by_seeds_or_by_a_test_that_is_there() -> None:
    by_seeds = seeds_by_bug(DOC.read_text())

    lost = [
        bug.name
        for bug in BUGS.values()
        if not (_is_there(bug.test) if bug.test else bug.name in by_seeds)
    ]

    assert lost == []


def test_the_table_of_the_documentation_is_that_of_the_bugs() -> None:
    """`python -m tests.simulation.planted.table` writes it."""
    text = DOC.read_text()

    assert text == with_all_bugs(text)


def test_a_planted_bug_is_out_again_afterwards() -> None:
    schedule = retry.RetrySchedule()
    last = schedule.attempts - 1

    with planted(BUGS["the last try is not made"]):
        assert schedule.wait_after(last, retry_after=None, chance=0) is None

    assert schedule.wait_after(last, retry_after=None, chance=0) is not None


def test_a_bug_whose_place_is_gone_cannot_be_planted() -> None:
    gone = Bug("gone", "push/retry.py", "this stands nowhere", "")

    with pytest.raises(AssertionError, match="no one place"), planted(gone):
        pass


def _is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    return name in _tests_of(path)


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))
