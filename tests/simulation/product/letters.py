"""What must be true of dead letters: one tells of each delivery that was given up, and no other.

That one is there for each, `pushed` tells.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product.loud import POISON

if TYPE_CHECKING:
    from tests.simulation.product.play import Play
    from tests.simulation.product.story import Said

Item = dict[str, Any]

_CRASHED: Final = "workers crashed"
_LETTER: Final = "sqs.SendMessage"
_ANSWERED: Final = "answered"
_OVERTAKEN: Final = "ConditionalCheckFailedException"
_ARRIVED: Final = "arrived"  # late: its caller was told of before


def judged(play: Play) -> Iterator[str]:
    """No other letter than of what was given up, and none again without a reason."""
    letters = list(of(play))
    yield from _unexplained(play, letters)
    counts = Counter(each.get("delivery_id") for each in letters)
    if more_than_one := {name for name, count in counts.items() if name and count > 1}:
        yield from _again(play, more_than_one)


def _again(play: Play, names: set[str]) -> Iterator[str]:
    """Who sends a letter has just read the delivery's record, and each reading is good for one.

    So a task that comes twice may send two, as may a call whose answer was lost; and a delivery
    that was replayed is given up again.
    """
    readings: Counter[tuple[str, str]] = Counter()
    unheard: set[tuple[str, str]] = set()
    attempts: dict[str, str] = {}
    for said in play.world.story:
        if said.request is None or said.became.startswith(_ARRIVED):
            continue
        name = _delivery_of(said, play.world.dead_letters.url)
        if name not in names:
            continue
        worker = (said.who, name)
        if said.what == "dynamodb.GetItem":
            readings[worker] += said.became == _ANSWERED
        elif said.what == "dynamodb.PutItem":
            # What is replayed is put as it was, before it is tried again with the same reading.
            before = attempts.get(name)
            is_over = said.became != _ANSWERED or _status(said) == "dead"
            is_over = is_over or before == _attempts(said)
            if not said.became.endswith(_OVERTAKEN):
                attempts[name] = _attempts(said)
            readings[worker] -= 0 if is_over else min(1, readings[worker])
        elif worker in unheard or readings[worker]:
            readings[worker] -= worker not in unheard
            unheard.discard(worker)
            if said.became != _ANSWERED:
                unheard.add(worker)
        else:
            yield f"{said.who} told again that {name} was given up, and had not looked again"


def _delivery_of(said: Said, dead_letters: str) -> str:
    """Which one a worker's call of AWS is about, if it matters here."""
    asked = said.request or {}
    if said.what == "dynamodb.GetItem" and said.who.startswith("delivery"):
        return str(asked["Key"].get("sk", {"S": ""})["S"].partition("#")[2])
    if said.what == "dynamodb.PutItem" and "attempt_count" in asked["Item"]:
        return str(asked["Item"]["id"]["S"])
    if said.what == _LETTER and asked["QueueUrl"] == dead_letters:
        return str(json.loads(asked["MessageBody"]).get("delivery_id", ""))
    return ""


def _status(said: Said) -> str:
    return str((said.request or {})["Item"]["status"]["S"])


def _attempts(said: Said) -> str:
    return str((said.request or {})["Item"]["attempt_count"]["N"])


def of(play: Play) -> Iterator[Item]:
    """Those of tenants that stay, but for what a world itself put into the queue."""
    for each in play.world.dead_letters.messages.values():
        if play.loud is not None and each.body in POISON:
            continue
        letter = json.loads(each.body)
        stage = play.stages.get(letter["tenant"])
        if stage is None or not stage.is_leaving:
            yield letter


def _unexplained(play: Play, letters: list[Item]) -> Iterator[str]:
    """A letter is about a delivery that was given up: no worker ever gives up a message."""
    if not letters:
        return
    given_up = _given_up(play)
    for each in letters:
        name, reason = each.get("delivery_id"), each.get("reason", "")
        if name is None:
            yield f"a task ended as a dead letter without a word: {each}"
        elif reason.startswith(_CRASHED) or name not in given_up:
            yield f"{name} is a dead letter, and was never given up: {reason}"


def _given_up(play: Play) -> set[str]:
    """Deliveries that were dead at any time, before a replay or an erasure perhaps."""
    stream = play.world.tables["notifications"].stream
    assert stream is not None
    images = (
        each["dynamodb"].get("NewImage", {}) for shard in stream.shards for each in shard.records
    )
    return {
        image["id"]["S"]
        for image in images
        if "attempts" in image and image["status"] == {"S": "dead"}
    }
