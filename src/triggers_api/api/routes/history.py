"""`/notifications/history`: what was pushed; and all that can be pushed once more."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import TypeAdapter

from triggers_api.api.delivery_schemas import (
    EXAMPLE_DELIVERY_ID,
    DeadLettersIn,
    DeadLettersOut,
    DeliveryOut,
)
from triggers_api.api.documentation import LINK_HEADER, answers, body_of
from triggers_api.api.json_body import read_json, validated
from triggers_api.api.list_query import Cursor, LimitNumber, link_header
from triggers_api.api.request_context import context_of
from triggers_api.api.routes.events import EventId
from triggers_api.api.routes.notifications import Manager
from triggers_api.api.schemas import EventOut
from triggers_api.api.services import Requires, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.ports import DeliveryQuery

router = APIRouter()
DeliveryId = Annotated[str, Path(max_length=100, examples=[EXAMPLE_DELIVERY_ID])]
OfConfig = Annotated[str | None, Query(max_length=64, description="Only to this config.")]
OfEvent = Annotated[str | None, Query(max_length=64, description="Only of this event.")]
OfStatus = Annotated[DeliveryStatus | None, Query(description="Only with this status.")]
Limit = Annotated[LimitNumber, Query(description="Deliveries on a page.")]

_DELIVERIES: Final = TypeAdapter(list[DeliveryOut])


@router.get(
    "/notifications/history",
    operation_id="list_deliveries",
    summary="List deliveries",
    tags=["notifications"],
    response_class=Response,
    responses=answers({200: LINK_HEADER | {"model": list[DeliveryOut]}}, 401, 403),
)
async def list_deliveries(
    request: Request,
    principal: Manager,
    config_id: OfConfig = None,
    event_id: OfEvent = None,
    status: OfStatus = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Deliveries that were attempted, newest first, each with every attempt."""
    services, tenant = services_of(request), principal.tenant
    query = DeliveryQuery(config_id=config_id, event_id=event_id, status=status)
    after = None if cursor is None else services.cursors.decode(tenant, query, cursor)
    page = services.deliveries.list_deliveries(tenant, query, limit=limit, after=after)
    body = _DELIVERIES.dump_json([DeliveryOut.of(each) for each in page.deliveries])
    headers = link_header(request, tenant, query, page.next_after)
    return Response(body, 200, headers, "application/json")


@router.post(
    "/notifications/history/{delivery_id}/replay",
    status_code=202,
    operation_id="replay_delivery",
    summary="Replay a delivery",
    tags=["notifications"],
    response_class=Response,
    responses=answers({202: {"description": "Queued.", "model": DeliveryOut}}, 401, 403, 404, 409),
)
async def replay_delivery(
    request: Request, principal: Manager, delivery_id: DeliveryId
) -> Response:
    """Push it once more, under the same id and with a whole schedule of retries before it.

    The history shows it as retrying as soon as a worker has taken it. 409 while it is retrying
    by itself, if its config is disabled or deleted, or after 100 attempts (replay its event).
    """
    context = context_of(request)
    delivery = services_of(request).replay.delivery(principal.tenant, delivery_id)
    context.delivery_id, context.event_id = delivery.id, delivery.task.event_id
    context.execution_id = delivery.task.execution_id
    answer = DeliveryOut.of(delivery)
    return Response(answer.model_dump_json(), 202, media_type="application/json")


@router.post(
    "/notifications/dead-letters/replay",
    operation_id="replay_dead_letters",
    summary="Replay dead letters",
    tags=["notifications"],
    response_class=Response,
    responses=answers({200: {"model": DeadLettersOut}}, 401, 403, 413, 415, 422),
    openapi_extra=body_of(DeadLettersIn),
)
async def replay_dead_letters(request: Request, principal: Manager) -> Response:
    """Push again what was given up: all of it, or of one config, or of a time, newest first.

    At most 500 in one call; `next_cursor` tells that there are more. Try it with `dry_run`
    before.
    """
    body = await read_json(request)
    wanted = validated(body, DeadLettersIn, code="invalid_replay", example='{"dry_run": true}')
    services, tenant, query = services_of(request), principal.tenant, wanted.to_query()
    cursors, cursor = services.cursors, wanted.cursor
    after = None if cursor is None else cursors.decode(tenant, query, cursor)
    done = services.replay.dead_letters(tenant, query, after=after, dry_run=wanted.dry_run)
    more = None if done.next_after is None else cursors.encode(tenant, query, done.next_after)
    answer = DeadLettersOut(
        matched=done.matched,
        replayed=done.replayed,
        skipped=done.skipped,
        dry_run=wanted.dry_run,
        next_cursor=more,
    )
    return Response(answer.model_dump_json(), 200, media_type="application/json")


@router.post(
    "/events/{event_id}/replay",
    status_code=202,
    operation_id="replay_event",
    summary="Replay an event",
    tags=["events"],
    response_class=Response,
    responses=answers({202: {"description": "Queued.", "model": EventOut}}, 401, 403, 404, 410),
)
async def replay_event(
    request: Request,
    principal: Annotated[Principal, Depends(Requires(Scope.EVENTS_WRITE))],
    event_id: EventId,
) -> Response:
    """Put an event back to pending, and push it again to every config that wants it now.

    For everybody who listens that is as if it were posted anew, so it takes the same scope:
    `events:write`.
    """
    event = services_of(request).replay.event(principal.tenant, event_id)
    context = context_of(request)
    context.event_id, context.execution_id = event.id, event.execution_id
    context.events_replayed = 1
    return Response(event.as_json(), 202, media_type="application/json")
