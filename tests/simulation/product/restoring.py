"""Worlds in which items are lost, and an operator restores them while users go on.

A script that was meant for something else deletes items of a table. Minutes later somebody has
copies made of the second before, as docs/restore.md says, and brings back what is missing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.cloud.kernel import BEGIN, Kernel, current
from tests.simulation.cloud.logs import Logs
from tests.simulation.cloud.points_in_time import BEHIND, PointsInTime
from tests.simulation.product import producers, restore_command, scripts
from tests.simulation.product.log import Heard
from tests.simulation.product.restore_command import Place
from triggers_api.store.config_items import to_breaker

if TYPE_CHECKING:
    from tests.http_api import Answer
    from tests.simulation.cloud.tables import Key, Table
    from tests.simulation.cloud.values import Item
    from tests.simulation.product.play import Play
    from tests.simulation.product.stage import Script, Stage
    from tests.simulation.product.truth import Posted
    from tests.simulation.product.world import World

ACTORS: Final = ("restore",)
HOW_OFTEN: Final = 0.02  # of all worlds
_TABLES: Final = {"events": 5, "notifications": 4, "keys": 2, "usage": 1, "all": 3}
_BETWEEN: Final = ("consume", "erase", "replay", "change config", "another key", "post")
"""What is done between the second and the loss, so that only the log tells it."""
_LOGGING: Final = ("api", "delivery")
_TRIES: Final = 60
_LONGEST_STRETCH: Final = 7200.0  # seconds: a run takes minutes, and is begun again when it stops
UNDER_WAY: Final = 60.0  # seconds for which an answer, or a process's memory, is of before
_ID: Final = re.compile(r"(?:evt|cfg|dlv|src)_[0-9A-Za-z_]+")


@dataclass
class Loss:
    """What an accident took away, and what came back of it."""

    points: PointsInTime
    logs: Logs
    kernel: Kernel
    at: float  # the second that is restored
    happens_at: float
    lost: dict[tuple[str, Key], Item] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)  # of what was made after the second: in no copy
    back_at: float = float("inf")
    is_asked_for: list[Stage] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether something may be missing yet, or somebody may be told so."""
        return self.happens_at <= self.kernel.now <= self.back_at + UNDER_WAY

    def explains(self, answer: Answer) -> bool:
        """Whether an answer speaks of what is missing."""
        named = set(_ID.findall(answer.url)) | set(answer.url.split("/"))
        if answer.status == 404 and self.gone & named:
            return True
        if not self.is_open:
            return False
        return (answer.status == 404 and bool(self.ids & named)) or self.hides_keys(answer)

    def hides_keys(self, answer: Answer) -> bool:
        """Whether nobody is let in, because nobody is known."""
        return answer.status in (401, 403) and any(name == "keys" for name, _ in self.lost)

    def may_lack(self, posted: Posted) -> bool:
        """Whether an event may be missing, or may never come back."""
        return posted.event_id in self.gone or (self.is_open and posted.event_id in self.ids)

    def is_made_anew(self, posted: Posted, event_id: str) -> bool:
        """Whether a key stands for another event now, since its own was missing."""
        known = posted.event_id
        return known not in (None, event_id) and bool({known, event_id} & self.ids)

    def note_made_anew(self, posted: Posted, event_id: str) -> str:
        """What was done with the lost one says nothing of the new one, which is the later one."""
        known = str(posted.event_id)
        posted.former_ids.add(min(known, event_id))
        if event_id < known:
            return known
        posted.acknowledgements = []
        posted.erase_sent_at = posted.erased_at = None
        return event_id

    def taken(self, events: Table) -> set[str]:
        """Events that are gone for good: no copy has them, or another stands in their places."""
        taken = set(self.gone)
        for (name, key), item in self.lost.items():
            if name == "events" and key[1] == "event":
                head = events.find(key)
                if head is None or head["id"] != item["id"]:
                    taken.add(item["id"]["S"])
        return taken

    def undid(self, sent_at: float) -> bool:
        """Whether what was asked for then was done between the second and the loss, or may be."""
        return self.at - UNDER_WAY < sent_at <= self.happens_at

    def took_any(self, *ids: str | None) -> bool:
        """Whether one of these was missing: what was to be done with it may have been given up."""
        return not self.ids.isdisjoint(ids)

    def holds(self, row: Item) -> bool:
        """Whether a config's breaker keeps the rescuer from what has lost its message, for a week."""
        return "breaker" in row and to_breaker(row["breaker"]["S"]).opened_at is not None

    def has_lost_usage(self, tenant: str) -> bool:
        """Whether rows are lost that were counted in since the second: their counts are, too."""
        return any(name == "usage" and key[0] == tenant for name, key in self.lost)

    def hides_lists(self, tenant: str) -> bool:
        """Whether lists know neither all of a tenant's shards nor that its index lags."""
        return self.is_open and ("events", (tenant, "tenant")) in self.lost


