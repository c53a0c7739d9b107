"""Whether a replay that was answered has an effect: a new round, a push, an attempt after it."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product import owners
from triggers_api.push.delivery import event_of
from triggers_api.timestamps import from_text

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.stage import Config, Redelivery, Stage
    from tests.simulation.product.truth import Deed, Posted

Rounds = list[tuple[float, int]]
"""When an event got which round, in the stream's whole seconds."""

_SKEW: Final = 2.5  # seconds that two clocks are apart at most, and some
_INDEX_FOLLOWS: Final = 60.0  # seconds, and some
_WORLDS: Final = 4  # every so manyth: each takes the dead ones' whole schedule once more
_HELD: Final = "the receiver was down or too busy"


def last_calls(play: Play) -> None:
    """When all is calm, have dead letters replayed: until then, few are there to be asked for."""
    world = play.world
    if world.seed % _WORLDS != 3 or world.calendar is not None:
        return
    world.kernel.sleep(_INDEX_FOLLOWS)
    chance = random.Random(f"{world.seed}/last replays")  # noqa: S311
    for tenant, stage in play.stages.items():
        own = replace(stage, chance=chance)
        if not stage.is_leaving and own.dead_since(world.kernel.now):
            who, work = f"{tenant}'s last replays", partial(owners.replay_dead_letters, own)
            world.start(who, "replay dead letters", work)
    world.kernel.run()


def judged(play: Play) -> Iterator[str]:
    """What was asked for, answered, and not done."""
    stages = [each for each in play.stages.values() if not each.is_leaving]
    replayed = [
        posted for stage in stages for posted in play.truth.of(stage.tenant) if posted.replays
    ]
    rounds = _rounds(play) if replayed else {}
    for posted in replayed:
        if play.loss and play.loss.took_any(posted.event_id, *posted.former_ids):
            continue
        yield from _of_event(play, posted, rounds.get(str(posted.event_id), []))
    if play.world.calendar is None:  # where days pass, the event may be over by then
        for stage in stages:
            for redelivery in stage.redelivered:
                yield from _of_deliveries(play, stage, redelivery)
                yield from _of_missed(play, stage, redelivery)


def _rounds(play: Play) -> dict[str, Rounds]:
    stream = play.world.tables["events"].stream
    assert stream is not None
    found: defaultdict[str, Rounds] = defaultdict(list)
    for record in (each["dynamodb"] for shard in stream.shards for each in shard.records):
        old, new = record.get("OldImage", {}), record.get("NewImage", {})
        if "rounds" in new and old.get("rounds") != new["rounds"]:
            at = record["ApproximateCreationDateTime"]
            found[new["id"]["S"]].append((at, int(new["rounds"]["N"])))
    return found


def _of_event(play: Play, posted: Posted, rounds: Rounds) -> Iterator[str]:
    """Each is a round of its own; where an answer was lost, one request may be several."""
    answered = [each for each in posted.replays if each.answered_at is not None]
    if len(rounds) < len(answered):
        yield f"{posted.event_id} was replayed {len(answered)} times, in rounds {rounds}"
    for deed in answered:
        until = deed.answered_at or 0.0
        own = {number for at, number in rounds if int(deed.sent_at) <= at <= until}
        if not own:
            yield f"{posted.event_id} was replayed, and got no round by it: {rounds}"
        yield from _unpushed(play, posted, deed, own)


def _unpushed(play: Play, posted: Posted, deed: Deed, rounds: set[int]) -> Iterator[str]:
    """Whoever had a config by then, and is well, gets one of its rounds."""
    if posted.erase_sent_at is not None or play.world.calendar is not None:
        return
    for config in play.stages[posted.tenant].configs:
        if config.created_at + _SKEW > deed.sent_at or not _surely_takes(config):
            continue
        if not config.wants(posted) or (play.loss and play.loss.took_any(config.id)):
            continue
        begins = f"dlv_{str(posted.event_id)[4:]}_{config.id[4:]}_"
        names = {f"{begins}{number}" for number in rounds}
        came = play.world.receivers.by_url[config.url]
        if not any(each.headers["webhook-id"] in names for each in came):
            yield f"{posted.event_id} was replayed, and not pushed to {config.id} again"


def _surely_takes(config: Config) -> bool:
    is_well = config.mood == "healthy" and config.url.startswith("https:")
    return is_well and not config.is_touched


def _of_deliveries(play: Play, stage: Stage, asked: Redelivery) -> Iterator[str]:
    """Each is tried again, unless its event was erased, or nothing may go to its config any more."""
    touched = {each.id for each in stage.configs if each.is_touched}
    for name in sorted(asked.expected):
        posted = play.truth.by_id.get(str(event_of(name)))
        if posted is not None and posted.erase_sent_at is not None:
            continue
        if play.loss and play.loss.took_any(name, str(event_of(name)), f"cfg_{name.split('_')[2]}"):
            continue
        record = _record(play, stage.tenant, name)
        if record is None:
            yield f"{name} was replayed, and its record is gone"
            continue
        config_id = record["config_id"]["S"]
        row = play.world.tables["notifications"].find((f"{stage.tenant}#configs", config_id))
        if config_id in touched or row is None or not row["enabled"]["BOOL"]:
            continue
        if not _was_tried(record, asked.asked_at):
            yield f"{name} was replayed, and not tried again: {str(record)[:300]}"


def _of_missed(play: Play, stage: Stage, asked: Redelivery) -> Iterator[str]:
    """A config gets what is older than itself."""
    for config in stage.configs if asked.missed else ():
        if config.id != asked.config_id or not _surely_takes(config):
            continue
        said = b"".join(each.body for each in play.world.receivers.by_url[config.url])
        for posted in filter(config.wants, asked.missed):
            if posted.erase_sent_at is None and posted.marker.encode() not in said:
                yield f"{posted.event_id} was replayed to {config.id}, and never came"


def _record(play: Play, tenant: str, name: str) -> dict[str, Any] | None:
    key = f"{tenant}#{event_of(name)}", f"{name.rpartition('_')[2]}#{name}"
    return play.world.tables["notifications"].find(key)


def _was_tried(record: dict[str, Any], since: float) -> bool:
    attempts = json.loads(record["attempts"]["S"])
    if any(from_text(at).timestamp() > since - _SKEW for at, *_ in attempts):
        return True
    return bool(record.get("reason", {"S": ""})["S"].startswith(_HELD))
