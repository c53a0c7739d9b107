"""Worlds in which days pass: events expire, keys are free again, and DynamoDB sweeps."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.simulation.product import consumers, minutes, owners, producers, scripts
from tests.simulation.product.calendar import DAY, HOUR, MARGIN
from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.truth import Posted

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.stage import Script, Stage
    from tests.simulation.product.world import World

_STRETCH: Final = 200.0  # seconds after each jump in which everything may fail
_KEY_HOLDS: Final = DAY + 10
_STILL_TRIED: Final = 23 * HOUR + 120  # what was not answered may be posted so long
_KEPT_LONGEST: Final = 3 * DAY  # beyond both retentions: the spare of a payload, and a claim


def post_days_later(stage: Stage) -> None:
    """Somebody has another event under a key of days ago, as a job that runs every day."""
    by_key = {each.key: each for each in stage.truth.posted if each.tenant == stage.tenant}
    at = stage.kernel.now
    free = [each for each in by_key.values() if at - _surely_claimed_since(each) > _KEY_HOLDS]
    if free:
        producers.post(stage, producers.new(stage, stage.chance.choice(free).key))


def post_another_body(stage: Stage) -> None:
    """Somebody mistakes a key of the same day for a free one."""
    by_key = {each.key: each for each in stage.truth.posted if each.tenant == stage.tenant}
    at = stage.kernel.now
    held = [
        each
        for each in by_key.values()
        if each.event_id is not None and at - each.sent_at < DAY - 2 * MARGIN
    ]
    if not held:
        return
    posted = stage.chance.choice(held)
    body = {"event_type": posted.event_type, "payload": {"said": "something else"}}
    try:
        answer = stage.caller.call("POST", "/events", body, idempotency_key=posted.key)
    except GaveUpError:
        return
    stage.expect(answer, 422, *([410] if posted.erase_sent_at is not None else []))


def acknowledge_late(stage: Stage) -> None:
    """Say of events of days ago that they are processed."""
    known = [str(each.event_id) for each in stage.truth.of(stage.tenant)]
    if known:
        consumers.acknowledge(stage, stage.chance.sample(known, min(3, len(known))))


def _surely_claimed_since(posted: Posted) -> float:
    return posted.answered_at or posted.sent_at + _STILL_TRIED


_OTHERS: Final = ("erase", "replay", "replay delivery", "replay dead letters", "list", "story")
_LATER: Final[tuple[tuple[str, Script], ...]] = (
    *[("post days later", post_days_later)] * 6,
    *[("post another body", post_another_body)] * 2,
    *[("look back", owners.look_back)] * 3,
    *[("acknowledge late", acknowledge_late)] * 2,
    *[(name, scripts.SCRIPTS[name][0]) for name in ("walk inbox", "consume", "lease")] * 2,
    *[(name, scripts.SCRIPTS[name][0]) for name in ("post", "post again", "look around")],
    *[(name, scripts.SCRIPTS[name][0]) for name in _OTHERS],
)
NAMES: Final = frozenset(name for name, _ in _LATER)
"""Of what people do who come back."""
_SLOW: Final[tuple[tuple[str, Script, float], ...]] = (
    ("walk inbox", consumers.walk_inbox, DAY),  # a page in some hours
    ("list", owners.list_events, DAY),
    ("lease", consumers.lease, HOUR / 2),  # who comes back long after the lease's end
)


def live_on(play: Play, start: Callable[..., None]) -> None:
    """Let days pass, and people come back."""
    world, calendar = play.world, play.world.calendar
    assert calendar is not None
    calendar.sweeper.pass_time(world.kernel.now)
    for jump in calendar.days.jumps:
        for stage in play.stages.values():
            if calendar.chance.random() < 0.5:
                name, script, slowness = calendar.chance.choice(_SLOW)
                start(world, replace(stage, slowness=slowness), name, script, 0)
        calendar.sweeper.pass_time(world.kernel.now + jump)
        for stage in play.stages.values():
            for name, script in calendar.chance.choices(_LATER, k=calendar.chance.randint(2, 5)):
                start(world, stage, name, script, calendar.chance.uniform(0, 60))
        _look_after(world, calendar.chance)
        calendar.sweeper.pass_time(world.kernel.now + _STRETCH)


def _look_after(world: World, chance: random.Random) -> None:
    for name in ("rescuer", "monitor"):
        if chance.random() < 0.15:
            minutes.each_minute(world, name, 2, chance)


def judge(play: Play) -> Iterator[str]:
    """What days have left: everything for its time, and nothing after it."""
    calendar = play.world.calendar
    if calendar is None:
        return
    calendar.lives.catch_up()
    yield from calendar.lives.faults
    yield from (
        f"{event_id} was gone {early:.0f} s before its time"
        for event_id, tenant, early in calendar.lives.gone_early
        if not play.stages[tenant].is_leaving
    )
    yield from calendar.broken


def judge_the_end(play: Play) -> Iterator[str]:
    """When all retentions are over, nothing is shown, although all is there; then all is swept."""
    world, calendar = play.world, play.world.calendar
    if calendar is None:
        return
    days = calendar.days
    world.kernel.sleep((days.undelivered + days.delivered) * DAY + _KEPT_LONGEST)
    staying = [tenant for tenant, stage in play.stages.items() if not stage.is_leaving]
    for tenant in staying:
        yield from _shown(play, tenant, "unswept")
    for table in world.tables.values():
        for key in table.expired(world.kernel.now):
            table.write(key, None, swept=True)
    world.kernel.run()
    world.kernel.sleep(1)
    for tenant in staying:
        yield from _shown(play, tenant, "swept")
    yield from _left(world)


def _shown(play: Play, tenant: str, how: str) -> Iterator[str]:
    api = play.world.callers[tenant].api
    for path in ("/events?limit=100", "/inbox?limit=100"):
        if found := api.walk(path):
            yield f"{path} of {tenant} shows {len(found)} {how} events after their time"
    stats = api.get("/inbox/stats").json()
    if any(isinstance(count, int) and count for count in stats.values()):
        yield f"{tenant} has {how} events waiting after their time: {stats}"
    for posted in play.truth.of(tenant):
        answer = api.get(f"/events/{posted.event_id}")
        if answer.status != 404:
            yield f"{posted.event_id} is answered {answer.status} after its time, {how}"


def _left(world: World) -> Iterator[str]:
    """Items of an event, of an execution, of a delivery; a lease is kept for a week."""
    for item in world.tables["events"].all():
        if not item["sk"]["S"].startswith(("tenant", "ledger", "report", "lse_")):
            yield f"{json.dumps(item, default=str)[:200]} is left when all is over"
    for item in world.tables["notifications"].all():
        if "attempt_count" in item or "event_type" in item:
            yield f"{json.dumps(item, default=str)[:200]} is left when all is over"
