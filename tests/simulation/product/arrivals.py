"""What must be true of each push that reached a receiver: to whom, of what, signed, and when."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.cloud.limits import Limits
from tests.simulation.product import neighbours, producers
from tests.simulation.product.calendar import DAY, MARGIN
from tests.simulation.product.truth import LATE
from tests.unit.channels.verifying import verifies
from triggers_api.events.event import is_systems_own

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.receivers import Arrival
    from tests.simulation.product.stage import Change, Config, Stage
    from tests.simulation.product.truth import Posted

_DELIVERY: Final = re.compile(r"dlv_([0-9A-Z]{26})_([0-9a-f]{24})_(\d+)")
_SKEW: Final = 2.5  # seconds that two clocks are apart at most, and some
_RECORDED_WITHIN: Final = 25.0  # seconds after an arrival, if all is well: a dozen calls


def judged(play: Play) -> Iterator[str]:
    """What is wrong with the pushes, also of tenants that leave: `leaving` tells of those too late."""
    markers = {each.marker: each for each in play.truth.posted}
    for tenant, stage in play.stages.items():
        configs = {each.id: each for each in stage.configs}
        for url in {each.url for each in stage.configs}:
            for arrival in play.world.receivers.by_url[url]:
                yield from _of_arrival(play, tenant, configs, markers, arrival)
    yield from _again(play)


def _of_arrival(
    play: Play,
    tenant: str,
    configs: dict[str, Config],
    markers: dict[str, Posted],
    arrival: Arrival,
) -> Iterator[str]:
    said, name = json.loads(arrival.body), arrival.headers["webhook-id"]
    if not name:  # an event bus is not told it
        yield from _content(markers, said)
        return
    named = _DELIVERY.fullmatch(name)
    if named is None or said["id"] != f"evt_{named[1]}":
        yield f"{said['id']} was pushed as {name}"
        return
    posted = play.truth.by_id.get(said["id"])
    if int(named[3]) and (posted is None or not posted.replays):
        yield f"{name} was pushed, and nobody replayed its event"
    yield from _foreign(play, tenant, name, arrival)
    yield from _content(markers, said)
    config = configs.get(f"cfg_{named[2]}")
    if config is None:
        return  # somebody asked for it and heard no answer
    if config.url != arrival.url:
        yield f"{name} was pushed to {arrival.url}"
    yield from _signed(config, arrival, play.world.functions["delivery"].seconds)
    yield from _wanted(config, arrival, play.world.functions["delivery"].seconds)


def _foreign(play: Play, tenant: str, name: str, arrival: Arrival) -> Iterator[str]:
    """Nothing in it is another tenant's."""
    text = f"{name} {arrival.headers} {arrival.body.decode()}"
    told = play.world.neighbours.told
    for each in neighbours.ONES_OWN.findall(text):
        if told.get(each, tenant) != tenant:
            yield f"{arrival.url} was told of {each} of {told[each]}"
    for other in play.stages:
        if other != tenant and f"secret-of-{other}" in text:
            yield f"{arrival.url} was told of {other}"


def _content(markers: dict[str, Posted], said: dict[str, Any]) -> Iterator[str]:
    """It says all that was posted; or it is one of the product's own events."""
    marker = said["payload"].get("said")
    if marker is None:
        if not is_systems_own(said["event_type"]):
            yield f"nobody posted {str(said)[:300]}, and it was pushed"
        return
    posted = markers.get(marker)
    if posted is None or said["event_type"] != posted.event_type or producers.differs(posted, said):
        yield f"{said['id']} was pushed as {str(said)[:300]}"
    elif posted.event_id and said["id"] not in (posted.event_id, *posted.former_ids):
        yield f"{posted.event_id} was pushed as {said['id']}"


def _signed(config: Config, arrival: Arrival, patience: float) -> Iterator[str]:
    """By the secret that it was made with, for a day after the first rotation, and by the last.

    Nobody signs what goes to a queue or a topic.
    """
    if not config.secret:
        return
    name, at = arrival.headers["webhook-id"], arrival.at
    rotations = [each for each in config.changes if each.what == "rotate"]
    first_at = min((each.sent_at for each in rotations), default=float("inf"))
    if at < first_at + DAY - MARGIN and not _verifies(config.secret, arrival):
        yield f"{name} is not signed by the secret that {config.id} was made with"
    if not rotations:
        return
    last = max(rotations, key=lambda each: each.sent_at)
    is_known = all(each.ended_at < last.sent_at for each in rotations if each is not last)
    if is_known and last.ended_at + patience + _SKEW < at and not _verifies(last.secret, arrival):
        yield f"{name} is not signed by the last secret of {config.id}"


def _verifies(secret: str, arrival: Arrival) -> bool:
    return verifies(secret, arrival.headers, arrival.body)


def _wanted(config: Config, arrival: Arrival, patience: float) -> Iterator[str]:
    """What a worker had read before its config was deleted or disabled, it sends while it lives."""
    for change in config.changes:
        if (
            change.what not in ("delete", "disable")
            or change.ended_at + patience + _SKEW > arrival.at
        ):
            continue
        if change.what == "disable" and _may_be_enabled(config, change, arrival.at):
            continue
        late = arrival.at - change.ended_at
        yield f"{arrival.headers['webhook-id']} was pushed {late:.0f} s after {change.what}"


def _may_be_enabled(config: Config, disabled: Change, at: float) -> bool:
    """Whether somebody asked for it, and it may have come after."""
    return any(
        each.what == "enable" and each.sent_at < at and each.ended_at + LATE > disabled.sent_at
        for each in config.changes
    )


def _again(play: Play) -> Iterator[str]:
    """Where nothing fails, nobody is pushed to again what they have taken.

    A message that comes twice may be carried out by two workers at once, each before the other
    has recorded it; and who asks for a delivery again gets it. What comes twice while its record
    is lost is pushed twice.
    """
    world, loss = play.world, play.loss
    if world.fates.probability or world.limits != Limits() or world.calendar is not None:
        return
    together = world.functions["delivery"].seconds + _RECORDED_WITHIN
    for stage in play.stages.values():
        taken: defaultdict[str, list[float]] = defaultdict(list)
        for url in {each.url for each in stage.configs}:
            for each in world.receivers.by_url[url]:
                if each.is_accepted and each.headers["webhook-id"]:
                    taken[each.headers["webhook-id"]].append(each.at)
        for name, times in taken.items():
            if loss is not None and loss.took_any(name):
                continue
            for at in times:
                if at - min(times) > together and not _is_asked_for(stage, name, at):
                    yield f"{name} was taken, and pushed again {at - min(times):.0f} s later"


def _is_asked_for(stage: Stage, name: str, at: float) -> bool:
    named = _DELIVERY.fullmatch(name)
    config_id = f"cfg_{named[2]}" if named else ""
    return any(
        each.asked_at < at and each.config_id in ("", config_id) for each in stage.redelivered
    )
