"""Foreign senders, who post to a source's URL as their providers do; and those who only pretend."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from tests.http_api import Answer
from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.sources import Delivery, Source, Telling
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import Posted
from tests.unit.providers.senders import SENDERS
from triggers_api.events.event import MAX_PAYLOAD_BYTES
from triggers_api.sources.provider import ForeignRequest

_FORGED: Final = "forged"
_STALE: Final = 600  # seconds
_TRIES: Final = 4


@dataclass(frozen=True)
class Content:
    """What a provider's sender says of itself."""

    event_type: str
    body: Callable[[str], dict[str, object]]  # beside our marker, by the delivery's id
    headers: Callable[[str], dict[str, str]] = lambda _id: {}


CONTENTS: Final[Mapping[str, Content]] = {
    "standard-webhooks": Content(
        "invoice.paid", lambda _: {"type": "invoice.paid"}, lambda id_: {"webhook-id": id_}
    ),
    "stripe": Content("stripe.invoice.paid", lambda id_: {"id": id_, "type": "invoice.paid"}),
    "github": Content(
        "github.pull_request.opened",
        lambda _: {"action": "opened"},
        lambda id_: {"x-github-event": "pull_request", "x-github-delivery": id_},
    ),
}


def send(stage: Stage, sources: list[Source]) -> None:
    """Say something new, or once more what was said, by a secret that may be an old one."""
    for _ in range(stage.chance.randint(1, 3)):
        stage.pause(8)
        if not sources:
            continue
        source = stage.chance.choice(sources)
        if source.deliveries and stage.chance.random() < 0.3:
            delivery = stage.chance.choice(source.deliveries)
        else:
            delivery = new(stage, source)
        deliver(stage, source, delivery, stage.chance.choice(source.tellings[-3:]))


def deliver(stage: Stage, source: Source, delivery: Delivery, telling: Telling) -> None:
    """Post it as its sender would, signed anew each time, until an answer is read."""
    for _ in range(_TRIES):
        sent_at = stage.kernel.now
        answer = _post(stage, _signed(stage, source, delivery, telling.secret))
        if answer is not None:
            _judge(stage, source, delivery, telling, sent_at, answer)
            if answer.status == 200 and stage.chance.random() < 0.8:
                return  # else it is lost on its last way
            if answer.status != 200 and stage.chance.random() < 0.6:
                return  # it gives up
        stage.pause(20)


def forge(stage: Stage, sources: list[Source]) -> None:
    """Say something that nobody may take for true."""
    for _ in range(stage.chance.randint(1, 4)):
        stage.pause(10)
        if sources:
            forge_once(stage, sources, stage.chance.choice(sources))


def forge_once(stage: Stage, sources: list[Source], source: Source) -> None:
    request = _forged(stage, sources, source)
    answer = _post(stage, request)
    if answer is not None and answer.status < 400:
        what = f"{request.method} {request.url} {dict(request.headers)}"
        stage.truth.faults.append(f"a forgery was answered {answer.status}: {what}")


def gets_in(stage: Stage, source: Source) -> bool:
    """Whether something is taken in that is as genuine as it can be."""
    delivery = _saying(stage, source, f"secret-of-{stage.tenant}-{stage.number()}.")
    answer = _post(stage, _signed(stage, source, delivery, source.tellings[-1].secret))
    return answer is not None and answer.status < 400


def _post(stage: Stage, request: ForeignRequest) -> Answer | None:
    path = "/in/" + request.url.rpartition("/in/")[2]
    anybody = stage.caller.calling_with(None)
    try:
        return anybody.call("POST", path, request.body, **request.headers)
    except GaveUpError:
        return None


