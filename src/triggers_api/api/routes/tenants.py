"""`/tenants`: by which an operator runs the tenants of a deployment."""

from typing import Annotated, Final

from fastapi import Path, Query, Response
from pydantic import TypeAdapter

from triggers_api.access.keys import Scope
from triggers_api.access.ports import TenantQuery
from triggers_api.api.call import Call
from triggers_api.api.list_query import Cursor, LimitNumber, after_name, link_header, position_of
from triggers_api.api.operation import PAGE, Answer, Body
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.keys import IssuedKeyOut, KeyIn
from triggers_api.api.schemas.leases import InboxStatsOut
from triggers_api.api.schemas.tenants import (
    PREFIX_PATTERN,
    DeletionOut,
    TenantIn,
    TenantNowOut,
    TenantOut,
    TenantPatchIn,
)
from triggers_api.api.schemas.usage import UsageOfDayOut

operations = Operations("tenants")
TenantInPath = Annotated[str, Path(max_length=63, examples=["acme"])]
Prefix = Annotated[
    str | None,
    Query(
        max_length=63,
        pattern=PREFIX_PATTERN,
        description="Only tenants whose `tenant` begins so.",
        examples=["shop-"],
    ),
]
Limit = Annotated[LimitNumber, Query(description="Tenants on a page.")]

_TENANTS: Final = TypeAdapter(list[TenantOut])
_NEW: Final = Body(
    model=TenantIn, sample='{"tenant": "acme", "name": "Acme, Inc."}', code="invalid_tenant"
)
_CHANGE: Final = Body(model=TenantPatchIn, sample='{"suspended": true}', code="invalid_tenant")
_KEY: Final = Body(model=KeyIn, sample='{"name": "first", "scopes": ["admin"]}', code="invalid_key")


@operations.declare(
    "GET /tenants",
    "list_tenants",
    "List tenants",
    needs=Scope.OPERATOR,
    answers=Answer(model=TenantOut, is_list=True, description="A page.", headers=PAGE),
)
async def list_tenants(
    call: Call, prefix: Prefix = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All tenants that have a record, in the order of `tenant`."""
    query = TenantQuery(prefix or "")
    begin = position_of(call, query, cursor)
    page = call.services.tenants.list_tenants(
        query.prefix, limit=limit, after=None if begin is None else begin.id
    )
    body = _TENANTS.dump_json([TenantOut.of(each, call.services.limits) for each in page.tenants])
    end = after_name(page.next_after)
    return call.answer(body, headers=link_header(call, query, end))


@operations.declare(
    "POST /tenants",
    "create_tenant",
    "Make a tenant",
    needs=Scope.OPERATOR,
    body=_NEW,
    answers=Answer(
        status=201,
        model=TenantOut,
        description="Made; POST its first key.",
        headers=("Location",),
    ),
    errors=("tenant_exists",),
)
async def create_tenant(call: Call) -> Response:
    """Make a tenant. One that has keys, but no record yet, gets its record.

    Limits that are left out are the deployment's, also when those change.
    """
    wanted = await call.read(_NEW)
    made = call.services.tenants.create(
        wanted.tenant,
        wanted.name or wanted.tenant,
        wanted.limits.own(),
        suspended=wanted.suspended,
    )
    answer = TenantOut.of(made, call.services.limits)
    return call.answer(answer, 201, {"Location": f"tenants/{made.tenant}"})


@operations.declare(
    "GET /tenants/{tenant}",
    "get_tenant",
    "Read a tenant",
    needs=Scope.OPERATOR,
    answers=Answer(model=TenantNowOut),
)
async def get_tenant(call: Call, tenant: TenantInPath) -> Response:
    """A tenant as it is now, how much waits in its inbox, and what it used today (UTC)."""
    found = call.services.tenants.get(tenant)
    inbox = InboxStatsOut.of(call.services.count_inbox(found.tenant))
    (today,) = call.services.usage.days(found.tenant, 1)
    deleting = DeletionOut.of(found, call.services.deletions.find(found.tenant))
    now = {"inbox": inbox, "usage_today": UsageOfDayOut.of(today), "deleting": deleting}
    return call.answer(TenantNowOut.of(found, call.services.limits, **now))


@operations.declare(
    "PATCH /tenants/{tenant}",
    "update_tenant",
    "Change a tenant",
    needs=Scope.OPERATOR,
    body=_CHANGE,
    answers=Answer(model=TenantOut),
    errors=("tenant_deleting",),
)
async def update_tenant(call: Call, tenant: TenantInPath) -> Response:
    """Rename, limit, suspend a tenant, or let it in again; effective within 60 seconds.

    What is left out stays as it is. Suspending keeps everything that the tenant stored.
    """
    wanted = await call.read(_CHANGE)
    changed = call.services.tenants.change(
        tenant,
        name=wanted.name,
        own_limits=wanted.limits.own(),
        back_to_default=wanted.limits.back_to_default(),
        suspended=wanted.suspended,
    )
    return call.answer(TenantOut.of(changed, call.services.limits))


@operations.declare(
    "POST /tenants/{tenant}/keys",
    "create_tenant_key",
    "Make a tenant's first key",
    needs=Scope.OPERATOR,
    body=_KEY,
    answers=Answer(status=201, model=IssuedKeyOut, description="Made; it works from now on."),
    errors=("limit_reached", "tenant_deleting"),
)
async def create_tenant_key(call: Call, tenant: TenantInPath) -> Response:
    """Make a key of a tenant, its first or one in place of a lost one; only this answer shows it.

    It may have any scope but `operator`. One with `admin` makes all others by itself.
    """
    draft = (await call.read(_KEY)).to_draft()
    known = call.services.tenants.get_staying(tenant)
    issued = call.services.keys.create_first(known.tenant, draft)
    return call.answer(IssuedKeyOut.issued(issued, call.services.clock()), 201)


@operations.declare(
    "DELETE /tenants/{tenant}",
    "delete_tenant",
    "Delete a tenant, whole and for good",
    needs=Scope.OPERATOR,
    answers=Answer(status=202, description="Its keys are dead, and its data goes."),
)
async def delete_tenant(call: Call, tenant: TenantInPath) -> Response:
    """Delete a tenant with everything that it stored, wherever it is kept. There is no way back.

    Its keys are dead within 60 seconds. Its data goes piece by piece: reading the tenant tells how
    far that is, and answers 404 when nothing is left, after 5 to 20 minutes or more. Until then
    nobody can make a tenant of that name.
    """
    call.context.about = tenant
    call.services.tenants.delete(tenant)
    return Response(status_code=202)