def begin(play: Play, span: float) -> None:
    """In some worlds, let an accident happen, and somebody mend it."""
    world = play.world
    Heard.keep = None
    chance = random.Random(f"{world.seed}/restoring")  # noqa: S311
    if world.calendar is not None or play.loud is not None or play.has_deletion:
        return
    if world.whims.holds_readers_back:
        return  # what is read late of a lost row counts nothing, as docs/restore.md says
    if chance.random() >= play.restores:
        return
    loss = _prepared(world, chance, span)
    play.loss = loss
    for stage in play.stages.values():
        stage.loss = loss
    play.truth.loss = loss
    world.kernel.at(loss.happens_at, partial(_happen, play, loss, chance))
    gap = loss.happens_at - loss.at
    for stage in play.stages.values():
        for name in chance.choices(_BETWEEN, k=chance.randint(0, 4)):
            after = loss.at - BEGIN + chance.uniform(-1, gap)
            _come_back(world, stage, name, scripts.SCRIPTS[name][0], after)
    world.start("operator", "restore", partial(_restore, play, loss, chance))


def _prepared(world: World, chance: random.Random, span: float) -> Loss:
    """A cloud that remembers, and keeps what functions log."""
    points = PointsInTime(
        world.dynamodb,
        world.tables,
        lambda: world.kernel.now,
        chance,
        makes_within=chance.choice([5.0, 120.0, 1200.0]),
    )
    logs = Logs(chance, {f"/aws/lambda/{restore_command.STACK}/{name}": [] for name in _LOGGING})
    world._services |= {"dynamodb": points, "logs": logs}  # noqa: SLF001  # in some worlds only
    Heard.keep = partial(_keep, world, logs)
    at = BEGIN + chance.randint(1, int(span) + 10)
    gap = chance.choice([0.0, chance.uniform(0, 2), chance.uniform(2, 20), chance.uniform(2, 60)])
    return Loss(points, logs, world.kernel, at, at + 0.001 + gap)


def _keep(world: World, logs: Logs, message: str, said: dict[str, Any]) -> None:
    fiber = current()
    if fiber is None or fiber.process is None:
        return
    group = f"/aws/lambda/{restore_command.STACK}/{fiber.process.name.split('-')[0]}"
    if group in logs.groups:
        logs.write(group, world.kernel.now, {"message": message} | said)


def _happen(play: Play, loss: Loss, chance: random.Random) -> None:
    """Delete items, as a person's DeleteItem does: streams do not tell why."""
    world, tenant = play.world, chance.choice([*play.stages])
    (which,) = chance.choices([*_TABLES], [*_TABLES.values()])
    is_hit = _drawn(which, tenant, chance)
    for table in world.tables.values() if which == "all" else [world.tables[which]]:
        for key in [table.key_of(item) for item in table.all() if is_hit(table, item)]:
            item = table.find(key)
            assert item is not None
            loss.lost[table.name, key] = item
            table.write(key, None)
    then = {name: loss.points.as_of(name, loss.at) for name in world.tables}
    for (name, key), item in loss.lost.items():
        ids = _ids(name, item)
        loss.ids |= ids
        if key not in then[name]:
            loss.gone |= ids
    if any(name == "events" and key[0].endswith("#leases") for name, key in loss.lost):
        _end_leases(play, loss.happens_at)
        world.kernel.at(world.kernel.now + 3, partial(_end_leases, play, world.kernel.now))


def _drawn(which: str, tenant: str, chance: random.Random) -> Callable[[Table, Item], bool]:
    """Which items it hits: all of a tenant, some partitions, or any."""
    how = "tenant" if which == "all" else chance.choice(["tenant", "partitions", "any"])
    share, partitions = chance.choice([0.1, 0.4, 0.8]), dict[str, bool]()

    def is_hit(table: Table, item: Item) -> bool:
        if how == "tenant":
            return _tenant_of(table.name, item) == tenant
        if how == "any":
            return chance.random() < share
        return partitions.setdefault(item[table.keys[0]]["S"], chance.random() < share)

    return is_hit