def _judge(
    stage: Stage,
    source: Source,
    delivery: Delivery,
    telling: Telling,
    sent_at: float,
    answer: Answer,
) -> None:
    faults, what = stage.truth.faults, f"{delivery.id} of {source.id} was answered {answer.status}"
    if (answer.status, answer.body) == (200, b"") and delivery.posted.erase_sent_at is not None:
        return  # it was taken in once, and is not again
    if answer.status == 200:
        if source.surely_refuses(telling, sent_at):
            faults.append(f"{what}, long after nothing of it might come in")
        stage.truth.answered(delivery.posted, answer.json()["id"], stage.kernel.now)
    elif answer.status not in (401, 403, 404):
        faults.append(f"{what}: {answer.body[:200]!r}")
    elif source.surely_takes(telling, sent_at) and not stage.is_leaving:
        faults.append(f"{what}, and was genuine: {answer.body[:200]!r}")


def new(stage: Stage, source: Source) -> Delivery:
    """Something that was never said before."""
    delivery = _saying(stage, source, f"secret-of-{stage.tenant}-{stage.number()}.")
    source.deliveries.append(delivery)
    stage.truth.posted.append(delivery.posted)
    return delivery


def _saying(stage: Stage, source: Source, marker: str) -> Delivery:
    """Named as other sources name theirs, and as producers name their keys."""
    id_, content = f"key-{len(source.deliveries) + 1}", CONTENTS[source.provider]
    posted = Posted(
        stage.tenant,
        id_,
        marker,
        content.event_type,
        None,
        stage.kernel.now,
        source=(source.id, source.provider),
    )
    size = stage.chance.choice([0] * 12 + [2_500] * 4 + [60_000])  # some lie apart
    noise = random.Random(marker).randbytes(size).hex()  # noqa: S311
    body = json.dumps(content.body(id_) | {"said": marker, "noise": noise}, indent=1).encode()
    return Delivery(id_, posted, body, content.headers(id_))


def _signed(
    stage: Stage, source: Source, delivery: Delivery, secret: str, age: float = 0.0
) -> ForeignRequest:
    headers = {"user-agent": f"secret-of-{source.tenant} to {source.id}", **delivery.headers}
    sender = replace(SENDERS[source.provider], headers=headers, url=source.url)
    at = datetime.fromtimestamp(stage.kernel.now - age, UTC)
    return sender.request(delivery.body, signed_at=at, secret=secret)


def _forged(stage: Stage, sources: list[Source], source: Source) -> ForeignRequest:
    """A request that lacks one thing only to be genuine."""
    chance, secret = stage.chance, source.tellings[-1].secret
    delivery = _saying(stage, source, f"secret-of-{stage.tenant}-{_FORGED}-{stage.number()}.")
    genuine = _signed(stage, source, delivery, secret)
    others = [each for each in sources if each is not source and each.provider == source.provider]
    if others and chance.random() < 0.3:
        return _signed(stage, source, delivery, chance.choice(others).tellings[-1].secret)
    if SENDERS[source.provider].signs_time and chance.random() < 0.3:
        return _signed(stage, source, delivery, secret, age=_STALE)
    if chance.random() < 0.1:
        body = delivery.body[:-2] + b',"more":"%s"}' % (b"x" * MAX_PAYLOAD_BYTES)
        return _signed(stage, source, replace(delivery, body=body), secret)
    if chance.random() < 0.2:
        return _signed(stage, source, delivery, made_up_secret(source.provider, chance))
    return _spoilt(genuine, SENDERS[source.provider].signature, chance)


def _spoilt(genuine: ForeignRequest, proof: str, chance: random.Random) -> ForeignRequest:
    """With another token or body, or without the header that proves it."""
    token, headers = "".join(chance.sample(genuine.url[-43:], 43)), dict(genuine.headers)
    del headers[proof]
    spoilt = (
        replace(genuine, url=genuine.url[:-43] + token),
        replace(genuine, body=genuine.body.replace(_FORGED.encode(), _FORGED.upper().encode())),
        replace(genuine, headers=headers),
    )
    return chance.choice(spoilt)


def made_up_secret(provider: str, chance: random.Random) -> str:
    """One that a provider may have drawn."""
    if provider == "standard-webhooks":
        return "whsec_" + "".join(chance.choices("ABCDEFGHabcdefgh01234567", k=32))
    return f"made-up-{chance.getrandbits(64):016x}"


def is_forged(text: str) -> bool:
    """Whether something of a forgery is in it."""
    return f"-{_FORGED}-" in text.lower()
