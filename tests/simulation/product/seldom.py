"""Routes that people call seldom: a config put in place, tried out, previewed; filters of lists."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product import choosy, owners
from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.producers import TYPES
from tests.simulation.product.stage import Change, Config, Stage

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

_HOW_OFTEN: Final = 0.05  # of all worlds
_TEST: Final = "notifications.test"
_LISTED: Final = ("pending", "failed", "delivered")


@dataclass
class Seldom:
    """What users of such routes know."""

    tried: list[Config] = field(default_factory=list)  # no event goes there, but tests do
    accepted: dict[str, int] = field(default_factory=dict)  # tests, by URL


def begin(play: Play, span: float) -> None:
    """Sometimes somebody calls them."""
    chance = random.Random(f"{play.world.seed}/seldom")  # noqa: S311
    if chance.random() >= play.share(_HOW_OFTEN) or play.world.calendar is not None:
        return
    play.seldom = Seldom()
    for stage in play.stages.values():
        for name in chance.sample(list(_SCRIPTS), 2):
            work = partial(_try, play.seldom, stage, name, chance)
            after = chance.uniform(0, span) + 0.5
            play.world.start(f"{stage.tenant}'s {name}", name, work, after)


def _try(seldom: Seldom, stage: Stage, name: str, chance: random.Random) -> None:
    if stage.is_leaving:
        return
    caller = stage.caller.named(f"{stage.tenant}'s {name}")
    try:
        _SCRIPTS[name](seldom, replace(stage, caller=caller, chance=chance))
    except GaveUpError:
        return


def _put(_seldom: Seldom, stage: Stage) -> None:
    """Put the same config in its own place, and look at it."""
    own = [each for each in stage.configs if each.url.startswith("https:")]
    if not own:
        return
    config = stage.chance.choice(own)
    path = f"/notifications/configs/{config.id}"
    found = stage.caller.call("GET", path)
    stage.expect(found, 200, 404)
    if found.status != 200:
        return
    shown = found.json()
    if (shown["id"], shown["settings"]["url"]) != (config.id, config.url) or "secret" in shown:
        stage.truth.faults.append(f"{config.id} is shown as {shown}")
    config.is_touched = config.is_touched or not shown["enabled"]
    change = Change(stage.kernel.now, what="enable" if shown["enabled"] else "disable")
    config.changes.append(change)
    answer = stage.caller.call("PUT", path, shown)
    stage.expect(answer, 200, 404)
    if answer.status == 200:
        change.ended_at = stage.kernel.now
        said = answer.json()
        for name in ("id", "settings", "filters", "transform", "acknowledges", "enabled"):
            if said[name] != shown[name]:
                stage.truth.faults.append(f"{config.id} was put as {shown} and is {said}")


def _test(seldom: Seldom, stage: Stage) -> None:
    """Try a config out that wants nothing else."""
    filters = {"event_types": ["nothing.else"]}
    config = owners.subscribe(stage, stage.chance.choice(["healthy", "gone"]), filters=filters)
    if config is None:
        return
    stage.configs.remove(config)  # what comes there is no event of anybody's
    seldom.tried.append(config)
    for _ in range(stage.chance.randint(1, 3)):
        answer = stage.caller.call("POST", "/notifications/test", {"config_id": config.id})
        stage.expect(answer, 200)
        if answer.status != 200:
            continue
        is_accepted = answer.json()["accepted"]
        if is_accepted != (config.mood == "healthy"):
            stage.truth.faults.append(f"a test of {config.url} was answered {answer.json()}")
        seldom.accepted[config.url] = seldom.accepted.get(config.url, 0) + is_accepted


def _preview(_seldom: Seldom, stage: Stage) -> None:
    """Ask what a config would be sent of an event."""
    filters, wants = choosy.filters(stage.chance)
    config = owners.subscribe(stage, "healthy", filters=filters)
    if config is None:
        return
    config.wants = wants
    stage.pause(5)
    posted = stage.some_event()
    if posted is None:
        return
    body = {"config_id": config.id, "event_id": posted.event_id}
    answer = stage.caller.call("POST", "/notifications/preview", body)
    stage.expect(answer, 200, 404, *([410] if posted.erase_sent_at is not None else []))
    if answer.status != 200:
        return
    said = answer.json()
    if said["matches"] != config.wants(posted):
        stage.truth.faults.append(f"{posted.event_id} for {config.id} is previewed as {said}")
    if config.secret and config.secret in answer.body.decode():
        stage.truth.faults.append(f"a preview of {config.id} shows its secret")


def _timeline(_seldom: Seldom, stage: Stage) -> None:
    """Walk an execution's events: none twice, none of another one, none left out."""
    began_at = stage.kernel.now
    found = stage.walk(f"/executions/exec_1/events?limit={stage.chance.choice([1, 3, 100])}", 404)
    ids = [each["id"] for _, each in found]
    if len(set(ids)) < len(ids) or any(each["execution_id"] != "exec_1" for _, each in found):
        stage.truth.faults.append(f"a walk of an execution showed {ids}")
    stage.truth.faults += [
        f"a walk of an execution left out {posted.event_id}, which was there all the time"
        for posted in stage.truth.of(stage.tenant)
        if posted.execution_id == "exec_1"
        and posted.event_id not in ids
        and stage.has_been(_LISTED, posted, began_at, "ExecutionIndex")
    ]


