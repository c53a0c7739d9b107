"""Events as they are posted, read as drafts."""

from typing import Final

from fastapi import Request

from triggers_api.api.idempotency_key import idempotency_key_of
from triggers_api.api.json_body import JsonBody, read_json, validated
from triggers_api.api.schemas.batches import BatchEventIn
from triggers_api.api.schemas.events import EventIn
from triggers_api.errors import PayloadTooLargeError
from triggers_api.events.accept import Draft
from triggers_api.events.accept_many import KeyedDraft
from triggers_api.events.event import MAX_PAYLOAD_BYTES
from triggers_api.events.ids import IdempotencyKey
from triggers_api.events.json_text import without_spacing

SAMPLE: Final = '{"event_type": "invoice.failed", "payload": {}}'


async def read_event(request: Request) -> KeyedDraft:
    """The one event of a request, in our own form. Raises an error that says what is wrong."""
    body = await read_json(request)
    event = validated(body, EventIn, code="invalid_event", example=SAMPLE)
    return KeyedDraft(_draft(body, event), idempotency_key_of(request))


def keyed_draft_of(body: JsonBody) -> KeyedDraft:
    """One event of a batch, which may name an idempotency key of its own."""
    event = validated(body, BatchEventIn, code="invalid_event", example=SAMPLE, called="event")
    key = event.idempotency_key
    return KeyedDraft(_draft(body, event), None if key is None else IdempotencyKey.of_request(key))


def draft_of(body: JsonBody) -> Draft:
    """An event within another body. Raises an error that says what is wrong."""
    event = validated(body, EventIn, code="invalid_event", example=SAMPLE, called="event")
    return _draft(body, event)


def packed(payload: bytes) -> bytes:
    """A payload as it is kept. Raises `PayloadTooLargeError`."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        message = (
            f"The payload has {len(payload)} bytes. At most {MAX_PAYLOAD_BYTES} are taken: "
            "store what is larger elsewhere and send a link."
        )
        raise PayloadTooLargeError(message)
    return without_spacing(payload)


def _draft(body: JsonBody, event: EventIn) -> Draft:
    return Draft(
        event_type=event.event_type,
        payload=packed(body.text_of("payload")),
        metadata=event.metadata,
        severity=event.severity,
        execution_id=event.execution_id,
    )
