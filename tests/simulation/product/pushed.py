"""What must be true of deliveries' records once all is calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product import letters
from triggers_api.push.delivery import event_of
from triggers_api.store.items import event_key

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

Item = dict[str, Any]

_WORLDS: Final = 4  # every so manyth: a walk is some requests


def judged(play: Play) -> Iterator[str]:
    """Each delivery has come to its end, and each end to what it entails."""
    if play.world.calendar is not None:
        return  # events and records may be over
    yield from _history(play)
    told = {each["delivery_id"] for each in letters.of(play) if "delivery_id" in each}
    for record in _records(play):
        yield from _as_ended(play, record, told)


def _history(play: Play) -> Iterator[str]:
    """A tenant is shown each of its deliveries once, as its record has it."""
    if play.world.seed % _WORLDS != 1:
        return
    for tenant, stage in play.stages.items():
        if stage.is_leaving:
            continue
        shown = play.world.callers[tenant].api.walk("/notifications/history?limit=25")
        listed = Counter((each["id"], each["status"], len(each["attempts"])) for each in shown)
        true = Counter(
            (item["id"]["S"], item["status"]["S"], int(item["attempt_count"]["N"]))
            for item in play.world.tables["notifications"].all()
            if "attempts" in item and item["tenant"]["S"] == tenant and not _is_unlisted(play, item)
        )
        if listed != true:
            wrong = [*(listed - true), *(true - listed)]
            yield f"the history of {tenant} is not that of its deliveries: {wrong}"


def _is_unlisted(play: Play, record: Item) -> bool:
    """What was pushed to a config that an accident took, and no copy has: lists go by configs."""
    return play.loss is not None and record["config_id"]["S"] in play.loss.gone


def _as_ended(play: Play, record: Item, told: set[str]) -> Iterator[str]:
    """Of an event that nobody erased: an erasure ends a record wherever it stands."""
    name, status, row = record["id"]["S"], record["status"]["S"], _config_of(play, record)
    is_missed = play.loss is not None and play.loss.took_any(name)  # whoever was to send a letter
    if status == "dead" and name not in told and not is_missed:
        yield f"{name} was given up, and no dead letter tells of it"
    # Without its config, or with a disabled one, a worker may have dropped it just before a call
    # took effect that was given up on and reopens it for a replay: the rescuer looks after that.
    if row is None or not row["enabled"]["BOOL"] or _is_touched(play, record):
        return
    if status == "retrying" and not (play.loss and play.loss.holds(row)):
        yield f"{name} is retrying, and nothing is left that tries"
    if status == "dead" and _is_healthy(play, record):
        yield f"{name} was given up, and its receiver is well"
    if status == "succeeded" and row["acknowledges"]["BOOL"]:
        yield from _as_acknowledged(play, record)


def _as_acknowledged(play: Play, record: Item) -> Iterator[str]:
    """Unless the event was replayed since, and was not pushed there in its new round."""
    event_id = event_of(record["id"]["S"])
    if play.loss is not None and play.loss.took_any(event_id, record["config_id"]["S"]):
        return  # who was to note it, and began anew, may have found no event: see docs/restore.md
    key = event_key(record["tenant"]["S"], str(event_id))
    head = play.world.tables["events"].find((key["pk"]["S"], key["sk"]["S"]))
    if head is None or head["id"]["S"] != event_id:
        yield f"{event_id} was pushed, and is gone"
    elif head.get("rounds", {"N": "0"}) == record["round"] and head["status"]["S"] != "delivered":
        yield f"{event_id} was pushed where that acknowledges it, and is {head['status']['S']}"


def _records(play: Play) -> Iterator[Item]:
    taken = set() if play.loss is None else play.loss.taken(play.world.tables["events"])
    for item in play.world.tables["notifications"].all():
        if "attempts" not in item or play.stages[item["tenant"]["S"]].is_leaving:
            continue
        event_id = str(event_of(item["id"]["S"]))
        if event_id in taken:
            continue
        posted = play.truth.by_id.get(event_id)
        if posted is None or posted.erase_sent_at is None:
            yield item


def _config_of(play: Play, record: Item) -> Item | None:
    row = play.world.tables["notifications"].find(
        (f"{record['tenant']['S']}#configs", record["config_id"]["S"])
    )
    return None if row is None or "deleted_at" in row else row


def _is_touched(play: Play, record: Item) -> bool:
    configs = play.stages[record["tenant"]["S"]].configs
    return any(each.is_touched for each in configs if each.id == record["config_id"]["S"])


def _is_healthy(play: Play, record: Item) -> bool:
    """Whether its receiver takes whatever reaches it; AWS may fail on the way to a queue."""
    configs = play.stages[record["tenant"]["S"]].configs
    own = [each for each in configs if each.id == record["config_id"]["S"]]
    return any(each.mood == "healthy" and each.url.startswith("https:") for each in own)
