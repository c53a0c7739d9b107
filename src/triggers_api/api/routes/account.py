"""`/me` and `/health`: the cheap calls that tell whether a key and the service are alive."""

from typing import Final

from fastapi import Response

from triggers_api.api.call import Call
from triggers_api.api.operation import Answer, Key
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.events import HealthOut, MeOut
from triggers_api.push.external_id import external_id_of
from triggers_api.watch.health import HealthStatus

operations = Operations("account")
_DOWN: Final = Answer(
    status=503,
    model=HealthOut,
    description="The store cannot be reached, or a critical alarm rings.",
    headers=("Retry-After",),
    example={"status": "unhealthy", "checks": {"store": "failing"}},
)


@operations.declare(
    "GET /me", "get_me", "Whose key this is", needs=Key.ANY, answers=Answer(model=MeOut)
)
async def get_me(call: Call) -> Response:
    """Test a key: returns its tenant, id and scopes. Any live key may call it.

    It also tells what a role must trust by which events reach a queue, topic or bus of your own
    AWS account.
    """
    principal = call.principal
    tenant = principal.tenant
    me = MeOut(
        tenant=tenant,
        key_id=principal.key_id,
        key_name=principal.key_name,
        scopes=sorted(principal.scopes),
        aws_account_id=call.services.account_id,
        aws_external_id=None if tenant is None else external_id_of(tenant),
    )
    return call.answer(me)


@operations.declare(
    "GET /health",
    "get_health",
    "Whether the service works",
    needs=Key.NONE,
    answers=(Answer(model=HealthOut), _DOWN),
)
async def get_health(call: Call) -> Response:
    """Open to everybody. Returns 200 while healthy or degraded, 503 while unhealthy."""
    found = call.services.check_health()
    health = HealthOut(status=found.status, checks=found.checks)
    if found.status is HealthStatus.UNHEALTHY:
        return call.answer(health, 503, {"Retry-After": "5"})
    return call.answer(health)
