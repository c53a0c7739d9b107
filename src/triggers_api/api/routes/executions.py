"""`/executions`: what became of a producer's job."""

from typing import Annotated

from fastapi import Path, Query, Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.list_query import (
    A_TIME,
    Cursor,
    Limit,
    LimitNumber,
    Moment,
    link_header,
    position_of,
)
from triggers_api.api.operation import PAGE, Answer, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.events import EXECUTION_ID_PATTERN, EventOut
from triggers_api.api.schemas.executions import ExecutionOut
from triggers_api.events.event import events_as_json
from triggers_api.executions.ports import ExecutionQuery, ExecutionsQuery
from triggers_api.executions.tally import ExecutionStatus

operations = Operations("executions")
StatusFilter = Annotated[
    ExecutionStatus | None, Query(description="Only executions that stand so now.")
]
BegunSince = Annotated[
    Moment,
    Query(description="Only executions that began then or later (ISO 8601).", examples=A_TIME),
]
ExecutionLimit = Annotated[LimitNumber, Query(description="Executions on a page.")]
ExecutionIdInPath = Annotated[
    str, Path(max_length=128, pattern=EXECUTION_ID_PATTERN, examples=["exec_42"])
]


@operations.declare(
    "GET /executions",
    "list_executions",
    "List executions",
    needs=Scope.EVENTS_READ,
    cost=Cost.READ,
    answers=Answer(model=ExecutionOut, is_list=True, description="A page.", headers=PAGE),
    errors=("too_many_at_once",),
)
async def list_executions(
    call: Call,
    status: StatusFilter = None,
    since: BegunSince = None,
    limit: ExecutionLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Executions as they are now, those that began last first.

    With `status`, a page looks at 100 of them at most: it may hold fewer, and have a next one.
    """
    query = ExecutionsQuery(status, since)
    after = position_of(call, query, cursor)
    with call.reading():
        page = call.services.list_executions(call.tenant, query, limit=limit, after=after)
    shown = [ExecutionOut.of(each).model_dump_json() for each in page.summaries]
    headers = link_header(call, query, page.next_after)
    return call.answer(f"[{','.join(shown)}]".encode(), headers=headers)


@operations.declare(
    "GET /executions/{execution_id}",
    "get_execution",
    "Read an execution",
    needs=Scope.EVENTS_READ,
    cost=Cost.READ,
    answers=Answer(model=ExecutionOut),
    errors=("too_many_at_once",),
)
async def get_execution(call: Call, execution_id: ExecutionIdInPath) -> Response:
    """How far the execution has come, and how many events of each type it has so far."""
    call.context.execution_id = execution_id
    with call.reading():
        summary = call.services.summarize(call.tenant, execution_id)
    return call.answer(ExecutionOut.of(summary))


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