def _tenant_of(table: str, item: Item) -> str:
    """Nobody's, if it is empty."""
    if table != "keys":
        return str(item["pk"]["S"]).partition("#")[0]
    what, _, rest = str(item["key_id"]["S"]).partition("#")
    owner = rest.partition("#")[0] if rest else item["tenant"]["S"].partition("#")[0]
    return str(owner) if not rest or what == "tenant" else ""


def _ids(table: str, item: Item) -> set[str]:
    """By what somebody may ask for it."""
    if table == "events":
        return set(_ID.findall(f"{item.get('id', {}).get('S')} {item['sk']['S']}"))
    if table == "keys":
        what, _, tenant = str(item["key_id"]["S"]).partition("#")
        return {tenant if what == "tenant" else item["key_id"]["S"]}
    names = {item["sk"]["S"], item.get("id", {}).get("S", "")}
    return {each for each in names if _ID.fullmatch(each)} if table == "notifications" else set()


def _end_leases(play: Play, at: float) -> None:
    """Whoever held something by a lease that is lost holds it no more."""
    for holdings in play.truth.holdings.values():
        for each in holdings:
            if each.begun_at <= play.world.kernel.now:
                each.ended_at = min(each.ended_at, max(at, each.begun_at))


def _restore(play: Play, loss: Loss, chance: random.Random) -> None:
    """Notice it, have copies made, bring back, until a run comes to its end."""
    world = play.world
    world.kernel.sleep(loss.happens_at - world.kernel.now)
    if not loss.lost:
        loss.back_at = world.kernel.now
        return
    world.kernel.sleep(BEHIND - chance.uniform(0, 60) * chance.randint(0, 1))
    at = ("--at", _second(loss.at))
    place = Place()
    _until_it_ends(world, chance, place, "prepare", *at)
    for stage in play.stages.values():
        for name in scripts.drawn(chance, chance.randint(1, 4)):
            _come_back(world, stage, name, scripts.SCRIPTS[name][0], chance.uniform(0, 20))
        for _ in range(chance.randint(0, 2)):
            again = partial(_post_lost_again, loss)
            _come_back(world, stage, "post again", again, chance.uniform(0, 20))
    _until_it_ends(world, chance, place, "bring-back", *at, *_choice(play, loss, chance), "--apply")
    loss.back_at = world.kernel.now


def _until_it_ends(world: World, chance: random.Random, place: Place, *command: str) -> None:
    for _ in range(_TRIES):
        if not restore_command.run(world, place, *command):
            return
        world.kernel.sleep(chance.uniform(1, 40))
    world.broken.append(f"{command} never comes to its end")


def _choice(play: Play, loss: Loss, chance: random.Random) -> Iterator[str]:
    """Whose items are wanted, as the table of docs/restore.md has it, and how fast."""
    yield from ("--units", str(chance.choice([1, 10, 200])))
    whose = {_tenant_of(name, item) for (name, _), item in loss.lost.items()}
    records = any(key[0].startswith("tenant#") for name, key in loss.lost if name == "keys")
    if whose <= {*play.stages} and (records or chance.random() < 0.5):
        for tenant in sorted(whose):
            yield from ("--tenant", tenant)
    elif records or chance.random() < 0.5:
        yield "--all-tenants"


def _come_back(world: World, stage: Stage, name: str, script: Script, after: float) -> None:
    who = f"{stage.tenant}'s {name}"
    own = replace(stage, caller=stage.caller.named(who))
    world.start(who, name, lambda: script(own), after)


def _post_lost_again(loss: Loss, stage: Stage) -> None:
    """Somebody has not heard of an event, which is missing, and posts it under its key."""
    lost = [each for each in stage.truth.of(stage.tenant) if each.event_id in loss.ids]
    if lost:
        producers.post(stage, stage.chance.choice(lost))


def _second(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def live_on(play: Play) -> None:
    """Let users and the operator go on, under faults, until all is back."""
    loss, kernel = play.loss, play.world.kernel
    if loss is None:
        return
    until = kernel.now + _LONGEST_STRETCH
    while loss.back_at > kernel.now and kernel.now < until:
        kernel.run(until=kernel.now + 30)
        kernel.now = max(kernel.now, min(kernel.next_at or until, until))
    kernel.run(until=kernel.now + UNDER_WAY)
