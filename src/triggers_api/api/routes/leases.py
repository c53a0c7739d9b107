"""`/inbox/lease` and `/inbox/release`: several workers share one inbox."""

import json
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triggers_api.api.documentation import answers, body_of
from triggers_api.api.json_body import JsonBody, read_json, validated
from triggers_api.api.lease_schemas import LeaseIn, LeaseOut, ReleaseIn
from triggers_api.api.services import Requires, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.event import events_as_json
from triggers_api.lease import Leased
from triggers_api.timestamps import to_text

router = APIRouter(tags=["inbox"])

Consumer = Annotated[Principal, Depends(Requires(Scope.INBOX))]


@router.post(
    "/inbox/lease",
    operation_id="lease_events",
    summary="Lease events",
    response_class=Response,
    responses=answers({200: {"model": LeaseOut}}, 401, 403, 413, 415, 422),
    openapi_extra={"requestBody": body_of(LeaseIn)["requestBody"] | {"required": False}},
)
async def lease_events(request: Request, principal: Consumer) -> Response:
    """Hands out the oldest events that nobody holds, and keeps them from other leases.

    Acknowledge each when it is done. What is not acknowledged when the lease ends is handed
    out again. An empty list means that nothing is free at this moment.
    """
    body = await read_json(request) if await request.body() else JsonBody({}, b"{}")
    wanted = validated(
        body, LeaseIn, code="invalid_content", example='{"limit": 10, "lease_seconds": 60}'
    )
    leased = services_of(request).lease.lease(
        principal.tenant,
        limit=wanted.limit,
        duration=timedelta(seconds=wanted.lease_seconds),
    )
    return Response(_as_json(leased), 200, media_type="application/json")


@router.post(
    "/inbox/release",
    status_code=204,
    operation_id="release_lease",
    summary="Release a lease",
    response_class=Response,
    responses=answers({204: {"description": "Released."}}, 401, 403, 413, 415, 422),
    openapi_extra=body_of(ReleaseIn),
)
async def release_lease(request: Request, principal: Consumer) -> Response:
    """What is not acknowledged comes back at once. A lease that has ended changes nothing."""
    wanted = validated(
        await read_json(request),
        ReleaseIn,
        code="invalid_content",
        example='{"lease_id": "lse_…"}',
    )
    services_of(request).lease.release(principal.tenant, wanted.lease_id, wanted.event_ids)
    return Response(status_code=204)


def _as_json(leased: Leased) -> bytes:
    """Events are spliced in as text, so that their payloads stay as they were sent."""
    expires_at = None if leased.expires_at is None else to_text(leased.expires_at)
    head = json.dumps(
        {"lease_id": leased.lease_id, "expires_at": expires_at}, separators=(",", ":")
    )
    return b'%s,"events":%s}' % (head[:-1].encode(), events_as_json(leased.events))
