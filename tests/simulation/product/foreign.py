"""Sources and their senders in a world: who begins when, and what must be true in the end."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.simulation.product import senders, source_owners
from tests.simulation.product.sources import Source
from tests.simulation.product.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.simulation.product.play import Play

_HOW_OFTEN: Final = 0.06  # of all worlds
_ALL_KNOW: Final = 70.0  # seconds in which each process has forgotten what it read
ACTORS: Final = ("own source", "look at source", "send", "forge")


def begin(play: Play, span: float) -> None:
    """Sometimes tenants have sources."""
    chance = random.Random(f"{play.world.seed}/sources")  # noqa: S311
    if chance.random() >= play.share(_HOW_OFTEN) or play.world.calendar is not None:
        return  # where days pass, old secrets end and deliveries are new again
    for stage in play.stages.values():
        play.sources[stage.tenant] = []
        for _ in range(chance.choice([1, 1, 1, 2])):
            _start(play, chance, stage, "own source", source_owners.own, 1)
        for _ in range(chance.randint(1, 2)):
            _start(play, chance, stage, "send", senders.send, span)
        if chance.random() < 0.5:
            _start(play, chance, stage, "forge", senders.forge, span)
        if chance.random() < 0.5:
            _start(play, chance, stage, "look at source", source_owners.look, span)


def _start(
    play: Play,
    chance: random.Random,
    stage: Stage,
    name: str,
    script: Callable[[Stage, list[Source]], None],
    span: float,
) -> None:
    who, sources = f"{stage.tenant}'s {name}", play.sources[stage.tenant]
    own = replace(stage, caller=stage.caller.named(who), chance=chance)

    def work() -> None:
        if not stage.is_leaving:
            script(own, sources)

    play.world.start(who, name, work, chance.uniform(0, span))


def last_calls(play: Play) -> None:
    """When all is calm, each source takes what it must, and nothing else."""
    if not any(play.sources.values()):
        return
    chance = random.Random(f"{play.world.seed}/last calls")  # noqa: S311
    play.world.kernel.sleep(_ALL_KNOW)
    for tenant, sources in play.sources.items():
        stage = replace(play.stages[tenant], chance=chance)
        work = partial(_call_gone if stage.is_leaving else _call_each, stage, sources)
        play.world.start(f"{tenant}'s last calls", "send", work)
    play.world.kernel.run()


def _call_each(stage: Stage, sources: list[Source]) -> None:
    for source in sources:
        for telling in source.tellings[:1] + source.tellings[1:][-2:]:
            senders.deliver(stage, source, senders.new(stage, source), telling)
        senders.forge_once(stage, sources, source)


def _call_gone(stage: Stage, sources: list[Source]) -> None:
    for source in sources:
        if senders.gets_in(stage, source):
            stage.truth.faults.append(f"{source.id} takes more in, and its tenant is gone")


def judged(play: Play) -> list[str]:
    """What is not as it must be."""
    found: list[str] = []
    for tenant, sources in play.sources.items():
        if not play.stages[tenant].is_leaving and sources:
            found += _listed(play, tenant, sources)
            found += _refusals(play, sources)
            found += _told_whence(play, tenant)
    return found


def _listed(play: Play, tenant: str, sources: list[Source]) -> Iterator[str]:
    ids = {each["id"] for each in play.world.callers[tenant].api.get("/sources").json()}
    for source in sources:
        if source.deletion is None and source.id not in ids:
            yield f"{source.id} is not listed"
        if source.is_surely_deleted and source.id in ids:
            yield f"{source.id} was deleted and is listed"


def _refusals(play: Play, sources: list[Source]) -> Iterator[str]:
    for source in sources:
        if source.deletion is None:
            api = play.world.callers[source.tenant].api
            refusals = api.get(f"/sources/{source.id}/refusals").json()
            yield from source_owners.strangers_among(refusals, source)


def _told_whence(play: Play, tenant: str) -> Iterator[str]:
    """Each event says by which source of which provider it came."""
    for posted in play.truth.of(tenant):
        if posted.source is None or posted.erase_sent_at is not None:
            continue
        answer = play.world.callers[tenant].api.get(f"/events/{posted.event_id}")
        said = answer.json()
        metadata = said["metadata"]
        if (metadata["source_id"], metadata["connector"]) != posted.source:
            yield f"{posted.event_id} came by {posted.source} and says {metadata}"
        if said["event_type"] != posted.event_type:
            yield f"{posted.event_id} is {said['event_type']}, not {posted.event_type}"