def _keys(_seldom: Seldom, stage: Stage) -> None:
    """Read the public keys of a config as its receiver does, and what a tenant must not read."""
    config = owners.subscribe(stage, "healthy", signature="v1a", enabled=False)
    if config is None:
        return
    config.is_touched = True
    stage.pause(5)
    answer = stage.caller.calling_with(None).call("GET", f"/jwks/{config.id}")
    stage.expect(answer, 200, 404)  # its set is there after a moment
    keys = answer.json()["keys"] if answer.status == 200 else []
    is_as_made = len(keys) == 1 or config.is_asked("rotate")  # then with those it had before
    if answer.status == 200 and (not keys or not is_as_made or any("d" in key for key in keys)):
        stage.truth.faults.append(f"{config.id} has the keys {answer.json()}")
    stage.expect(stage.caller.call("GET", "/metrics/summary"), 403)


def _filter(_seldom: Seldom, stage: Stage) -> None:
    """Walk all events of some kind, while others change them."""
    name, value = stage.chance.choice(_FILTERS)
    wrong = [
        each
        for _, each in stage.walk(f"/events?limit=3&{name}={value}")
        if not _is_of(each, name, value)
    ]
    if wrong:
        stage.truth.faults.append(f"{name}={value} shows {str(wrong)[:300]}")


def _is_of(shown: dict[str, Any], name: str, value: str) -> bool:
    if value.endswith(".*"):
        return bool(shown[name].startswith(value[:-1]))
    return bool(shown[name] == value)


_SCRIPTS: Final[dict[str, Callable[[Seldom, Stage], None]]] = {
    "put config": _put,
    "test config": _test,
    "preview": _preview,
    "timeline": _timeline,
    "public keys": _keys,
    "filter events": _filter,
}
ACTORS: Final = tuple(_SCRIPTS)
_FILTERS: Final = (
    *(("event_type", each) for each in (*TYPES, "order.*")),
    *(("status", each) for each in _LISTED),
    *(("severity", each) for each in ("info", "error")),
    ("execution_id", "exec_1"),
)


def judged(play: Play) -> Iterator[str]:
    """Filters show what is stored, and tests are nobody's events."""
    seldom = play.seldom
    if seldom is None:
        return
    for tenant, stage in play.stages.items():
        if not stage.is_leaving:
            yield from _lists(play, tenant)
    yield from _tests(play, seldom)


def _tests(play: Play, seldom: Seldom) -> Iterator[str]:
    """Each reached its receiver, and none is stored."""
    arrivals = play.world.receivers.by_url
    for url, count in seldom.accepted.items():
        if len(arrivals[url]) < count:
            yield f"{count} tests of {url} were accepted, and {len(arrivals[url])} came"
    for config in seldom.tried:
        for said in (json.loads(each.body) for each in arrivals[config.url]):
            if said["event_type"] != _TEST:
                yield f"{config.url} was pushed {said['event_type']}, which it filters out"
    for item in play.world.tables["events"].all():
        if item.get("event_type") == {"S": _TEST}:
            yield f"a test was stored as {item['pk']['S']}"


def _lists(play: Play, tenant: str) -> Iterator[str]:
    """Each filter and the timeline, to the event."""
    heads = [
        {name: value.get("S") for name, value in item.items()}
        for item in play.world.tables["events"].all()
        if item["sk"]["S"] == "event"
        and item["tenant"]["S"] == tenant
        and item["status"]["S"] in _LISTED
    ]
    chance = random.Random(f"{play.world.seed}/{tenant}'s lists")  # noqa: S311
    walk = play.world.callers[tenant].api.walk
    for name, value in chance.sample(_FILTERS, 3):
        wanted = sorted(
            each["id"] or "" for each in heads if name in each and _is_of(each, name, value)
        )
        shown = sorted(each["id"] for each in walk(f"/events?{name}={value}"))
        if shown != wanted:
            yield f"{name}={value} shows {shown} of {wanted}"
    wanted = sorted(each["id"] or "" for each in heads if each.get("execution_id") == "exec_1")
    shown = sorted(each["id"] for each in (walk("/executions/exec_1/events") if wanted else ()))
    if shown != wanted:
        yield f"{tenant}'s execution shows {shown} of {wanted}"
