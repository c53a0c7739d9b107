"""`/executions`: what became of a producer's job."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from triggers_api.api.documentation import LINK_HEADER, answers
from triggers_api.api.execution_schemas import ExecutionOut
from triggers_api.api.list_query import Cursor, Limit, link_header
from triggers_api.api.request_context import context_of
from triggers_api.api.schemas import EXECUTION_ID_PATTERN, EventOut
from triggers_api.api.services import Requires, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.event import events_as_json
from triggers_api.ports import ExecutionQuery

router = APIRouter(tags=["executions"])
Reader = Annotated[Principal, Depends(Requires(Scope.EVENTS_READ))]
ExecutionIdInPath = Annotated[
    str, Path(max_length=128, pattern=EXECUTION_ID_PATTERN, examples=["exec_42"])
]


@router.get(
    "/executions/{execution_id}",
    operation_id="get_execution",
    summary="Read an execution",
    response_class=Response,
    responses=answers({200: {"model": ExecutionOut}}, 401, 403, 404),
)
async def get_execution(
    request: Request, principal: Reader, execution_id: ExecutionIdInPath
) -> Response:
    """How far it has come, and how many events of each type it has so far."""
    context_of(request).execution_id = execution_id
    summary = services_of(request).summarize(principal.tenant, execution_id)
    body = ExecutionOut.of(summary).model_dump_json()
    return Response(body, 200, media_type="application/json")


@router.get(
    "/executions/{execution_id}/events",
    operation_id="list_execution_events",
    summary="List the events of an execution",
    response_class=Response,
    responses=answers({200: LINK_HEADER | {"model": list[EventOut]}}, 401, 403, 404),
)
async def list_execution_events(
    request: Request,
    principal: Reader,
    execution_id: ExecutionIdInPath,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Its events of every status, oldest first."""
    context_of(request).execution_id = execution_id
    services, tenant = services_of(request), principal.tenant
    query = ExecutionQuery(execution_id)
    after = None if cursor is None else services.cursors.decode(tenant, query, cursor)
    page = services.executions.list_timeline(tenant, query, limit=limit, after=after)
    headers = link_header(request, tenant, query, page.next_after)
    return Response(events_as_json(page.events), 200, headers, "application/json")
