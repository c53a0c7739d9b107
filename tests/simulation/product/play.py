"""A seed from its beginning to its end, and whether all is as it must be."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from tests.simulation.product import (
    accounts,
    choosy,
    days,
    deeds,
    foreign,
    judge,
    leaving,
    loud,
    making_good,
    minutes,
    operator,
    operators,
    owners,
    producers,
    quotas,
    removal,
    replays,
    restoring,
    scripts,
    seldom,
)
from tests.simulation.product.choosy import Choosy
from tests.simulation.product.loud import Loud
from tests.simulation.product.seldom import Seldom
from tests.simulation.product.sources import Source
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import Truth
from tests.simulation.product.world import TENANTS, World

_LEVEL_AFTER: Final = 120.0  # seconds, in which the last write reaches every index
_OUTLAST_READERS: Final = 20  # minutes: a deletion ends while records wait to be read
_STORM: Final = 300.0  # seconds in which everything may fail


@dataclass(frozen=True)
class Size:
    """How much there may be in a world: in a small one, a story is short."""

    tenants: int
    configs: int
    scripts: int


SIZES: Final = (*[Size(1, 1, 4)] * 12, *[Size(2, 1, 4)] * 6, Size(2, 3, 12))
CROWD: Final = Size(2, 2, 14)
"""Everybody at once, while every fourth call goes wrong: it takes many times as long as others."""
_CROWD_FAILS: Final = 0.25
_OF_DENSE: Final = 0.4


ACTORS: Final = frozenset(
    {
        *scripts.SCRIPTS,
        *days.NAMES,
        *accounts.ACTORS,
        *choosy.ACTORS,
        *seldom.ACTORS,
        *foreign.ACTORS,
        *quotas.ACTORS,
        *restoring.ACTORS,
        *operators.DEEDS,
        *operators.BY_THE_MINUTE,
        *("subscribe", "dispatcher", "delivery", "counter"),
    }
)
"""All who may be at work at once."""


@dataclass
class Play:
    """A world and its users."""

    world: World
    truth: Truth
    stages: dict[str, Stage] = field(default_factory=dict)
    is_crowd: bool = False
    sources: dict[str, list[Source]] = field(default_factory=dict)  # by tenant
    targets: list[accounts.Target] = field(default_factory=list)
    loud: Loud | None = None
    seldom: Seldom | None = None
    choosy: list[Choosy] = field(default_factory=list)
    quota: quotas.Quota | None = None
    has_deletion: bool = False
    restores: float = restoring.HOW_OFTEN  # of all worlds
    is_dense: bool = False
    loss: restoring.Loss | None = None
    gone_at: dict[str, float] = field(default_factory=dict)  # tenants that were deleted

    def share(self, of_all: float) -> float:
        """In how many worlds somebody is who is in so many of all."""
        return _OF_DENSE if self.is_dense else of_all


def begin(seed: int, stage: Callable[..., Any], **given: Any) -> Play:
    """Put the users of a seed into its world; nothing has moved yet."""
    is_crowd = given.get("is_crowd", False)
    if is_crowd:
        given["days"] = 0.0  # they would be no crowd: those who come back come one by one
    world = World(seed, stage, **given)
    play = Play(world, Truth(seed), is_crowd=is_crowd, is_dense=given.get("is_dense", False))
    leaving.watch(play)
    quotas.begin(play)
    play.restores = given.get("restores", play.restores)
    chance = random.Random(f"{seed}/users")  # noqa: S311
    span = chance.choice([1, 3, 20, 120])
    size = CROWD if play.is_crowd else chance.choice(SIZES)
    for tenant in TENANTS[: size.tenants]:
        share = _stage_of(play, tenant, chance)
        for _ in range(chance.randint(0, size.configs)):
            _start(world, share, "subscribe", owners.subscribe, chance.uniform(0, 1))
        _start(world, share, "post", producers.post_some, chance.uniform(0, 1))
        for name in scripts.drawn(chance, chance.randint(1, size.scripts)):
            _start(world, share, name, scripts.SCRIPTS[name][0], chance.uniform(0, span))
    if play.is_crowd:
        world.fates.probability = given.get("probability", _CROWD_FAILS)
        operators.begin(play, span)
        return play
    _begin_of_operator(play, chance, span)
    quotas.join(play)
    if play.quota is not None:
        return play
    # Beside another release no crash may be logged, and one who is loud may poison tasks.
    if not world.whims.holds_readers_back and len(world.rollout.releases) == 1:
        loud.begin(play, lambda: _stage_of(play, TENANTS[1], chance), _STORM)
    restoring.begin(play, span)
    if play.loud is None and play.loss is None:
        foreign.begin(play, span)
        accounts.begin(play, span)
        choosy.begin(play, span)
        seldom.begin(play, span)
    return play


def _stage_of(play: Play, tenant: str, chance: random.Random) -> Stage:
    world = play.world
    caller, tables = world.callers[tenant], world.tables
    stage = Stage(
        world.kernel, chance, caller, play.truth, tables["events"], tables["notifications"]
    )
    stage.calendar = world.calendar
    play.stages[tenant] = stage
    return stage


def _begin_of_operator(play: Play, chance: random.Random, span: float) -> None:
    """Sometimes a tenant gets other limits, or is deleted; sometimes the monitor looks."""
    world, stage = play.world, play.stages[TENANTS[0]]
    own = random.Random(f"{world.seed}/minutes")  # noqa: S311
    drawn = chance.random()
    if drawn < 0.1:
        work = partial(deeds.change_limits, world.callers[""], stage)
        world.start("operator", "limits", work, chance.uniform(0, span))
    elif drawn < 0.2:
        play.has_deletion = True
        work = partial(operator.delete_tenant, world.callers[""], stage)
        world.start("operator", "delete tenant", work, chance.uniform(0.5, span + 1))
        is_held = world.whims.holds_readers_back
        count = _OUTLAST_READERS if is_held else operators.BY_THE_MINUTE["remover"]
        minutes.each_minute(world, "remover", count, own)
    for name in ("rescuer", "monitor"):
        if chance.random() < 0.1:
            minutes.each_minute(world, name, operators.BY_THE_MINUTE[name], own)


def _start(
    world: World, stage: Stage, name: str, script: Callable[[Stage], object], after: float
) -> None:
    who = f"{stage.tenant}'s {name}"
    caller = stage.caller.named(who)

    def work() -> None:
        if not stage.is_leaving:
            script(replace(stage, caller=caller))

    world.start(who, name, work, after)


def finish(play: Play) -> None:
    """Let it all happen, then calm it down, let it come to its end, and judge it."""
    world = play.world
    world.kernel.run(until=world.kernel.now + _STORM)
    if world.calendar is not None:
        days.live_on(play, _start)
    restoring.live_on(play)
    world.fates.is_calm = True
    if world.calendar is not None:
        world.calendar.sweeper.come_to_an_end()
    world.kernel.run()
    removal.end(play)
    removal.end(play)
    making_good.make_good(play)
    foreign.last_calls(play)
    replays.last_calls(play)
    world.kernel.sleep(_LEVEL_AFTER)
    loud.end(play)
    judge.judge(play)
