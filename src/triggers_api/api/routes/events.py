"""`/events`: post them, list them, read one, acknowledge, replay, erase one."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import Path, Query, Response
from starlette.convertors import StringConvertor, register_url_convertor

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.cloud_events import STRUCTURED, is_cloud_event, read_cloud_event
from triggers_api.api.drafts import SAMPLE, read_event
from triggers_api.api.idempotency_key import idempotency_key_of, idempotency_key_parameter
from triggers_api.api.list_query import (
    Cursor,
    EventTypeFilter,
    Limit,
    Order,
    Since,
    Until,
    list_answer,
)
from triggers_api.api.operation import PAGE, TAGS, Answer, Body, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.cloud_events import CloudEventIn
from triggers_api.api.schemas.events import EventIn, EventOut
from triggers_api.events.event import Severity
from triggers_api.events.lifecycle import ALL_STATUSES, UNDELIVERED, EventStatus
from triggers_api.events.ports import EventQuery


class EventIdConvertor(StringConvertor):
    """A part of a path that may be an event's id, and is no route of its own."""

    regex = "(?!batch$)[^/]+"  # so that GET /events/batch is a 405, not a search for that id


register_url_convertor("event", EventIdConvertor())
operations = Operations("events")
EventId = Annotated[str, Path(max_length=64, examples=["evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"])]

_KEY: Final = idempotency_key_parameter(
    "Any text of your own, best a UUID. For 24 hours, the same key and body answer "
    "the event that was stored first, with `Idempotency-Replayed: true`. Not heeded with a "
    "CloudEvent, whose `source` and `id` are its key, but refused if it is malformed."
)

_EVENT: Final = Body(
    model=EventIn,
    sample=SAMPLE,
    code="invalid_event",
    others={STRUCTURED.name: CloudEventIn},
    examples={
        "smallest": (
            "Only what is required",
            {"event_type": "order.fetched", "payload": {}},
        )
    },
)


class StatusFilter(StrEnum):
    """Statuses a list can be narrowed to."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNDELIVERED = "undelivered"  # pending and failed: what the inbox holds


@operations.declare(
    "POST /events",
    "create_event",
    "Post an event",
    needs=Scope.EVENTS_WRITE,
    body=_EVENT,
    parameters=(_KEY,),
    answers=Answer(
        status=201,
        model=EventOut,
        description="Stored.",
        headers=("Location", "Idempotency-Replayed"),
        links={"get_event": "event_id", "acknowledge_event": "event_id"},
    ),
    errors=(
        *("event_erased", "payload_too_large", "idempotency_key_reused"),
        *("quota_exceeded", "too_many_at_once"),
    ),
)
async def create_event(call: Call) -> Response:
    """Store an event. A 201 means that it is stored, and stays until it is acknowledged.

    CloudEvents 1.0 are accepted too, in structured mode, and in binary mode with the
    attributes in `ce-` headers and the data as the body.
    """
    idempotency_key_of(call.request)  # refused if it is malformed, though a CloudEvent has its own
    reading = read_cloud_event if is_cloud_event(call.request) else read_event
    posting = await reading(call.request)
    accept, per_day = call.services.accept, call.limits.events_per_day
    with call.services.quota.posting(call.tenant, per_day, 1) as counted:
        if not counted.allowed:
            raise counted.refusal
        addition = accept(call.tenant, posting.draft, posting.idempotency_key)
        counted.stored = 0 if addition.replayed else 1
    call.is_about(addition.event)
    call.context.events_created = 0 if addition.replayed else 1
    headers = {"Location": f"events/{addition.event.id}"}
    if addition.replayed:
        headers["Idempotency-Replayed"] = "true"
    return call.answer(addition.event.as_json(), 201, headers)


@operations.declare(
    "GET /events",
    "list_events",
    "List events",
    needs=Scope.EVENTS_READ,
    cost=Cost.READ,
    answers=Answer(model=EventOut, is_list=True, description="A page.", headers=PAGE + TAGS),
)
async def list_events(
    call: Call,
    status: Annotated[StatusFilter | None, Query(description="Only with this status.")] = None,
    event_type: EventTypeFilter = None,
    severity: Annotated[Severity | None, Query(description="Only of this severity.")] = None,
    execution_id: Annotated[
        str | None,
        Query(min_length=1, max_length=128, description="Only of this execution."),
    ] = None,
    since: Since = None,
    until: Until = None,
    order: Order = Order.DESC,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """All events of the tenant, newest first unless asked otherwise."""
    query = EventQuery(
        statuses=_statuses(status),
        event_type=event_type,
        severity=severity,
        execution_id=execution_id,
        since=since,
        until=until,
        newest_first=order is Order.DESC,
    )
    return list_answer(call, query, limit=limit, cursor=cursor)


@operations.declare(
    "GET /events/{event_id:event}",
    "get_event",
    "Read an event",
    needs=Scope.EVENTS_READ,
    answers=Answer(model=EventOut, headers=TAGS),
    errors=("event_erased",),
)
async def get_event(call: Call, event_id: EventId) -> Response:
    """One event as it is now."""
    event = call.services.events.get(call.tenant, event_id)
    call.is_about(event)
    return call.tagged(event.as_json())


@operations.declare(
    "DELETE /events/{event_id:event}",
    "erase_event",
    "Erase an event",
    needs=Scope.EVENTS_ERASE,
    answers=Answer(status=204, description="Erased."),
)
async def erase_event(call: Call, event_id: EventId) -> Response:
    """Erase payload and metadata for good, wherever they are kept. Repeating it changes nothing.

    A tombstone stays: reading, acknowledging or replaying the event then answers 410.
    """
    call.context.event_id = event_id
    call.services.erase(call.tenant, event_id)
    return call.done()


@operations.declare(
    "POST /events/{event_id}/acknowledge",
    "acknowledge_event",
    "Acknowledge an event",
    needs=Scope.INBOX,
    answers=Answer(status=204, description="Acknowledged."),
    errors=("event_erased",),
)
async def acknowledge_event(call: Call, event_id: EventId) -> Response:
    """Mark an event as processed: it leaves the inbox. Repeating it changes nothing."""
    changed = call.services.acknowledge.one(call.tenant, event_id)
    call.context.event_id = event_id
    call.context.events_acknowledged = int(changed)
    return call.done()


@operations.declare(
    "POST /events/{event_id}/replay",
    "replay_event",
    "Replay an event",
    needs=Scope.EVENTS_WRITE,
    cost=Cost.READ,
    answers=Answer(status=202, model=EventOut, description="Queued."),
    errors=("event_erased", "too_many_replays", "queue_unavailable"),
)
async def replay_event(call: Call, event_id: EventId) -> Response:
    """Put an event back to pending, and push it again to every config that wants it now.

    To its receivers this looks like a new event, so it needs the same scope as posting one:
    `events:write`.
    """
    with call.reading():
        event = call.services.replay.event(call.tenant, event_id)
    call.is_about(event)
    call.context.events_replayed = 1
    return call.answer(event.as_json(), 202)


def _statuses(status: StatusFilter | None) -> tuple[EventStatus, ...]:
    if status is None:
        return ALL_STATUSES
    return UNDELIVERED if status is StatusFilter.UNDELIVERED else (EventStatus(status),)
