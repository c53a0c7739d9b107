"""Those who own sources: they make them, rotate, change, shut and delete them, and look."""

from __future__ import annotations

from typing import Any, Final

from tests.http_api import Answer
from tests.simulation.product.callers import OVER_WITHIN, GaveUpError
from tests.simulation.product.senders import CONTENTS, is_forged, made_up_secret
from tests.simulation.product.sources import Source, Telling
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import LATEST, Deed

_TRIES: Final = 5
_BUSY: Final = (429, 500, 502, 503, 504)


def own(stage: Stage, sources: list[Source]) -> None:
    """Make a source, do this and that with it, and delete it or not."""
    source = _make(stage)
    if source is None:
        return
    sources.append(source)
    deeds = (_rotate, _rotate, _replace_secret, _shut_for_a_while, _look)
    for _ in range(stage.chance.randint(0, 3)):
        stage.pause(15)
        if stage.is_leaving:
            return
        stage.chance.choice(deeds)(stage, source)
    if stage.chance.random() < 0.2:
        stage.pause(stage.chance.choice([1, 40]))
        delete(stage, source)


def look(stage: Stage, sources: list[Source]) -> None:
    """A colleague looks, and renames, whoever else changes the source meanwhile."""
    for _ in range(stage.chance.randint(1, 4)):
        stage.pause(10)
        if stage.is_leaving or not sources:
            continue
        source = stage.chance.choice(sources)
        if stage.chance.random() < 0.5:
            body = {"name": f"secret-of-{stage.tenant} {stage.number()}"}
            _ask(stage, source, "PATCH", "", body)
        else:
            _look(stage, source)


def _make(stage: Stage) -> Source | None:
    provider = stage.chance.choice(list(CONTENTS))
    secret: str | None = made_up_secret(provider, stage.chance)
    if provider != "stripe" and stage.chance.random() < 0.5:
        secret = None  # one is made
    body = {"name": f"secret-of-{stage.tenant}", "provider": provider, "secret": secret}
    try:
        answer = stage.caller.call("POST", "/sources", body)
    except GaveUpError:
        return None
    stage.expect(answer, 201)
    if answer.status != 201:
        return None
    made, at = answer.json(), stage.kernel.now
    telling = Telling(secret or made["secret"], at, asked=1)
    return Source(made["id"], stage.tenant, provider, made["url"], [telling])


def _rotate(stage: Stage, source: Source) -> None:
    """Until it is heard: each answer that is lost may have been a secret that nobody knows."""
    given = source.provider == "stripe" or stage.chance.random() < 0.5
    secret = made_up_secret(source.provider, stage.chance) if given else None
    source.asked += given
    for _ in range(_TRIES):
        source.asked += not given
        answer = _once(stage, "POST", f"/sources/{source.id}/rotate-secret", {"secret": secret})
        if answer is not None:
            if answer.status == 200:
                told = secret or answer.json()["secret"]
                source.tellings.append(Telling(told, stage.kernel.now, source.asked))
            stage.expect(answer, 200)
            return
        stage.kernel.sleep(OVER_WITHIN)


def _replace_secret(stage: Stage, source: Source) -> None:
    """Give another secret, which takes the place of all before it at once: they have leaked."""
    secret = made_up_secret(source.provider, stage.chance)
    deed = Deed(stage.kernel.now)
    for each in source.tellings:
        each.replaced = each.replaced or deed
    source.asked += 1
    answer = _ask(stage, source, "PATCH", "", {"secret": secret})
    if answer is not None and answer.status == 200:
        deed.ended_at = stage.kernel.now
        source.first = source.asked
        source.tellings.append(Telling(secret, stage.kernel.now, source.asked))


def _shut_for_a_while(stage: Stage, source: Source) -> None:
    source.opening, source.shutting = None, Deed(stage.kernel.now)
    answer = _ask(stage, source, "PATCH", "", {"enabled": False})
    if answer is not None and answer.status == 200:
        source.shutting.ended_at = stage.kernel.now
    if stage.chance.random() < 0.4:
        return  # for good
    stage.pause(stage.chance.choice([5, 150]))
    source.opening = Deed(stage.kernel.now)
    answer = _ask(stage, source, "PATCH", "", {"enabled": True})
    if answer is not None and answer.status == 200:
        source.opening.ended_at = stage.kernel.now


def delete(stage: Stage, source: Source) -> None:
    """Delete a source, until it is heard."""
    source.deletion = Deed(stage.kernel.now)
    answer = _ask(stage, source, "DELETE", "")
    if answer is not None and answer.status in (204, 404):
        source.deletion.ended_at = stage.kernel.now


def _look(stage: Stage, source: Source) -> None:
    if stage.chance.random() < 0.5:
        _ask(stage, source, "GET", "")
        return
    answer = _ask(stage, source, "GET", "/refusals")
    if answer is not None and answer.status == 200:
        stage.truth.faults += strangers_among(answer.json(), source)


def strangers_among(refusals: list[dict[str, Any]], source: Source) -> list[str]:
    """What a source shows as refused that never came to it, or that shows too much."""
    of_others = [each for each in refusals if source.id not in each["headers"]["user-agent"]]
    secrets = [each.secret for each in source.tellings]
    too_much = [
        each
        for each in refusals
        if is_forged(str(each)) or any(secret in str(each) for secret in secrets)
    ]
    return [
        *(f"{source.id} shows what another refused: {each}" for each in of_others),
        *(f"{source.id} shows too much of what it refused: {each}" for each in too_much),
    ]


def _ask(
    stage: Stage, source: Source, method: str, path: str, body: object = None
) -> Answer | None:
    """An answer that says what was done, if one comes; 404 is one where it may be deleted."""
    try:
        answer = stage.caller.call(method, f"/sources/{source.id}{path}", body)
    except GaveUpError:
        stage.kernel.sleep(LATEST)  # else its last try may be done after what comes next
        return None
    stage.expect(answer, 200, 204, *([404] if source.deletion is not None else []))
    return answer


def _once(stage: Stage, method: str, path: str, body: object) -> Answer | None:
    """An answer to one request, if it comes and says what was done."""
    answer = stage.caller.try_once(method, path, body)
    return None if answer is None or answer.status in _BUSY else answer
