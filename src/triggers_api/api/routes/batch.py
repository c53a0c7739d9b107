"""`/events/batch`: post many events at once."""

import json
from collections.abc import Callable
from typing import Final

from fastapi import Request, Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.cloud_events import BATCH
from triggers_api.api.cloud_events import keyed_draft_of as keyed_draft_of_cloud_event
from triggers_api.api.drafts import keyed_draft_of
from triggers_api.api.idempotency_key import idempotency_key_of, idempotency_key_parameter
from triggers_api.api.json_body import JsonBody, read_json, validated
from triggers_api.api.operation import Answer, Body, Cost, ListOf
from triggers_api.api.problems import STATUSES, note_crash, told
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.batches import MAX_EVENTS, BatchIn, BatchOut
from triggers_api.api.schemas.cloud_events import CloudEventIn
from triggers_api.errors import CallerError, InternalError
from triggers_api.events.accept_many import KeyedDraft, Outcome
from triggers_api.events.ids import IdempotencyKey, Origin
from triggers_api.events.ports import Addition

# A function may answer 6 MB at most, as a string in JSON. The answer repeats the payloads, and
# that string escapes each quote and backslash: twice this, and our own part, fits.
MAX_BATCH_BYTES: Final = 2560 * 1024
_LEVELS: Final = 3  # of the batch's own: the body, the list, and each event as in `POST /events`
_CLOUD_EVENTS: Final = "application/cloudevents"

operations = Operations("events")
_KEY: Final = idempotency_key_parameter(
    "Any text of your own, best a UUID. For 24 hours, it makes a key for each event that has none "
    "of its own, from its place in the list: a repeated batch stores nothing twice."
)
_BATCH: Final = Body(
    model=BatchIn,
    sample='{"events": [{"event_type": "invoice.failed", "payload": {}}]}',
    code="invalid_batch",
    others={BATCH.name: ListOf(CloudEventIn, at_least=1, at_most=MAX_EVENTS)},
)

_Read = KeyedDraft | CallerError | InternalError


@operations.declare(
    "POST /events/batch",
    "create_events",
    "Post many events",
    needs=Scope.EVENTS_WRITE,
    cost=Cost.EACH,
    body=_BATCH,
    parameters=(_KEY,),
    answers=Answer(model=BatchOut),
)
async def create_events(call: Call) -> Response:
    """Store up to 100 events, each on its own: a refused event does not affect the others."""
    read = await _read(call.request)
    call.charge_each(len(read))
    keyed_drafts = [each for each in read if isinstance(each, KeyedDraft)]
    stored = iter(_accept(call, keyed_drafts))
    outcomes = [next(stored) if isinstance(each, KeyedDraft) else each for each in read]
    note_crash(call.request, outcomes)
    return call.answer(b'{"results":[%s]}' % b",".join(map(_result, outcomes)))


def _accept(call: Call, keyed_drafts: list[KeyedDraft]) -> list[Outcome]:
    """Store as many as the day's quota allows, the first ones; the others may be sent again."""
    per_day, wanted = call.limits.events_per_day, len(keyed_drafts)
    with call.services.quota.posting(call.tenant, per_day, wanted) as counted:
        outcomes = call.services.accept_many(call.tenant, keyed_drafts[: counted.allowed])
        counted.stored = sum(isinstance(each, Addition) and not each.replayed for each in outcomes)
        call.context.events_created = counted.stored
        return [*outcomes, *[counted.refusal] * (wanted - counted.allowed)]


async def _read(request: Request) -> list[_Read]:
    """Each event of the batch, or its error. Raises if the batch as a whole is wrong."""
    key = idempotency_key_of(request)  # refused if it is malformed, though CloudEvents have theirs
    if request.headers.get("content-type", "")[: len(_CLOUD_EVENTS)].lower() == _CLOUD_EVENTS:
        body = await read_json(request, BATCH, max_bytes=MAX_BATCH_BYTES, levels=_LEVELS - 1)
        _check(JsonBody({"events": body.value}, b""))  # the list is, as in a batch of ours
        return [_keyed_draft(keyed_draft_of_cloud_event, item) for item in body.items()]
    body = await read_json(request, max_bytes=MAX_BATCH_BYTES, levels=_LEVELS)
    _check(body)
    read = [_keyed_draft(keyed_draft_of, item) for item in body.member("events").items()]
    if key is None:
        return read
    return [_under(key, number, each) for number, each in enumerate(read)]


def _check(batch: JsonBody) -> None:
    """Check that there is a list of events at all; each event is checked on its own."""
    validated(batch, _BATCH.model, code=_BATCH.code, example=_BATCH.sample)


def _keyed_draft(reading: Callable[[JsonBody], KeyedDraft], item: JsonBody) -> _Read:
    try:
        return reading(item)
    except CallerError as error:
        return error
    except Exception as error:  # noqa: BLE001  # the other events must not be spoilt by it
        return InternalError(error)


def _under(key: IdempotencyKey, number: int, read: _Read) -> _Read:
    """The event's own key, or one made of the batch's key and the event's index."""
    if not isinstance(read, KeyedDraft) or read.idempotency_key is not None:
        return read
    return KeyedDraft(read.draft, IdempotencyKey(Origin.BATCH, (*key.parts, number)))


def _result(outcome: Outcome) -> bytes:
    if isinstance(outcome, Addition):
        replayed = b"true" if outcome.replayed else b"false"
        return b'{"status":201,"replayed":%s,"event":%s}' % (replayed, outcome.event.as_json())
    result = {
        "status": STATUSES[type(outcome)],
        "retry_after": getattr(outcome, "retry_after_seconds", None),
        "error": told(outcome.code, outcome.message, getattr(outcome, "details", ())),
    }
    # Not as ASCII: an escape is up to six times as long as the character that was sent.
    return json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode()
