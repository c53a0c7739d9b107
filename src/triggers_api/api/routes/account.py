"""`/me` and `/health`: the cheap calls that tell whether a key and the service are alive."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triggers_api.api.documentation import RETRY_AFTER, answers, described
from triggers_api.api.schemas import HealthOut, MeOut
from triggers_api.api.services import Requires, services_of
from triggers_api.authenticate import Principal
from triggers_api.errors import StoreUnavailableError

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


@router.head("/health", include_in_schema=False)  # what uptime monitors send
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
                "description": "The store cannot be reached.",
                "headers": RETRY_AFTER,
            }
        ),
    },
)
async def get_health(request: Request) -> Response:
    """Open to everybody. 503 while events could not be stored."""
    try:
        services_of(request).events.ping()
    except StoreUnavailableError:
        health = HealthOut(status="unhealthy", checks={"store": "failing"})
        headers = {"Retry-After": "5"}
        return Response(health.model_dump_json(), 503, headers, "application/json")
    health = HealthOut(status="healthy", checks={"store": "ok"})
    return Response(health.model_dump_json(), 200, media_type="application/json")
