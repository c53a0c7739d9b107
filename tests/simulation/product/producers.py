"""Those who post."""

import random
from collections.abc import Mapping
from typing import Any, Final

from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import Posted

TYPES: Final = ("order.fetched", "order.failed", "order.completed", "invoice.failed")
_STANDS_FOR: Final = 23 * 3600  # seconds that a key surely stands for its event


def post_some(stage: Stage) -> None:
    """Post new events, one after another."""
    for _ in range(stage.chance.randint(1, 3)):
        post(stage, new(stage))
        stage.pause(2)


def post_again(stage: Stage) -> None:
    """Somebody else has the same event, and the same key."""
    young = [
        each
        for each in stage.truth.posted
        if each.tenant == stage.tenant
        and each.source is None
        and stage.kernel.now - each.sent_at < _STANDS_FOR
    ]
    if young:
        post(stage, stage.chance.choice(young[-2:]))


def post_batch(stage: Stage, count: int | None = None) -> None:
    """Post several at once, each under a key of its own; again until all are stored."""
    left = [new(stage) for _ in range(count or stage.chance.randint(2, 4))]
    if stage.chance.random() < 0.3:
        left.append(left[0])
    for _ in range(5):
        events = [said_by(each) | {"idempotency_key": each.key} for each in left]
        try:
            answer = stage.caller.call("POST", "/events/batch", {"events": events})
        except GaveUpError:
            return
        stage.expect(answer, 200)
        if answer.status != 200:
            return
        left = [
            posted
            for posted, result in zip(left, answer.json()["results"], strict=True)
            if not _is_stored(stage, posted, result)
        ]
        if not left:
            return
        stage.pause(1)


def _is_stored(stage: Stage, posted: Posted, result: dict[str, Any]) -> bool:
    if result["status"] == 201:
        stage.truth.answered(posted, result["event"]["id"], stage.kernel.now)
    elif result["status"] == 503 or (result["status"] == 429 and stage.has_quota):
        return False
    elif result["status"] != 410 or posted.erase_sent_at is None:
        stage.truth.faults.append(f"a batch was answered {result}")
    return True


def post(stage: Stage, posted: Posted) -> None:
    """Post an event under its key, again and again until an answer is read."""
    try:
        answer = stage.caller.call("POST", "/events", said_by(posted), idempotency_key=posted.key)
    except GaveUpError:
        return
    if answer.status == 410 and posted.erase_sent_at is not None:
        return
    stage.expect(answer, 201)
    if answer.status == 201:
        said = answer.json()
        stage.truth.answered(posted, said["id"], stage.kernel.now)
        if differs(posted, said):
            stage.truth.faults.append(f"{posted.key} was answered with {said}")


def new(stage: Stage, key: str | None = None) -> Posted:
    """An event that nobody has posted yet, under a key of its own or one that was used before."""
    number = stage.number()
    posted = Posted(
        stage.tenant,
        key or f"key-{number}",
        f"secret-of-{stage.tenant}-{number}.",
        stage.chance.choice(TYPES),
        stage.chance.choice(["exec_1", None]),
        stage.kernel.now,
    )
    size = random.Random(f"{stage.truth.seed}/{posted.marker}")  # noqa: S311
    posted.noise = size.choice([0, 0, 0, 0, 0, 3000])
    stage.truth.posted.append(posted)
    return posted


def said_by(posted: Posted) -> dict[str, Any]:
    """What every request of its key says, and every answer about it: in the same words."""
    # The same for every request of a key.
    noise = random.Random(posted.marker).randbytes(posted.noise).hex()  # noqa: S311
    return {
        "event_type": posted.event_type,
        "payload": {"said": posted.marker, "noise": noise},
        "metadata": {"connector": "amazon"},
        "execution_id": posted.execution_id,
    } | ({"severity": posted.severity} if posted.severity else {})


def differs(posted: Posted, shown: Mapping[str, Any]) -> bool:
    """Whether an event that is shown says anything else than what was posted."""
    if posted.source is not None:  # its sender's words: what they become, `foreign` judges
        return bool(shown["payload"]["said"] != posted.marker)
    return any(shown[name] != value for name, value in said_by(posted).items())
