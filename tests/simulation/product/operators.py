"""Which operators there are in a world, and what each does to which tenant."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.simulation.product import deeds, minutes, owners
from tests.simulation.product.callers import Caller
from tests.simulation.product.stage import Stage

if TYPE_CHECKING:
    from tests.simulation.product.play import Play


Deed = Callable[[Caller, Stage], None]
"""What an operator does to a tenant."""


def _replay_missed(_operator: Caller, stage: Stage) -> None:
    owners.replay_missed(stage)


DEEDS: Final[Mapping[str, Deed]] = {
    "limits": deeds.change_limits,
    "delete tenant": deeds.delete_and_watch,
    "suspend": deeds.suspend,
    "give key": deeds.give_key,
    "console": deeds.open_console,
    "tenants": deeds.look_at_tenants,
    "replay missed": _replay_missed,
}

BY_THE_MINUTE: Final[Mapping[str, int]] = {"remover": 5, "rescuer": 3, "monitor": 2}
"""Each function with how often it is called."""

_LIKELY: Final = 0.6  # each of them in a crowd
_SECOND: Final = 0.3  # of the times that one does something, another does it as well


def begin(play: Play, span: float) -> None:
    """Start them; each deed is drawn for itself, so any of them meet."""
    world, leaves = play.world, False
    chance = random.Random(f"{world.seed}/operators")  # noqa: S311
    for name, deed in DEEDS.items():
        if chance.random() >= _LIKELY:
            continue
        leaves |= name == "delete tenant"
        for who in ("operator", "second operator")[: 1 + (chance.random() < _SECOND)]:
            stage = chance.choice([*play.stages.values()])
            work: Callable[[], None] = partial(deed, world.callers[""].named(who), stage)
            world.start(who, name, work, chance.uniform(0.5, span + 1))
    for name, count in BY_THE_MINUTE.items():
        if (leaves and name == "remover") or chance.random() < _LIKELY:
            minutes.each_minute(world, name, count, chance)
