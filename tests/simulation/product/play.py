"""A seed from its beginning to its end, and whether all is as it must be."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.simulation.product import judge, scripts
from tests.simulation.product.scripts import Stage
from tests.simulation.product.truth import Truth
from tests.simulation.product.world import TENANTS, World


@dataclass
class Play:
    """A world and its users."""

    world: World
    stages: dict[str, Stage]
    truth: Truth


def begin(seed: int, stage: Callable[..., Any], **given: Any) -> Play:
    """Put the users of a seed into its world; nothing has moved yet."""
    world = World(seed, stage, **given)
    chance = random.Random(f"{seed}/users")  # noqa: S311
    truth = Truth()
    stages = {
        tenant: Stage(world.kernel, chance, world.callers[tenant], truth, world.tables["events"])
        for tenant in TENANTS
    }
    span = chance.choice([3, 20, 120])
    for tenant in TENANTS:
        share = stages[tenant]
        for _ in range(chance.choice([0, 1, 1, 2])):
            _start(world, share, "subscribe", scripts.subscribe, chance.uniform(0, 1))
        _start(world, share, "post", scripts.post_some, chance.uniform(0, 2))
        for name in scripts.drawn(chance, chance.randint(1, 7)):
            _start(world, share, name, scripts.SCRIPTS[name][0], chance.uniform(0, span))
    return Play(world, stages, truth)


def _start(
    world: World, stage: Stage, name: str, script: Callable[[Stage], object], after: float
) -> None:
    known = replace(stage, caller=stage.caller.named(f"{stage.tenant}'s {name}"))

    def run() -> None:
        world.begun[name] += 1
        script(known)

    fiber = world.kernel.start(f"{stage.tenant}'s {name}", run, after=after)
    world.users.append(fiber)


def finish(play: Play) -> None:
    """Let it all happen, then calm it down, let it come to its end, and judge it."""
    world = play.world
    world.kernel.run(until=world.kernel.now + 300)
    world.fates.is_calm = True
    world.kernel.run()
    for fiber in world.users:
        if fiber.raised is not None:
            raise fiber.raised
    judge.judge(play)
