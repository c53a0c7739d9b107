"""A tenant that takes all it can get, and what another one notices of it.

The loud one posts in crowds, or has receivers that hold each push for as long as they may, or
messages that nobody can carry out. The quiet one posts an event now and then and has a receiver
that is well. Both are worlds' only tenants, so that nothing else explains what the quiet one meets.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.simulation.cloud.kernel import BEGIN
from tests.simulation.cloud.limits import Limits
from tests.simulation.product import owners, producers
from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.stage import Config, Stage

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.truth import Posted
    from tests.simulation.product.world import World

_WORLDS: Final = 0.03  # of those with one tenant: such a world takes five times as long
_POSTS: Final = 6  # of the quiet one
_DEAD_SECONDS: Final = 120.0  # a crowd of pushes would wait a week for a receiver
_QUIET: Final = "the quiet one"
_IN_LINE: Final = "stands in line"
POISON: Final = ('{"kind": "digest", "tenant": "acme"}', "no JSON", '{"tenant": 1}')

# Without faults: who finds no process free asks again after 0.5, 1, 2 and 4 seconds at most, and so
# do the loud one's callers, whose bursts are over by then: beyond its limit a call takes no time.
ANSWERED_WITHIN: Final = 10.0
# Without faults: all workers may be waiting for the loud one's receivers, 15 seconds. Then the
# quiet one's message is first, for it has none in flight; 5 more are for streams and slow calls.
PUSHED_WITHIN: Final = 20.0
# Where everybody has a push a second, what the quiet one posted meanwhile waits for its own turn,
# too: then all workers may be waiting once more.
_IN_TURN_WITHIN: Final = 36.0
# With faults: a message of a worker that died is hidden for six minutes, and then again. Once
# nothing fails any more, it shows up and goes at once; so does a stream that was backing off.
_HIDDEN: Final = 360.0
_BACKS_OFF: Final = 60.0


@dataclass
class Loud:
    """A world's loud tenant and what its quiet one met."""

    kind: str
    calms_at: float
    answered_after: list[float] = field(default_factory=list)
    gave_up: int = 0
    config: Config | None = None
    posted: list[Posted] = field(default_factory=list)


def begin(play: Play, quiet: Callable[[], Stage], storm: float) -> None:
    """In some worlds of one tenant and a few minutes, let it be loud, and another one quiet."""
    world = play.world
    chance = random.Random(f"{world.seed}/loud")  # noqa: S311
    is_drawn = chance.random() < _WORLDS
    if len(play.stages) > 1 or world.calendar is not None or not is_drawn:
        return
    if world.limits != Limits():  # how long one waits for a single process has no bound
        return
    (loud,) = play.stages.values()
    loud = replace(loud, chance=chance, caller=loud.caller.named("the loud one"))
    play.loud = Loud(chance.choice(list(_KINDS)), BEGIN + storm)
    world.fates.probability = chance.choice([0.0, 0.0, world.fates.probability])
    world.receivers.dead_until = BEGIN + _DEAD_SECONDS
    # A large payload that is twice not answered is a worker's crash, and a dispatcher begins anew
    # with a batch of which one message was not taken.
    if world.fates.probability == 0:
        world.dynamodb.left_of = world.sqs.fails = lambda _: []
    _KINDS[play.loud.kind](world, loud)
    other = quiet()
    other = replace(other, chance=chance, caller=other.caller.named(_QUIET))
    world.start(_QUIET, "post", partial(_live, other, play.loud), 0.5)


def _live(stage: Stage, loud: Loud) -> None:
    """Subscribe, and post an event now and then."""
    loud.config = owners.subscribe(stage, "healthy", acknowledges=False)
    for _ in range(_POSTS):
        stage.kernel.sleep(stage.chance.uniform(2, 8))
        posted, asked_at = producers.new(stage), stage.kernel.now
        producers.post(stage, posted)
        if posted.event_id is None:
            loud.gave_up += 1
            continue
        loud.answered_after.append(stage.kernel.now - asked_at)
        loud.posted.append(posted)


