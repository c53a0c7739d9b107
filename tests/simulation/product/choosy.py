"""Configs that want some events only, in words of their own, or at their own pace.

Which events one wants is told here by a model of its own, from what was posted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.cloud.limits import Limits
from tests.simulation.product import owners, producers
from tests.simulation.product.receivers import SLOW_SECONDS
from tests.simulation.product.stage import Config, Stage

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.receivers import Arrival
    from tests.simulation.product.truth import Posted

_HOW_OFTEN: Final = 0.025  # of all worlds
_SKEW: Final = 2.5  # seconds that two clocks are apart at most, and some
_SEVERITIES: Final = ("info", "warning", "error", "critical")
_WINDOW: Final = 5.0  # seconds in which pushes are counted
_MANY: Final = 10  # more events than a window has turns
_AT_ONCE: Final = 2  # more than a window has turns: on their way for different times, or twice
_TRANSFORM: Final = (
    "{'id': id, 'event_type': event_type, 'payload': payload, 'metadata': metadata,"
    " 'execution_id': execution_id, 'severity': severity,"
    " 'is_grave': severity in ['error', 'critical']}"
)
_TRANSFORMED: Final = frozenset(
    {"id", "event_type", "payload", "metadata", "execution_id", "severity", "is_grave"}
)
_QUICK: Final = frozenset({"healthy", "picky", "gone"})
ACTORS: Final = ("choose", "post grave")

Wants = Callable[["Posted"], bool]


@dataclass
class Choosy:
    """A config and what it was made with."""

    config: Config
    fields: dict[str, Any]
    wants: Wants


def begin(play: Play, span: float) -> None:
    """Sometimes tenants have such configs, and post what is grave."""
    chance = random.Random(f"{play.world.seed}/choosy")  # noqa: S311
    if chance.random() >= play.share(_HOW_OFTEN) or play.world.calendar is not None:
        return  # where days pass, what was pushed may be gone
    for stage in play.stages.values():
        for _ in range(chance.randint(1, 2)):
            _start(play, chance, stage, "choose", partial(_choose, play), 1)
        _start(play, chance, stage, "post grave", _post_grave, span)


def _start(
    play: Play,
    chance: random.Random,
    stage: Stage,
    name: str,
    script: Callable[[Stage], object],
    span: float,
) -> None:
    who = f"{stage.tenant}'s {name}"
    own = replace(stage, caller=stage.caller.named(who), chance=chance)

    def work() -> None:
        if not stage.is_leaving:
            script(own)

    play.world.start(who, name, work, chance.uniform(0, span))


def _choose(play: Play, stage: Stage) -> None:
    """Make a config."""
    chance = stage.chance
    chosen, wants = filters(chance) if chance.random() < 0.7 else ({}, _all)
    mood, fields = chance.choice(_KINDS)
    if mood != "healthy":  # what waits for a circuit to close waits for a week, and takes its CPU
        chosen, wants = {_FEW[0]: _FEW[1]}, _FEW[2]
    fields = fields | ({"filters": chosen} if chosen else {})
    config = owners.subscribe(stage, mood, **fields)
    if config is None:
        return
    config.wants = wants
    if "message_template" in fields:
        stage.configs.remove(config)  # what people are told is no event
    play.choosy.append(Choosy(config, fields, wants))
    if "rate_limit_per_second" in fields and _is_paced(play):
        producers.post_batch(stage, _MANY)


_KINDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("healthy", {}),
    ("healthy", {}),
    ("healthy", {"transform": _TRANSFORM}),
    ("healthy", {"channel": "slack", "message_template": "${event_id}/${event_type}/${severity}"}),
    ("healthy", {"rate_limit_per_second": 1}),
    ("dead", {"retry_schedule_seconds": []}),
    ("dead", {"retry_schedule_seconds": [3, 30]}),
    ("slow", {"timeout_seconds": 3}),
    ("slow", {"timeout_seconds": 14}),
)


def _post_grave(stage: Stage) -> None:
    """Post events of all severities."""
    for _ in range(stage.chance.randint(1, 3)):
        posted = producers.new(stage)
        posted.severity = stage.chance.choice(_SEVERITIES)
        producers.post(stage, posted)
        stage.pause(1)


def _all(_posted: Posted) -> bool:
    return True


def filters(chance: random.Random) -> tuple[dict[str, Any], Wants]:
    """One or two, which have to agree."""
    chosen = {each[0]: each for each in chance.sample(_FILTERS, chance.choice([1, 1, 2]))}
    said = {name: value for name, value, _ in chosen.values()}
    return said, lambda posted: all(wants(posted) for *_, wants in chosen.values())


def _connector(posted: Posted) -> str:
    return "amazon" if posted.source is None else posted.source[1]


def _severity(posted: Posted) -> int:
    return _SEVERITIES.index(posted.severity or "info")


_FEW: Final[tuple[str, Any, Wants]] = (
    "match",
    "payload.said.endsWith('1.') || payload.said.endsWith('3.')",
    lambda posted: posted.marker.endswith(("1.", "3.")),
)
_FILTERS: Final[tuple[tuple[str, Any, Wants], ...]] = (
    ("event_types", ["order.*"], lambda posted: posted.event_type.startswith("order.")),
    (
        "event_types",
        ["invoice.failed", "order.failed"],
        lambda posted: posted.event_type.endswith(".failed"),
    ),
    ("min_severity", "warning", lambda posted: _severity(posted) >= 1),
    ("min_severity", "error", lambda posted: _severity(posted) >= 2),
    ("connectors", ["amazon"], lambda posted: _connector(posted) == "amazon"),
    ("connectors", ["shopify", "stripe"], lambda posted: _connector(posted) == "stripe"),
    _FEW,
    (
        "match",
        "event_type != 'order.failed' && has(payload.said)",
        lambda posted: posted.event_type != "order.failed",
    ),
    ("match", "payload.total > 100", lambda _posted: False),  # nobody says it
)


def judged(play: Play) -> Iterator[str]:
    """Each config was pushed what it wants, as it wants it, and nothing else."""
    if not play.choosy:
        return
    by_marker = {each.marker: each for each in play.truth.posted}
    for each in play.choosy:
        if play.stages[each.config.tenant].is_leaving:
            continue
        arrivals = play.world.receivers.by_url[each.config.url]
        if "message_template" in each.fields:
            yield from _texts(play, each, arrivals)
        else:
            yield from _unwanted(each, by_marker, arrivals)
        yield from _too_fast(play, each, arrivals)
        yield from _tried(play, each, arrivals)


def _unwanted(
    choosy: Choosy, by_marker: dict[str, Posted], arrivals: list[Arrival]
) -> Iterator[str]:
    for said in (json.loads(each.body) for each in arrivals):
        posted = by_marker.get(said["payload"].get("said"))
        if posted is not None and not choosy.wants(posted):
            yield f"{choosy.config.id} was pushed {posted.event_id}, which it filters out"
        if "transform" not in choosy.fields:
            continue
        if said.keys() != _TRANSFORMED:
            yield f"{choosy.config.id} was pushed {said['id']} as it is: {sorted(said)}"
        elif said["is_grave"] != (said["severity"] in ("error", "critical")):
            yield f"{choosy.config.id} was pushed {said['id']} transformed to {said}"


def _texts(play: Play, choosy: Choosy, arrivals: list[Arrival]) -> Iterator[str]:
    """In the words of its template, each event that it wants and no other."""
    config, told = choosy.config, " ".join(each.body.decode() for each in arrivals)
    for posted in play.truth.of(config.tenant):
        severity = posted.severity or "info"
        is_told = f"{posted.event_id}/{posted.event_type}/{severity}" in told
        if is_told and not choosy.wants(posted):
            yield f"{config.id} was told of {posted.event_id}, which it filters out"
        if not is_told and choosy.wants(posted) and _is_due(posted, config):
            yield f"{config.id} was never told of {posted.event_id}"


def _is_due(posted: Posted, config: Config) -> bool:
    return posted.sent_at > config.created_at + _SKEW and posted.erase_sent_at is None


def _too_fast(play: Play, choosy: Choosy, arrivals: list[Arrival]) -> Iterator[str]:
    limit = choosy.fields.get("rate_limit_per_second")
    moods = {each.mood for stage in play.stages.values() for each in stage.configs}
    if limit is None or not _is_paced(play) or not moods <= _QUICK:
        return
    times = sorted(each.at for each in arrivals)
    for begun in times:
        count = sum(begun <= each < begun + _WINDOW for each in times)
        if count > limit * _WINDOW + _AT_ONCE:
            yield f"{choosy.config.id} was pushed {count} events in {_WINDOW:.0f} s"
            return


def _is_paced(play: Play) -> bool:
    """Where nothing fails and nobody lets workers wait, no push is held up once it has its turn."""
    return not play.world.fates.probability and play.world.limits == Limits()


def _tried(play: Play, choosy: Choosy, arrivals: list[Arrival]) -> Iterator[str]:
    """As often as its schedule says, at those times, and each time for so long."""
    fields, config = choosy.fields, choosy.config
    if fields.get("timeout_seconds", SLOW_SECONDS) < SLOW_SECONDS and arrivals:
        yield f"{config.id} was waited for longer than {fields['timeout_seconds']} s"
    waits, stage = fields.get("retry_schedule_seconds"), play.stages[config.tenant]
    if waits is None or stage.redelivered:
        return
    for record in play.world.tables["notifications"].all():
        if record.get("config_id") != {"S": config.id} or "attempts" not in record:
            continue
        attempts, name = json.loads(record["attempts"]["S"]), record["id"]["S"]
        if len(attempts) > len(waits) + 1:
            yield f"{name} was tried {len(attempts)} times, and its config waits {waits}"
        is_given_up = record["status"]["S"] == "dead" and not config.is_touched
        if is_given_up and len(attempts) < len(waits) + 1:
            yield f"{name} was given up after {len(attempts)} tries, and its config waits {waits}"
