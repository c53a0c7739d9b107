"""How a seed ends, in words that two stories can be compared by."""

from tests.simulation import prove
from tests.simulation.planted.bug import Bug, planted
from tests.simulation.product import outcome

FAILS = Bug(
    "cannot judge",
    "tests/simulation/product/judge.py",
    "found = [*play.world.broken, *play.truth.faults]",
    'raise KeyError("unknown")',
)


def test_a_seed_at_which_the_simulation_itself_fails_is_broken_and_the_others_are_played() -> None:
    with planted(FAILS):
        verdict = prove.run(range(2))

    assert list(verdict.broken) == [0, 1]
    assert "the simulation itself failed: KeyError('unknown') in judge" in verdict.broken[0]


def test_the_same_fault_of_two_stories_is_of_one_kind() -> None:
    one = outcome.kinds("evt_01A was pushed 30.2 s later; acme is never gone")
    other = outcome.kinds("acme is never gone; evt_02B was pushed 101.8 s later")

    assert one == other


def test_faults_of_other_words_are_of_other_kinds() -> None:
    one, other = outcome.kinds("acme is never gone"), outcome.kinds("evt_1 is lost")

    assert not one & other
    assert outcome.kinds("") == frozenset()
