"""Subscribers with queues, topics and buses of their own AWS accounts, behind roles of theirs.

Nobody is pushed to by a role that does not trust its tenant, or that trusts everybody's; and by
one that ceases to trust, no longer than its sessions live.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.cloud.accounts import ANYBODYS
from tests.simulation.product import owners
from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.stage import Config, Stage
from tests.simulation.product.world import TENANTS, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.product.play import Play

ACTORS: Final = ("subscribe by role",)  # to trust no more takes no call
_HOW_OFTEN: Final = 0.05  # of all worlds
_SESSION: Final = 900.0  # seconds: the shortest that STS gives
_PATIENCE: Final = 30.0  # of a push that was under way, and of a call of AWS that arrives late
_PLACES: Final = {
    "sqs": ("queue_arn", "sqs", "{}"),
    "sns": ("topic_arn", "sns", "{}"),
    "eventbridge": ("event_bus_arn", "events", "event-bus/{}"),
}
_TRUSTS: Final = ("its", "its", "its", "its", "anybody's", "nobody's", "neighbour's")


@dataclass
class Target:
    """Where a config sends to, and by which role."""

    config: Config
    role: str
    is_trusted: bool
    ended_at: float | None = None  # its trust


def begin(play: Play, span: float) -> None:
    """Sometimes tenants subscribe with roles of their own accounts."""
    chance = random.Random(f"{play.world.seed}/accounts")  # noqa: S311
    if chance.random() >= play.share(_HOW_OFTEN):
        return
    for stage in play.stages.values():
        own = replace(stage, chance=chance)
        for _ in range(chance.choice([1, 1, 2])):
            work = partial(_subscribe, play, own, chance.choice(_TRUSTS))
            _start(play, stage, "subscribe by role", work, chance.uniform(0, 1))
        if chance.random() < 0.4:
            work = partial(_trust_no_more, play, own)
            _start(play, stage, "trust no more", work, chance.uniform(0, span))


def _start(play: Play, stage: Stage, what: str, work: partial[None], after: float) -> None:
    def unless_leaving() -> None:
        if not stage.is_leaving:
            work()

    play.world.start(f"{stage.tenant}'s {what}", what, unless_leaving, after)


def _subscribe(play: Play, stage: Stage, trusts: str) -> None:
    """Have a role trust somebody, and make a config with it."""
    try:
        answer = stage.caller.call("GET", "/me")
    except GaveUpError:
        return
    stage.expect(answer, 200)
    if answer.status != 200:
        return
    name = f"{stage.tenant}-{stage.number()}"
    role = f"arn:aws:iam::111122223333:role/triggers-delivery-{name}"
    _let(play.world, role, trusts, answer.json()["aws_external_id"])
    channel = stage.chance.choice(list(_PLACES))
    setting, service, resource = _PLACES[channel]
    arn = f"arn:aws:{service}:eu-central-1:111122223333:{resource.format(name)}"
    is_trusted = trusts == "its"
    mood = "healthy" if is_trusted else "locked"
    settings = {setting: arn, "role_arn": role}
    config = owners.subscribe(stage, mood, channel=channel, settings=settings)
    if config is not None:
        config.url = arn
        play.targets.append(Target(config, role, is_trusted))


def _let(world: World, role: str, trusts: str, external_id: str) -> None:
    """Write its trust policy."""
    (neighbour,) = set(TENANTS) - {external_id.removeprefix("triggers:")}
    asked = {
        "its": external_id,
        "anybody's": ANYBODYS,
        "neighbour's": external_id.replace(external_id.removeprefix("triggers:"), neighbour),
    }
    if trusts in asked:
        world.accounts.trust[role] = asked[trusts]


def _trust_no_more(play: Play, stage: Stage) -> None:
    """Delete a role, or forget its condition."""
    mine = [each for each in play.targets if each.config.tenant == stage.tenant]
    trusted = [each for each in mine if each.is_trusted and each.ended_at is None]
    if not trusted:
        return
    target = stage.chance.choice(trusted)
    target.config.is_touched = True
    target.ended_at = stage.kernel.now
    if stage.chance.random() < 0.5:
        del play.world.accounts.trust[target.role]
    else:
        play.world.accounts.trust[target.role] = ANYBODYS


def judged(play: Play) -> Iterator[str]:
    """What came where nobody is trusted, or no more."""
    for target in play.targets:
        came: list[Any] = play.world.receivers.by_url[target.config.url]
        if came and not target.is_trusted:
            yield f"{target.config.url} was sent to by a role that does not trust its tenant"
        until = float("inf") if target.ended_at is None else target.ended_at + _SESSION + _PATIENCE
        if any(each.at > until for each in came):
            yield f"{target.config.url} is sent to, long after its role trusts us no more"
