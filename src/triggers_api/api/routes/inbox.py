"""`/inbox`: what a tenant's consumers have not acknowledged yet."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triggers_api.acknowledge import Acknowledgement
from triggers_api.api.documentation import IF_NONE_MATCH, TAGGED_LIST, answers, body_of
from triggers_api.api.json_body import read_json, validated
from triggers_api.api.list_query import (
    Cursor,
    EventTypeFilter,
    Limit,
    Order,
    Since,
    list_answer,
)
from triggers_api.api.problems import STATUSES, note_crash
from triggers_api.api.request_context import context_of
from triggers_api.api.schemas import (
    AcknowledgeIn,
    AcknowledgeOut,
    AcknowledgeResult,
    ErrorOut,
)
from triggers_api.api.services import Requires, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.lifecycle import UNDELIVERED
from triggers_api.ports import EventQuery

router = APIRouter(tags=["inbox"])


@router.get(
    "/inbox",
    operation_id="list_inbox",
    summary="Read the inbox",
    response_class=Response,
    responses=answers(TAGGED_LIST, 401, 403),
    openapi_extra=IF_NONE_MATCH,
)
async def list_inbox(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.INBOX))],
    event_type: EventTypeFilter = None,
    since: Since = None,
    order: Order = Order.ASC,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Undelivered events, oldest first unless asked otherwise. Reading changes nothing."""
    query = EventQuery(
        statuses=UNDELIVERED,
        event_type=event_type,
        since=since,
        newest_first=order is Order.DESC,
    )
    return list_answer(request, principal.tenant, query, limit=limit, cursor=cursor)


@router.post(
    "/inbox/acknowledge",
    operation_id="acknowledge_events",
    summary="Acknowledge many events",
    response_class=Response,
    responses=answers({200: {"model": AcknowledgeOut}}, 401, 403, 413, 415, 422),
    openapi_extra=body_of(AcknowledgeIn),
)
async def acknowledge_events(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.INBOX))],
) -> Response:
    """Up to 100 at once, each for itself: one that is unknown spoils no other."""
    body = await read_json(request)
    wanted = validated(
        body, AcknowledgeIn, code="invalid_content", example='{"event_ids": ["evt_…"]}'
    )
    results = services_of(request).acknowledge.many(principal.tenant, wanted.event_ids)
    context = context_of(request)
    context.events_acknowledged = len({r.event_id for r in results if r.changed})
    note_crash(request, (each.error for each in results))
    answer = AcknowledgeOut(results=[_result(each, context.request_id) for each in results])
    return Response(answer.model_dump_json(), 200, media_type="application/json")


def _result(result: Acknowledgement, request_id: str) -> AcknowledgeResult:
    if result.error is None:
        return AcknowledgeResult(event_id=result.event_id, status=204, error=None)
    error = ErrorOut(
        error=result.error.code,
        message=result.error.message,
        details=[],
        request_id=request_id,
    )
    status = STATUSES[type(result.error)]
    return AcknowledgeResult.model_validate(
        {"event_id": result.event_id, "status": status, "error": error}
    )
