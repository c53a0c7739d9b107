"""`/notifications/history`: what was pushed, and how to push it once more."""

from typing import Annotated, Final

from fastapi import Path, Query, Response
from pydantic import TypeAdapter

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.list_query import (
    A_TIME,
    Cursor,
    EventTypeFilter,
    LimitNumber,
    Moment,
    cursor_of,
    link_header,
    position_of,
)
from triggers_api.api.operation import PAGE, Answer, Body, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.deliveries import (
    EXAMPLE_DELIVERY_ID,
    DeadLettersIn,
    DeadLettersOut,
    DeliveryOut,
)
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.ports import DeliveryQuery

operations = Operations("notifications")
DeliveryId = Annotated[str, Path(max_length=100, examples=[EXAMPLE_DELIVERY_ID])]
OfConfig = Annotated[str | None, Query(max_length=64, description="Only to this config.")]
OfEvent = Annotated[str | None, Query(max_length=64, description="Only of this event.")]
OfStatus = Annotated[DeliveryStatus | None, Query(description="Only with this status.")]
Since = Annotated[
    Moment, Query(description="Only those first attempted then or later.", examples=A_TIME)
]
Until = Annotated[Moment, Query(description="Only those first attempted before.", examples=A_TIME)]
Limit = Annotated[LimitNumber, Query(description="Deliveries on a page.")]

_DELIVERIES: Final = TypeAdapter(list[DeliveryOut])
_WHICH: Final = Body(
    model=DeadLettersIn,
    sample='{"dry_run": true}',
    code="invalid_replay",
    examples={"all": ("All of them", {})},
)


@operations.declare(
    "GET /notifications/history",
    "list_deliveries",
    "List deliveries",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    answers=Answer(model=DeliveryOut, is_list=True, description="A page.", headers=PAGE),
)
async def list_deliveries(
    call: Call,
    config_id: OfConfig = None,
    event_id: OfEvent = None,
    event_type: EventTypeFilter = None,
    status: OfStatus = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Deliveries that were attempted, newest first, each with every attempt."""
    query = DeliveryQuery(
        config_id=config_id,
        event_id=event_id,
        event_type=event_type,
        status=status,
        since=since,
        until=until,
    )
    after = position_of(call, query, cursor)
    page = call.services.deliveries.list_deliveries(call.tenant, query, limit=limit, after=after)
    call.charge_read(page.read_units)
    body = _DELIVERIES.dump_json([DeliveryOut.of(each) for each in page.deliveries])
    return call.answer(body, headers=link_header(call, query, page.next_after))


@operations.declare(
    "POST /notifications/history/{delivery_id}/replay",
    "replay_delivery",
    "Replay a delivery",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    answers=Answer(status=202, model=DeliveryOut, description="Queued."),
    errors=(
        *("event_erased", "delivery_retrying", "config_not_enabled", "too_many_attempts"),
        "queue_unavailable",
    ),
)
async def replay_delivery(call: Call, delivery_id: DeliveryId) -> Response:
    """Push a delivery once more, under the same id and with the whole retry schedule again.

    The history shows it as retrying once a worker has taken it. Returns 409 while it is still
    retrying, if its config is disabled or deleted, or after 100 attempts (replay its event).
    Returns 410 if its event was erased.
    """
    with call.reading():
        delivery = call.services.replay.delivery(call.tenant, delivery_id)
    context = call.context
    context.delivery_id, context.event_id = delivery.id, delivery.task.event_id
    context.execution_id = delivery.task.execution_id
    return call.answer(DeliveryOut.of(delivery), 202)


@operations.declare(
    "POST /notifications/dead-letters/replay",
    "replay_dead_letters",
    "Replay dead letters",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    body=_WHICH,
    answers=Answer(model=DeadLettersOut),
    errors=("invalid_cursor", "queue_unavailable"),
)
async def replay_dead_letters(call: Call) -> Response:
    """Push dead letters again, newest first: all of them, or those of one config or of a time.

    One call takes at most 500; if there are more, `next_cursor` is set. Try it with `dry_run`
    first.
    """
    wanted = await call.read(_WHICH)
    query = wanted.to_query()
    after = position_of(call, query, wanted.cursor)
    with call.reading() as owed:
        done = call.services.replay.dead_letters(
            call.tenant, query, after=after, dry_run=wanted.dry_run
        )
        owed.add(done.replayed)
    answer = DeadLettersOut(
        matched=done.matched,
        replayed=done.replayed,
        skipped=done.skipped,
        dry_run=wanted.dry_run,
        next_cursor=cursor_of(call, query, done.next_after),
    )
    return call.answer(answer)
