"""Tenants that may store so many events on a day, in worlds that begin shortly before midnight.

How many were stored is told by the events' stream, who counted them by the story of the calls.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.conftest import ENVIRONMENT
from tests.http_api import Answer
from tests.simulation.product import producers
from tests.simulation.product.calendar import DAY
from tests.simulation.product.callers import Caller, GaveUpError
from tests.simulation.product.fates import Fate
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import Deed
from tests.simulation.product.world import TENANTS
from triggers_api.events.event import is_systems_own
from triggers_api.timestamps import from_text

if TYPE_CHECKING:
    from tests.simulation.cloud.tables import Table
    from tests.simulation.product.play import Play
    from tests.simulation.product.story import Said
    from tests.simulation.product.world import World

_HOW_OFTEN: Final = 0.06  # of all worlds
_PROCESSES: Final = 6
_SMALL: Final = (1, 2, 3, 3, 5, 8, 12)
_MOST_AT_ONCE: Final = 5  # events of a batch: what a repeat of it leaves with its process
_SKEW: Final = 2.5  # seconds that two clocks are apart at most, and some
_UNDER_WAY: Final = 30.0  # an answer, from when it was decided
_ADMITTED_WITHIN: Final = 12.0  # of a request: then it is stored, or its function is over
_AWAY_FOR: Final = 5.0  # after an outage nobody is counted, as `access/quota.py` says
_KNOWN_WITHIN: Final = 60.0 + _SKEW  # everywhere, after an operator was answered
_FAILS: Final = 0.25  # in some worlds: a count is lost only if no try of a call gets through
_POSTING: Final = ("POST /events", "POST /events/batch")
_EVENTS: Final = ENVIRONMENT["EVENTS_TABLE"]
_DONE: Final = (Fate.NOTHING.value, f"{Fate.NOTHING.value} ConditionalCheckFailedException")
ACTORS: Final = ("use up", "post at midnight", "post over and over", "change quota")


@dataclass
class Quota:
    """Of a world's tenants, as whoever runs it has set it."""

    midnight: float
    keys: Table
    values: dict[str, list[tuple[int, Deed]]]  # of a tenant, as long as any process may know each
    faults: list[str] = field(default_factory=list)
    refused: int = 0

    def least(self, tenant: str, since: float, until: float) -> int:
        """Of those that some process may have gone by."""
        return min(
            value
            for value, deed in self.values[tenant]
            if deed.sent_at <= until and since <= deed.ended_at
        )

    def heard(
        self,
        tell: Callable[[Caller, str, str, Answer | str], None],
        caller: Caller,
        method: str,
        path: str,
        answer: Answer | str,
    ) -> None:
        """What a user of a tenant was answered."""
        tell(caller, method, path, answer)
        if isinstance(answer, str):  # how none came
            return
        if answer.status == 429 and answer.json().get("error") == "quota_exceeded":
            self._refused(caller, f"{method} {path}", float(answer.headers["retry-after"]))
        elif path == "/events/batch" and answer.status == 200:
            self._part(caller, answer.json()["results"])

    def _part(self, caller: Caller, results: list[dict[str, Any]]) -> None:
        """The first ones are let in, and no other after one that was not."""
        whys = [(each.get("error") or {}).get("error") for each in results]
        if "quota_exceeded" not in whys:
            return
        first = whys.index("quota_exceeded")
        if any(each != "quota_exceeded" for each in whys[first:]):
            self.faults.append(f"of a batch, the first ones were not let in: {whys}")
        self._refused(caller, "POST /events/batch", results[first]["retry_after"])

    def _refused(self, caller: Caller, what: str, wait: float) -> None:
        """Until midnight, and only if all of the day was given out."""
        self.refused += 1
        now = caller.kernel.now
        midnight = (now + wait + _SKEW) // DAY * DAY
        if now + wait > midnight + _UNDER_WAY or what not in _POSTING:
            self.faults.append(f"{caller.name} was refused for {wait:.0f} s: {what}")
            return
        item = self.keys.find((f"quota#{caller.tenant}",))
        day = _date(midnight - 1)
        if item is not None and item["day"]["S"] > day:
            return  # what was given out of a day is forgotten with it
        used = int(item["used"]["N"]) if item is not None and item["day"]["S"] == day else 0
        least = self.least(caller.tenant, now - _UNDER_WAY, now)
        if used < least:
            self.faults.append(
                f"{caller.name} was refused, and of {least} events of {day} {used} were given out"
            )


