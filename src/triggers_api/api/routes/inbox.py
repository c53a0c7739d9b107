"""`/inbox`: what a tenant's consumers have not acknowledged yet."""

from typing import Final

from fastapi import Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.list_query import (
    Cursor,
    EventTypeFilter,
    Limit,
    Order,
    Since,
    list_answer,
)
from triggers_api.api.operation import PAGE, TAGS, Answer, Body, Cost
from triggers_api.api.problems import STATUSES, note_crash
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.events import (
    AcknowledgeIn,
    AcknowledgeOut,
    AcknowledgeResult,
    ErrorOut,
    EventOut,
)
from triggers_api.api.schemas.leases import InboxStatsOut
from triggers_api.events.acknowledge import Acknowledgement
from triggers_api.events.lifecycle import UNDELIVERED
from triggers_api.events.ports import EventQuery

operations = Operations("inbox")
_IDS: Final = Body(model=AcknowledgeIn, sample='{"event_ids": ["evt_…"]}')


@operations.declare(
    "GET /inbox",
    "list_inbox",
    "Read the inbox",
    needs=Scope.INBOX,
    cost=Cost.READ,
    answers=Answer(model=EventOut, is_list=True, description="A page.", headers=PAGE + TAGS),
)
async def list_inbox(
    call: Call,
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
    return list_answer(call, query, limit=limit, cursor=cursor)


@operations.declare(
    "GET /inbox/stats",
    "get_inbox_stats",
    "Count the inbox",
    needs=(Scope.EVENTS_READ, Scope.METRICS_READ),
    cost=Cost.READ,
    answers=Answer(model=InboxStatsOut),
)
async def get_inbox_stats(call: Call) -> Response:
    """How much waits in the caller's inbox, exact up to 10,000 events of each status."""
    with call.reading():
        stats = call.services.count_inbox(call.tenant)
    return call.answer(InboxStatsOut.of(stats))


@operations.declare(
    "POST /inbox/acknowledge",
    "acknowledge_events",
    "Acknowledge many events",
    needs=Scope.INBOX,
    cost=Cost.EACH,
    body=_IDS,
    answers=Answer(model=AcknowledgeOut),
)
async def acknowledge_events(call: Call) -> Response:
    """Acknowledge up to 100 events, each on its own: an unknown id does not affect the others."""
    wanted = await call.read(_IDS)
    call.charge_each(len(wanted.event_ids))
    results = call.services.acknowledge.many(call.tenant, wanted.event_ids)
    call.context.events_acknowledged = len({r.event_id for r in results if r.changed})
    done = (each.event_id for each in results if each.error is None)
    call.context.event_ids = tuple(dict.fromkeys(done))
    note_crash(call.request, (each.error for each in results))
    request_id = call.context.request_id
    return call.answer(AcknowledgeOut(results=[_result(each, request_id) for each in results]))


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
