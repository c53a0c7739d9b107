"""What must be true of what was lost and restored while users went on."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.cloud.points_in_time import Write
from tests.simulation.product.usage import changes, usage
from triggers_api.store.counters import amounts_of
from triggers_api.store.payloads import in_head, place_of

if TYPE_CHECKING:
    from tests.simulation.cloud.tables import Key
    from tests.simulation.cloud.values import Item
    from tests.simulation.product.play import Play
    from tests.simulation.product.restoring import Loss

Place = tuple[str, "Key"]

_OPERATOR: Final = "restore"
_ROTATE: Final = "/keys/{key_id}/rotate"
# What docs/restore.md says of each: an event was dispatched and counted long ago, a delivery's
# attempts were counted, a config counts as changed now, a payload is kept as long as its head.
_BECOMES: Final = frozenset({"is_new", "restored_at", "updated_at"})
_BY_THE_LOG: Final = frozenset(
    {"status", "delivered_at", "expires_at", "visible_until", "replayed_at", "rounds", "erased_at"}
    | {"payload", "payload_bytes", "metadata", "fingerprint", "delivery_attempts", "revoked_at"}
)

# A delivery of an erased event: without answers, and dropped unless it succeeded.
_OF_ERASED: Final = frozenset(
    {"answers", "erased", "attempts", "status", "reason", "next_attempt_at", "unsuccessful"}
)


def judged(play: Play) -> Iterator[str]:
    """Each item that was lost is there again as it was, and none that is newer made way."""
    loss = play.loss
    if loss is None or not loss.lost:
        return
    then = {name: loss.points.as_of(name, loss.at) for name in play.world.tables}
    since: dict[Place, list[Write]] = {}
    for write in loss.points.writes:
        if write.at > loss.happens_at:
            since.setdefault((write.table, write.key), []).append(write)
    for place in loss.lost:
        before = then[place[0]].get(place[1])
        if before is not None:
            yield from _as_it_was(loss, place, before, since.get(place, []))
    for place, writes in since.items():
        yield from _nothing_newer(place, writes)
    yield from _ended(play)


def _as_it_was(loss: Loss, place: Place, before: Item, writes: list[Write]) -> Iterator[str]:
    """The first that came into its place is what was there, or something newer."""
    name, key = place
    if _is_of_a_moment(name, key, before):
        return
    made = [each for each in writes if each.new is not None]
    if not made:
        if not _may_stay_away(name, key, before, loss):
            yield f"{key} was lost, and is not back"
        return
    restored = [*takewhile(lambda each: each.by.startswith(_OPERATOR), made)]
    if not restored:
        return  # somebody made it anew before it was restored
    first = restored[-1]
    assert first.new is not None
    may_differ = _may_differ(loss, place, before, first.new)
    if "attempt_count" in before and len(made) > len(restored):
        may_differ |= {"answers", "attempts"}  # tried or erased before they were given back
    wrong = [
        each
        for each in (before.keys() | first.new.keys()) - may_differ
        if before.get(each) != first.new.get(each)
    ]
    if wrong:
        yield f"{key} came back with another {', '.join(sorted(wrong))}"
    if "attempt_count" in before and "restored_at" not in first.new:
        yield f"{key} came back without a mark: its attempts are counted again"
    if "is_new" in first.new:
        yield f"{key} came back as new: it is pushed and counted again"


def _may_differ(loss: Loss, place: Place, before: Item, back: Item) -> set[str]:
    """What docs/restore.md says that a restore changes."""
    name, key = place
    may_differ = set(_BECOMES)
    named = back.get("id") or back.get("key_id") or {}
    if before != loss.lost[place] or named.get("S") in ended(loss):
        may_differ |= _BY_THE_LOG  # what was done since the second was done to it, or may have been
    if key[-1].startswith("payload#"):
        may_differ.add("expires_at")  # not before its head's
    if "attempt_count" in before and "erased" in back:
        may_differ |= _OF_ERASED
    if (name, key[-1]) == ("events", "tenant"):
        may_differ |= {"index_settles_at", "spread_at"}  # noted anew; its shards are all it is for
    return may_differ


def _nothing_newer(place: Place, writes: list[Write]) -> Iterator[str]:
    """What was live when it was restored stays; a row of usage has its amounts added."""
    name, key = place
    for each in writes:
        if not each.by.startswith(_OPERATOR) or each.old is None:
            continue
        if name == "usage" or _is_kept_beside(name, key) or "deleted_at" in each.old:
            continue
        if "attempt_count" in each.old and "restored_at" in each.old:  # its own, now with answers
            continue
        yield f"{key} was live, and gave way to what it was"


def _is_kept_beside(name: str, key: Key) -> bool:
    """Rows in which a restore notes something: shards and changes, counts, who is active."""
    if name == "events":
        return key[-1] == "tenant" or "#execution#" in key[0]
    return name == "keys" and ("#" in key[0])


def _is_of_a_moment(name: str, key: Key, item: Item) -> bool:
    """Leases, sessions, buckets, lines of pushes, who is active: they do not come back."""
    if name == "events":
        return key[0].endswith("#leases") or not key[0].partition("#")[0]
    if name == "keys":
        return ("#" in key[0] and not key[0].startswith("tenant#")) or item.get("tenant", {}).get(
            "S", ""
        ).endswith("#console")
    kept = key[0].rpartition("#")[2]
    return kept in ("refusals", "source-rates", "pace") or not key[0].partition("#")[0]


def _may_stay_away(name: str, key: Key, item: Item, loss: Loss) -> bool:
    """What was deleted or revoked since by who heard so, and what nobody would ask for."""
    if name == "notifications" and key[0].endswith("#configs"):
        return "deleted_at" in item or key[1] in ended(loss)
    if (name, key[-1]) == ("events", "tenant"):
        return "shards" not in item  # it tells until when the index lagged, which is over
    if name == "events" and key[-1].startswith("payload#"):
        return not _has_head(loss, key)
    return False


def _has_head(loss: Loss, key: Key) -> bool:
    """Whether some head opened a payload: one is stored before its head, which may never come."""
    head = loss.points.as_of("events", loss.at).get((key[0], "event"))
    live = loss.points.as_of("events", loss.kernel.now).get((key[0], "event"))
    if live is not None and head is not None and live["id"] != head["id"]:
        return False  # its key stands for another event by now
    if live is not None and "erased_at" in live:
        return False
    if head is None or "M" not in head.get("payload", {}):
        return False
    place = head["payload"]["M"]["key"]["B"]
    opened = place_of(head | {"payload": in_head(b64decode(place))})
    return bool(opened["sk"]["S"] == key[1])


def ended(loss: Loss) -> set[str]:
    """Configs, keys and events that the API's log tells the end of; a rotation ends a key's secret.

    Its line comes after the write: one that was under way in that second is done to it again.
    """
    lines = (json.loads(text) for lines in loss.logs.groups.values() for _, text in lines)
    return {
        str(each.get("config_id") or each.get("event_id") or each.get("about"))
        for each in lines
        if (each.get("method") == "DELETE" or each.get("route") == _ROTATE) and _is_done(each)
    }


def _is_done(line: dict[str, Any]) -> bool:
    """Also what may be: its answer was an error, and it may have been done before."""
    return bool(line["status"] < 300 or line["status"] >= 500)


def _ended(play: Play) -> Iterator[str]:
    """What its owner was told is over does not work again."""
    tables, loss = play.world.tables, play.loss
    assert loss is not None
    for stage in play.stages.values():
        for config in stage.configs:
            row = tables["notifications"].find((f"{stage.tenant}#configs", config.id))
            told = any(
                each.what == "delete" and each.ended_at < float("inf") for each in config.changes
            )
            if told and row is not None and "deleted_at" not in row:
                yield f"{config.id} was deleted, and is back"
    for group in loss.logs.groups.values():
        for line in (json.loads(text) for _, text in group):
            if line.get("route") != "/keys/{key_id}" or line.get("method") != "DELETE":
                continue
            key = tables["keys"].find((str(line.get("about")),))
            if line["status"] < 300 and key is not None and "revoked_at" not in key:
                yield f"the key {line['about']} was revoked, and lives again"


def _was_asked_for_in_vain(play: Play) -> bool:
    """Whether a reader of a stream that was minutes behind asked for a row that was lost by then.

    What it had yet to count of that is not counted, as docs/restore.md says.
    """
    assert play.loss is not None
    lost = {key for _, key in play.loss.lost}
    return any(
        said.who.startswith("counter")
        and said.what == "dynamodb.GetItem"
        and tuple(value["S"] for value in (said.request or {})["Key"].values()) in lost
        for said in play.world.story
    )


def figures(play: Play, tenant: str) -> list[str]:
    """Usage is exact, but for what was counted in a lost row between the second and the loss.

    A batch that is handed out again is counted again, since the row that knew of it is gone.
    """
    loss = play.loss
    if loss is not None and _was_asked_for_in_vain(play):
        return []
    if loss is None or not loss.has_lost_usage(tenant):
        return usage(play, tenant)
    true: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for at, _, counted in changes(play, tenant):
        true[f"{at:%Y-%m-%d}"] += counted
    then = loss.points.as_of("usage", loss.at)
    found = []
    for day in play.world.callers[tenant].api.get("/usage?days=90").json()["days"]:
        key = (tenant, f"day#{day['date']}")
        lost, before = (
            amounts_of(each) for each in (loss.lost.get(("usage", key), {}), then.get(key, {}))
        )
        for name, most in true[day["date"]].items():
            least = most - max(0, lost.get(name, 0) - before.get(name, 0))
            if not least <= day[name] <= most + before.get(name, 0):
                found.append(f"{name} of {tenant} at {day['date']} is {day[name]}, not {least}")
    return found