def begin(play: Play) -> None:
    """In some worlds there is a quota; then it is often nearly midnight."""
    world = play.world
    chance = random.Random(f"{world.seed}/quotas")  # noqa: S311
    if chance.random() >= _HOW_OFTEN or world.calendar is not None or play.is_crowd:
        return
    noon = world.kernel.now
    midnight = noon // DAY * DAY + DAY
    if chance.random() < 0.7:
        world.kernel.sleep(midnight - noon - chance.uniform(5, 200))
    value = chance.choice(_SMALL)
    values = {tenant: [(value, Deed(0.0))] for tenant in TENANTS}
    play.quota = Quota(midnight, world.tables["keys"], values)
    world.environment |= {"EVENTS_PER_DAY": str(value)}
    if world.limits.at_once > 1:
        world.functions["api"].most = _PROCESSES
    if chance.random() < 0.25:
        world.fates.probability = _FAILS
    for tenant in TENANTS:
        caller = world.callers[tenant]
        heard = partial(play.quota.heard, caller.tell)
        world.callers[tenant] = replace(caller, tell=heard)


def join(play: Play) -> None:
    """Those who meet it."""
    quota, world = play.quota, play.world
    if quota is None:
        return
    chance = random.Random(f"{world.seed}/quotas' users")  # noqa: S311
    left = quota.midnight - world.kernel.now
    span = min(left, 100.0)
    for stage in play.stages.values():
        stage.has_quota = True
        for _ in range(chance.randint(1, 3)):
            _start(world, chance, stage, "use up", _use_up, chance.uniform(0, span))
        if chance.random() < 0.5:
            _start(world, chance, stage, "post over and over", _repeat, chance.uniform(0, span))
        for _ in range(chance.randint(1, 2) if left < DAY / 4 else 0):
            at = max(0.0, left + chance.uniform(-2, 15))
            _start(world, chance, stage, "post at midnight", _use_up, at)
    if chance.random() < 0.5:
        stage, at = chance.choice([*play.stages.values()]), chance.uniform(0, 20)
        work = partial(_change, world.callers[""], quota, replace(stage, chance=chance))
        world.start("operator", "change quota", work, at)
        _start(world, chance, stage, "use up", _use_up, at + _KNOWN_WITHIN + chance.uniform(32, 60))


def _start(
    world: World,
    chance: random.Random,
    stage: Stage,
    name: str,
    script: Callable[[Stage], object],
    after: float,
) -> None:
    who = f"{stage.tenant}'s {name}"
    own = replace(stage, caller=stage.caller.named(who), chance=chance)
    world.start(who, name, partial(script, own), after)


def _use_up(stage: Stage) -> None:
    """Post, one by one and many at once, more than a small quota lets in."""
    for _ in range(stage.chance.randint(2, 4)):
        if stage.chance.random() < 0.4:
            producers.post_batch(stage)
        else:
            producers.post(stage, producers.new(stage))
        stage.pause(1)


def _repeat(stage: Stage) -> None:
    """Somebody does not know that it is stored, and posts it again and again."""
    posted = producers.new(stage)
    for _ in range(stage.chance.randint(6, 14)):
        producers.post(stage, posted)
        stage.pause(0.5)


def _change(operator: Caller, quota: Quota, stage: Stage) -> None:
    """Raise or lower it; all know it a minute after the answer."""
    values = quota.values[stage.tenant]
    value = stage.chance.choice([each for each in _SMALL if each != values[0][0]])
    values.append((value, Deed(stage.kernel.now)))
    body = {"limits": {"events_per_day": value}}
    try:
        answer = operator.call("PATCH", f"/tenants/{stage.tenant}", body)
    except GaveUpError:
        return
    stage.expect(answer, 200, 409)
    if answer.status == 200:
        values[0][1].ended_at = stage.kernel.now + _KNOWN_WITHIN


