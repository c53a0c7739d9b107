"""`/events`: post them, list them, read one, acknowledge one."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from triggers_api.api.cloud_event_schemas import CloudEventIn
from triggers_api.api.cloud_events import STRUCTURED, is_cloud_event, read_cloud_event
from triggers_api.api.documentation import (
    CREATED_HEADERS,
    IF_NONE_MATCH,
    TAGGED,
    TAGGED_LIST,
    answers,
    body_of,
    reference_to,
)
from triggers_api.api.drafts import read_event
from triggers_api.api.etag import tagged
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
from triggers_api.api.request_context import context_of
from triggers_api.api.schemas import EventIn, EventOut
from triggers_api.api.services import Requires, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.lifecycle import ALL_STATUSES, UNDELIVERED, EventStatus
from triggers_api.ports import EventQuery


class EventIdConvertor(StringConvertor):
    """A part of a path that may be an event's id, and is no route of its own."""

    regex = "(?!batch$)[^/]+"  # so that GET /events/batch is a 405, not a search for that id


register_url_convertor("event", EventIdConvertor())
router = APIRouter(tags=["events"])
EventId = Annotated[str, Path(max_length=64, examples=["evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"])]

_KEY = idempotency_key_parameter(
    "Any text of your own, best a UUID. For 24 hours, the same key and body answer "
    "the event that was stored first, with `Idempotency-Replayed: true`. Not heeded with a "
    "CloudEvent, whose `source` and `id` are its key."
)


class StatusFilter(StrEnum):
    """Statuses a list can be narrowed to."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNDELIVERED = "undelivered"  # pending and failed: what the inbox holds


@router.post(
    "/events",
    status_code=201,
    operation_id="create_event",
    summary="Post an event",
    response_class=Response,
    responses=answers({201: CREATED_HEADERS | {"model": EventOut}}, 401, 403, 410, 413, 415, 422),
    openapi_extra=body_of(EventIn, {STRUCTURED.name: reference_to(CloudEventIn)}) | _KEY,
)
async def create_event(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.EVENTS_WRITE))],
) -> Response:
    """Store an event. A 201 means that it is stored, and will stay until it is acknowledged.

    A CloudEvent 1.0 is taken too, in the structured mode, and in the binary mode with its
    attributes in `ce-` headers and its data as the body.
    """
    idempotency_key_of(request)  # refused if it is malformed, though a CloudEvent has its own
    reading = read_cloud_event if is_cloud_event(request) else read_event
    posting = await reading(request)
    accept = services_of(request).accept
    addition = accept(principal.tenant, posting.draft, posting.idempotency_key)
    event = addition.event
    context = context_of(request)
    context.event_id, context.execution_id = event.id, event.execution_id
    context.events_created = 0 if addition.replayed else 1
    headers = {"Location": f"events/{event.id}"}
    if addition.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(event.as_json(), 201, headers, "application/json")


@router.get(
    "/events",
    operation_id="list_events",
    summary="List events",
    response_class=Response,
    responses=answers(TAGGED_LIST, 401, 403),
    openapi_extra=IF_NONE_MATCH,
)
async def list_events(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.EVENTS_READ))],
    status: Annotated[StatusFilter | None, Query(description="Only with this status.")] = None,
    event_type: EventTypeFilter = None,
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
        since=since,
        until=until,
        newest_first=order is Order.DESC,
    )
    return list_answer(request, principal.tenant, query, limit=limit, cursor=cursor)


@router.get(
    "/events/{event_id:event}",
    operation_id="get_event",
    summary="Read an event",
    response_class=Response,
    responses=answers(TAGGED, 401, 403, 404, 410),
    openapi_extra=IF_NONE_MATCH,
)
async def get_event(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.EVENTS_READ))],
    event_id: EventId,
) -> Response:
    """One event as it is now."""
    event = services_of(request).events.get(principal.tenant, event_id)
    context = context_of(request)
    context.event_id, context.execution_id = event.id, event.execution_id
    return tagged(request, event.as_json(), {})


@router.delete(
    "/events/{event_id:event}",
    status_code=204,
    operation_id="erase_event",
    summary="Erase an event",
    response_class=Response,
    responses=answers({204: {"description": "Erased."}}, 401, 403, 404),
)
async def erase_event(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.EVENTS_ERASE))],
    event_id: EventId,
) -> Response:
    """Erase payload and metadata for good, wherever they are kept. Again changes nothing.

    A tombstone stays: reading, acknowledging or replaying the event answers 410 then.
    """
    services_of(request).erase(principal.tenant, event_id)
    context_of(request).event_id = event_id
    return Response(status_code=204)


@router.post(
    "/events/{event_id}/acknowledge",
    status_code=204,
    operation_id="acknowledge_event",
    summary="Acknowledge an event",
    response_class=Response,
    responses=answers({204: {"description": "Acknowledged."}}, 401, 403, 404, 410),
)
async def acknowledge_event(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.INBOX))],
    event_id: EventId,
) -> Response:
    """Say that an event is processed: it leaves the inbox. Saying it again changes nothing."""
    changed = services_of(request).acknowledge.one(principal.tenant, event_id)
    context = context_of(request)
    context.event_id = event_id
    context.events_acknowledged = int(changed)
    return Response(status_code=204)


def _statuses(status: StatusFilter | None) -> tuple[EventStatus, ...]:
    if status is None:
        return ALL_STATUSES
    return UNDELIVERED if status is StatusFilter.UNDELIVERED else (EventStatus(status),)
