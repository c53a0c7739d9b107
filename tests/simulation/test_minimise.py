"""A broken seed is told without the users and faults that it breaks without."""

from tests.simulation.minimise import minimised
from tests.simulation.planted import BUGS
from tests.simulation.planted.bug import planted
from tests.simulation.product import outcome
from tests.simulation.product.installed import installed
from tests.simulation.product.play import begin


def test_a_broken_seed_still_breaks_with_a_shorter_story() -> None:
    with planted(BUGS["keeps is_new on a change of status"]), installed() as stage:
        whole = begin(0, stage)
        broken = outcome.fault_of(whole)
        play, problem = minimised(0, stage)

    assert "were counted" in problem
    assert outcome.kinds(problem) & outcome.kinds(broken)
    assert len(play.world.story) < len(whole.world.story)


def test_a_seed_that_holds_is_told_whole() -> None:
    with installed() as stage:
        assert minimised(1, stage)[1] == ""
