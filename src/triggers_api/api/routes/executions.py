"""`/executions`: what became of a producer's job."""

from typing import Annotated

from fastapi import Path, Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.list_query import Cursor, Limit, link_header, position_of
from triggers_api.api.operation import PAGE, Answer, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.events import EXECUTION_ID_PATTERN, EventOut
from triggers_api.api.schemas.executions import ExecutionOut
from triggers_api.events.event import events_as_json
from triggers_api.executions.ports import ExecutionQuery

operations = Operations("executions")
ExecutionIdInPath = Annotated[
    str, Path(max_length=128, pattern=EXECUTION_ID_PATTERN, examples=["exec_42"])
]


@operations.declare(
    "GET /executions/{execution_id}",
    "get_execution",
    "Read an execution",
    needs=Scope.EVENTS_READ,
    answers=Answer(model=ExecutionOut),
    errors=("too_many_at_once",),
)
async def get_execution(call: Call, execution_id: ExecutionIdInPath) -> Response:
    """How far the execution has come, and how many events of each type it has so far."""
    call.context.execution_id = execution_id
    return call.answer(ExecutionOut.of(call.services.summarize(call.tenant, execution_id)))


@operations.declare(
    "GET /executions/{execution_id}/events",
    "list_execution_events",
    "List the events of an execution",
    needs=Scope.EVENTS_READ,
    cost=Cost.READ,
    answers=Answer(model=EventOut, is_list=True, description="A page.", headers=PAGE),
)
async def list_execution_events(
    call: Call,
    execution_id: ExecutionIdInPath,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The execution's events of every status, oldest first."""
    call.context.execution_id = execution_id
    query = ExecutionQuery(execution_id)
    after = position_of(call, query, cursor)
    page = call.services.executions.list_timeline(call.tenant, query, limit=limit, after=after)
    call.charge_read(page.read_units)
    headers = link_header(call, query, page.next_after)
    return call.answer(events_as_json(page.events), headers=headers)