def _call_in_crowds(world: World, stage: Stage) -> None:
    """Many at once, far beyond the limit that everybody has."""
    world.environment |= {"RATE_LIMIT_PER_SECOND": "5", "RATE_LIMIT_BURST": "10"}

    def work() -> None:
        for _ in range(6):
            producers.post(stage, producers.new(stage))

    for _ in range(8):
        _start(world, work)


def _stand_in_line(world: World, stage: Stage) -> None:
    """More pushes than the limit lets through in a long time, which everybody has."""
    world.environment |= {"DELIVERIES_PER_SECOND": "1"}
    _post_to(world, stage, "healthy", 40)


def _hang(world: World, stage: Stage) -> None:
    """Receivers that do not answer."""
    _post_to(world, stage, "dead")


def _answer_slowly(world: World, stage: Stage) -> None:
    """Receivers that take each push, after nine seconds."""
    _post_to(world, stage, "slow")


def _poison(world: World, stage: Stage) -> None:
    """Messages that nobody can carry out, beside some that hang."""
    for body in POISON:
        world.kernel.at(world.kernel.now + stage.chance.uniform(0, 20), partial(_send, world, body))
    _post_to(world, stage, "dead")


def _send(world: World, body: str) -> None:
    world.queue.send(body, "acme")


def _post_to(world: World, stage: Stage, mood: str, events: int = 24) -> None:
    def work() -> None:
        owners.subscribe(stage, mood, acknowledges=False)
        for _ in range(4):
            producers.post_batch(stage, events // 4)

    _start(world, work)


def _start(world: World, work: Callable[[], object]) -> None:
    def until_gone() -> None:
        try:
            work()
        except GaveUpError:
            return

    world.start("the loud one", "post batch", until_gone)


_KINDS: Final[dict[str, Callable[[World, Stage], None]]] = {
    "calls in crowds": _call_in_crowds,
    _IN_LINE: _stand_in_line,
    "hangs": _hang,
    "answers slowly": _answer_slowly,
    "poisons": _poison,
}


def end(play: Play) -> None:
    """Lift the limit of requests, for whoever looks at the world."""
    if play.loud is not None:
        play.world.environment |= {"RATE_LIMIT_PER_SECOND": "0", "RATE_LIMIT_BURST": "0"}
        play.world.functions["api"].processes.clear()


def judged(play: Play) -> list[str]:
    """The quiet one was answered and its receiver told in time."""
    loud = play.loud
    if loud is None:
        return []
    is_calm = play.world.fates.probability == 0
    found = list(_late_answers(loud)) if is_calm else []
    found += [
        f"the quiet one was told to call less: {each}"
        for each in play.world.story
        if each.who == _QUIET and "rate_limited" in each.became
    ]
    if loud.config is None or loud.config.is_touched:
        return found
    arrivals = play.world.receivers.by_url[loud.config.url]
    for posted in loud.posted:
        marker, begun = posted.marker.encode(), posted.answered_at or 0.0
        at = min((each.at for each in arrivals if marker in each.body), default=float("inf"))
        by = begun + (_IN_TURN_WITHIN if loud.kind == _IN_LINE else PUSHED_WITHIN)
        if not is_calm:
            by = max(begun, loud.calms_at) + _HIDDEN + _BACKS_OFF + PUSHED_WITHIN
        if at > by:
            late = f"{posted.event_id} was pushed {at - begun:.1f} s later"
            found.append(f"{late}, beside one who {loud.kind}")
    return found


def _late_answers(loud: Loud) -> list[str]:
    late = [each for each in loud.answered_after if each > ANSWERED_WITHIN]
    found = [f"answered after {each:.1f} s, beside one who {loud.kind}" for each in late]
    if loud.gave_up:
        found.append(f"{loud.gave_up} were never answered, beside one who {loud.kind}")
    return found