def judged(play: Play) -> Iterator[str]:
    """Never more events of a day are stored than the quota lets in."""
    quota = play.quota
    if quota is None:
        return
    yield from quota.faults
    for tenant, stage in play.stages.items():
        if not stage.is_leaving:
            counted = _Counted(play, tenant)
            yield from _too_many(quota, counted, tenant)
            yield from counted.held_for_nothing


class _Counted:
    """What a tenant's events had to be counted as, and by which process, told from the story."""

    def __init__(self, play: Play, tenant: str) -> None:
        self.uncounted: set[str] = set()
        self.held_for_nothing: list[str] = []
        self.made = dict(_stored(play, tenant))  # when each event was made
        self._tenant = tenant
        self._stored_by: dict[str, str] = {}
        self._away: dict[str, float] = {}  # until when a process counts nothing
        self._held: Counter[str] = Counter()
        for said in play.world.story:
            if said.request is not None and said.what.startswith("dynamodb."):
                self._note(said)

    def _note(self, said: Said) -> None:
        request = said.request or {}
        key = request.get("Key", {}).get("key_id", {}).get("S")
        if key == f"quota#{self._tenant}" and said.what == "dynamodb.UpdateItem":
            self._note_take(said, int(request["ExpressionAttributeValues"][":number"]["N"]))
        elif said.what == "dynamodb.PutItem" and request["TableName"] == _EVENTS:
            self._note_put(said, request["Item"])

    def _note_take(self, said: Said, number: int) -> None:
        """Who holds what its repeats did not need asks for no more before it is used."""
        if said.became not in _DONE:  # then its process may count nothing for a while
            self._away[said.who] = said.at + _AWAY_FOR + _ADMITTED_WITHIN
            return
        if self._held[said.who] >= _MOST_AT_ONCE:
            held = self._held[said.who]
            self.held_for_nothing.append(f"{said.who} held {held} events and asked for more")
        if said.became == Fate.NOTHING.value:
            self._held[said.who] += number

    def _note_put(self, said: Said, item: dict[str, Any]) -> None:
        name = item.get("id", {}).get("S", "")
        if name not in self.made or item["sk"]["S"] != "event":
            return
        fate = said.became.partition(" ")
        if said.became not in _DONE or said.at < self._away.get(said.who, 0.0):
            self.uncounted.add(name)
        if fate[2] or name in self._stored_by:
            return
        self._stored_by[name] = said.who
        self._held[said.who] -= 1


def _stored(play: Play, tenant: str) -> Iterator[tuple[str, float]]:
    """By requests: what the product tells of itself costs nobody anything."""
    stream = play.world.tables["events"].stream
    assert stream is not None
    for record in (each["dynamodb"] for shard in stream.shards for each in shard.records):
        new = record.get("NewImage", {})
        if "OldImage" in record or new["sk"]["S"] != "event" or new["tenant"]["S"] != tenant:
            continue
        if not is_systems_own(new["event_type"]["S"]):
            yield new["id"]["S"], from_text(new["created_at"]["S"]).timestamp()


def _too_many(quota: Quota, counted: _Counted, tenant: str) -> Iterator[str]:
    """Of each day, but for what came about midnight; and of all days."""
    surely, days = defaultdict[str, int](int), set[str]()
    made = [at for name, at in counted.made.items() if name not in counted.uncounted]
    for at in made:
        its = {_date(at - _ADMITTED_WITHIN), _date(at + _SKEW)}
        days |= its
        if len(its) == 1:
            surely[its.pop()] += 1
    most = max(value for value, _ in quota.values[tenant])
    for day, count in surely.items():
        if count > most:
            yield f"{tenant} stored {count} events on {day}, and may store {most}"
    if len(made) > most * len(days):
        yield f"{tenant} stored {len(made)} events within {len(days)} days of {most} each"


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
