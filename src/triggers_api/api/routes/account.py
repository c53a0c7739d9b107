"""`/me` and `/health`: the cheap calls that tell whether a key and the service are alive."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triggers_api.api.documentation import RETRY_AFTER, answers, described
from triggers_api.api.schemas import HealthOut, MeOut
from triggers_api.api.services import Requires, services_of
from triggers_api.authenticate import Principal
from triggers_api.watch.health import HealthStatus

router = APIRouter(tags=["account"])


@router.get(
    "/me",
    operation_id="get_me",
    summary="Whose key this is",
    response_class=Response,
    responses=answers({200: {"model": MeOut}}, 401),
)
async def get_me(principal: Annotated[Principal, Depends(Requires())]) -> Response:
    """Tenant, key and scopes: the call that tests a key. Any live key may make it."""
    me = MeOut(
        tenant=principal.tenant,
        key_id=principal.key_id,
        key_name=principal.key_name,
        scopes=sorted(principal.scopes),
    )
    return Response(me.model_dump_json(), 200, media_type="application/json")


@router.get(
    "/health",
    operation_id="get_health",
    summary="Whether the service works",
    response_class=Response,
    responses={
        200: described({"model": HealthOut}),
        503: described(
            {
                "model": HealthOut,
                "description": "The store cannot be reached, or a critical alarm rings.",
                "headers": RETRY_AFTER,
            }
        ),
    },
)
async def get_health(request: Request) -> Response:
    """Open to everybody. 200 while it is healthy or degraded, 503 while it is unhealthy."""
    found = services_of(request).check_health()
    health = HealthOut(status=found.status, checks=found.checks).model_dump_json()
    if found.status is HealthStatus.UNHEALTHY:
        return Response(health, 503, {"Retry-After": "5"}, "application/json")
    return Response(health, 200, media_type="application/json")
