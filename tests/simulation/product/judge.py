"""What must be true at the end of a world, whatever failed on the way."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product import (
    accounts,
    arrivals,
    choosy,
    days,
    foreign,
    kept,
    lease_all,
    leaving,
    letters,
    loud,
    neighbours,
    operator,
    producers,
    pushed,
    quotas,
    replays,
    restored,
    seldom,
    statuses,
)
from tests.simulation.product.stage import Config, Stage
from tests.simulation.product.truth import Posted
from triggers_api.store.items import event_key
from triggers_api.store.payloads import in_head, place_of

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

_SKEW: Final = 2.5  # seconds that two clocks are apart at most, and some
_READ: Final = 1 / 3  # of the events, besides in a list
_LATEST_PUSH: Final = 60.0  # what a worker had read when its event was erased is sent by then


class BrokenError(AssertionError):
    """An invariant does not hold."""


def judge(play: Play) -> None:
    """Raise `BrokenError` with all that is not as it must be."""
    found = [*play.world.broken, *play.truth.faults]
    found += _left_over(play)
    found += loud.judged(play)
    found += _held_by_two(play)
    found += neighbours.judged(play)
    found += foreign.judged(play)
    found += letters.judged(play)
    found += pushed.judged(play)
    found += statuses.judged(play)
    found += replays.judged(play)
    found += arrivals.judged(play)
    found += accounts.judged(play)
    found += kept.judged(play)
    found += choosy.judged(play)
    found += seldom.judged(play)
    found += quotas.judged(play)
    found += restored.judged(play)
    for tenant, stage in play.stages.items():
        if stage.is_leaving:
            left = _gone(play, tenant)
            found += left
            found += leaving.judged(play, tenant)
            if play.is_crowd and not left:
                found += leaving.begins_empty(play, tenant)
            continue
        found += _events(play, tenant)
        found += _pushes(play, stage)
        found += restored.figures(play, tenant)
        found += _executions(play, tenant)
        found += _erased(play, tenant)
        found += lease_all.judged(play, tenant)
    found += [*days.judge(play), *days.judge_the_end(play)]
    if found:
        raise BrokenError("; ".join(found))


def _gone(play: Play, tenant: str) -> list[str]:
    """Nothing is left of a tenant that was deleted."""
    world = play.world
    opened = _payloads_with_heads(play)
    left = [
        str(each)[:200]
        for each in operator.remains(world.tables.values(), tenant)
        if not each.get("sk", {"S": ""})["S"].startswith("payload#") or each["sk"]["S"] in opened
    ]
    letters = [each.body for each in world.dead_letters.messages.values() if tenant in each.body]
    return [f"{each} is left of {tenant}" for each in (*left, *letters)]


def _payloads_with_heads(play: Play) -> set[str]:
    """Those that some head opens, or did until it was erased or deleted.

    Any other is noise that a deletion may leave until it expires, see the runbook: its head was
    never stored, or has expired before.
    """
    stream = play.world.tables["events"].stream
    assert stream is not None
    opened = set()
    for record in (each for shard in stream.shards for each in shard.records):
        old, new = (record["dynamodb"].get(f"{which}Image", {}) for which in ("Old", "New"))
        is_over = "userIdentity" in record or ("id" in new and new["id"] != old.get("id"))
        if is_over and "M" in old.get("payload", {}):
            opened.discard(_place_of_payload(old))
        if "M" in new.get("payload", {}):
            opened.add(_place_of_payload(new))
    return opened


def _place_of_payload(head: dict[str, Any]) -> str:
    key = b64decode(head["payload"]["M"]["key"]["B"])
    place: str = place_of(head | {"payload": in_head(key)})["sk"]["S"]
    return place


def _erased(play: Play, tenant: str) -> list[str]:
    """No table says what an erased event said."""
    found = []
    known = ((each, each.erased_at) for each in play.truth.of(tenant))
    erased = [(posted, at) for posted, at in known if at is not None]
    tables = play.world.tables.values() if erased else ()
    said = [kept.words(item) for table in tables for item in table.all()]
    for posted, erased_at in erased:
        left = [each[:200] for each in said if posted.marker in each and not _of_lost(posted, each)]
        found += [f"{posted.event_id} was erased, and {each} is left" for each in left]
        key = event_key(tenant, str(posted.event_id))["pk"]["S"]
        items = play.world.tables["events"].items.get(key, {})
        last = f"payload#{posted.event_id}#~"  # a later one is of an event in its place
        apart = [
            each
            for each in items
            if "payload#" < each[1] < last
            and _written_at(play, each) < erased_at
            and not any(
                former in each[1] for former in posted.former_ids
            )  # without its head: noise
        ]
        found += [f"{posted.event_id} was erased, and its payload is left" for _ in apart]
        late = [
            each
            for each in play.world.receivers.arrivals
            if each.at > erased_at + _LATEST_PUSH and posted.marker.encode() in each.body
        ]
        found += [f"{posted.event_id} was pushed after it was erased" for _ in late]
    return found


def _of_lost(posted: Posted, said: str) -> bool:
    """What was pushed of an event that an accident took, and whose key stands for another now."""
    return any(f"#{former}'" in said for former in posted.former_ids)


def _written_at(play: Play, key: tuple[str, ...]) -> float:
    """When an item came last: a call that takes effect after the erasure leaves noise."""
    stream = play.world.tables["events"].stream
    assert stream is not None
    records = (each["dynamodb"] for shard in stream.shards for each in shard.records)
    of_it = (each for each in records if tuple(k["S"] for k in each["Keys"].values()) == key)
    return max(float(each["ApproximateCreationDateTime"]) for each in of_it if "NewImage" in each)


def _left_over(play: Play) -> list[str]:
    """Nothing waits for ever."""
    world = play.world
    found = []
    if world.queue.messages:
        found.append(f"{len(world.queue.messages)} messages are stuck in the queue")
    if world.queue.expired:
        found.append("messages were lost in the queue")
    if world.scheduler.schedules:
        found.append(f"schedules never ran: {list(world.scheduler.schedules)}")
    for mapping in world.mappings:
        if mapping.given_up:
            found.append(f"{len(mapping.given_up)} records of the stream were given up")
        if any(lane.at < len(lane.shard.records) for lane in mapping.lanes):
            found.append("records of the stream were never handed over")
    return found


def _held_by_two(play: Play) -> list[str]:
    """Not even if it was replayed: it comes again when the lease ends that holds it still.

    What is told that late that its lease has ended, or may have by another's clock, holds nothing.
    """
    found = []
    for event_id, holdings in play.truth.holdings.items():
        ordered = sorted(holdings, key=lambda each: each.begun_at)
        found += [
            f"{event_id} was held by {one.worker} and {other.worker}"
            for one, other in pairwise(ordered)
            if other.begun_at < min(one.ended_at, other.ended_at) - _SKEW
        ]
    return found


def _events(play: Play, tenant: str) -> list[str]:
    """Each event that was answered is there, once, as it was posted; and no other is."""
    found = []
    caller = play.world.callers[tenant]
    listed = caller.api.walk("/events?limit=25")
    ids = [each["id"] for each in listed]
    by_id = {each["id"]: each for each in listed}
    if len(set(ids)) < len(ids):
        found.append(f"{tenant} has events twice in its list")
    markers = Counter(each["payload"]["said"] for each in listed if "said" in each["payload"])
    known = [each for each in play.truth.posted if each.tenant == tenant]
    for posted in known:
        count = markers.pop(posted.marker, 0)
        if play.stages[tenant].may_be_over(posted):
            continue
        found += _as_answered(posted, count, ids)
        if posted.event_id is not None:
            found += _as_read(play, posted, by_id)
    found += [f"nobody posted {marker}" for marker in markers]
    return found


def _as_answered(posted: Posted, count: int, ids: list[str]) -> list[str]:
    if count > 1:
        return [f"{posted.marker} was stored {count} times"]
    if posted.erase_sent_at is not None:
        return [f"{posted.marker} was erased and is listed"] if posted.erased_at and count else []
    if posted.event_id is not None and posted.event_id not in ids:
        return [f"{posted.event_id} ({posted.marker}) was answered and is lost"]
    return []


def _as_read(play: Play, posted: Posted, listed: Mapping[str, dict[str, Any]]) -> list[str]:
    """What a list tells of it; of those that it does not, and of each third, what itself tells."""
    shown = listed.get(str(posted.event_id))
    if shown is None or play.world.chance.random() < _READ:
        return _as_read_alone(play, posted)
    if producers.differs(posted, shown):
        return [f"{posted.event_id} is listed as {str(shown)[:300]}"]
    return _as_acknowledged(play, posted, shown["status"])


def _as_read_alone(play: Play, posted: Posted) -> list[str]:
    caller = play.world.callers[posted.tenant]
    answer = caller.api.get(f"/events/{posted.event_id}")
    if posted.erased_at is not None:
        return [] if answer.status == 410 else [f"{posted.event_id} was erased: {answer.status}"]
    if posted.erase_sent_at is not None and answer.status == 410:
        return []
    if answer.status != 200 or producers.differs(posted, answer.json()):
        return [f"{posted.event_id} cannot be read: {answer.status} {answer.body[:300]!r}"]
    return _as_acknowledged(play, posted, answer.json()["status"])


def _as_acknowledged(play: Play, posted: Posted, status: str) -> list[str]:
    now = play.world.kernel.now
    if posted.is_surely_acknowledged(now, now) and status != "delivered":
        return [f"{posted.event_id} was acknowledged and is {status}"]
    return []


def _pushes(play: Play, stage: Stage) -> Iterator[str]:
    """Each event reached each config that was there; what came there, `arrivals` judges."""
    for config in stage.configs:
        if config.mood == "healthy" and not config.is_touched:
            arrivals = play.world.receivers.by_url[config.url]
            said = {json.loads(each.body)["payload"].get("said", "") for each in arrivals}
            yield from _missing(play, config, said)


def _missing(play: Play, config: Config, said: set[str]) -> list[str]:
    return [
        f"{posted.event_id} ({posted.marker}) never reached {config.id}"
        for posted in play.truth.of(config.tenant)
        if posted.sent_at > config.created_at + _SKEW
        and posted.erase_sent_at is None
        and posted.marker not in said
        and config.wants(posted)
    ]


def _executions(play: Play, tenant: str) -> list[str]:
    """An execution counts each of its events once, whatever came when."""
    true = Counter(
        each["event_type"]["S"]
        for each in play.world.tables["events"].all()
        if each["sk"]["S"] == "event"
        and each["tenant"]["S"] == tenant
        and each.get("execution_id") == {"S": "exec_1"}
    )
    answer = play.world.callers[tenant].api.get("/executions/exec_1")
    counts = answer.json()["counts"] if answer.status == 200 else {}
    return [] if counts == true else [f"{tenant}'s execution counts {counts} of {dict(true)}"]
