"""How the deletion of a world's tenants comes to its end: at first while calls fail, too."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.simulation.product import minutes, operator

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.world import World

_ROUGH: Final = 0.5  # of the worlds that somebody leaves
_ROUGH_MINUTES: Final = 12  # some more than a deletion takes
_MINUTES_AT_MOST: Final = 90
_ASKED_WITHIN: Final = 90.0  # seconds: of two tenants one may be gone before the other


def end(play: Play) -> None:
    """Whether or not a deletion was answered: it is asked for again, and has to end."""
    leaving = [tenant for tenant, stage in play.stages.items() if stage.is_leaving]
    chance = random.Random(f"{play.world.seed}/removal")  # noqa: S311
    if leaving and chance.random() < _ROUGH:
        _go_on_roughly(play, leaving, chance)
    for tenant in leaving:
        _end_calmly(play, tenant)


def _go_on_roughly(play: Play, leaving: list[str], chance: random.Random) -> None:
    world = play.world
    world.fates.is_calm = False
    for tenant in leaving:
        work = partial(operator.delete_tenant, world.callers[""], play.stages[tenant])
        world.start("operator", "delete", work, chance.uniform(0, _ASKED_WITHIN))
    minutes.each_minute(world, "remover", _ROUGH_MINUTES, chance)
    world.kernel.run()
    world.fates.is_calm = True


def _end_calmly(play: Play, tenant: str) -> None:
    world, stage = play.world, play.stages[tenant]
    world.start("operator", "delete", partial(operator.delete_tenant, world.callers[""], stage))
    world.kernel.run()

    def work() -> None:
        if not _is_gone_in_time(world, tenant):
            play.truth.faults.append(f"{tenant} is never gone")

    world.start("operator", "remover", work)
    world.kernel.run()


def _is_gone_in_time(world: World, tenant: str) -> bool:
    for _ in range(_MINUTES_AT_MOST):
        if world.tables["keys"].find((f"tenant#{tenant}",)) is None:
            return True
        world.kernel.sleep(60)
        minutes.call(world.functions["remover"])
    return False
