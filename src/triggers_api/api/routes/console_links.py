"""Console links: an operator makes one, and the console that a browser opens by it signs in."""

from typing import Final

from fastapi import Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.json_body import read_json
from triggers_api.api.operation import Answer, Body, Key
from triggers_api.api.query import check_query
from triggers_api.api.routes.tenants import TenantInPath
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.console_links import (
    ConsoleLinkIn,
    ConsoleLinkOut,
    ConsoleSessionIn,
    ConsoleSessionOut,
)

operations = Operations("tenants")

_LINK: Final = Body(
    model=ConsoleLinkIn,
    sample='{"scopes": ["events:read"], "expires_in_seconds": 3600}',
    code="invalid_console_link",
)
_SESSION: Final = Body(
    model=ConsoleSessionIn, sample='{"token": "trl_…"}', code="invalid_console_link"
)
_SESSION_BYTES: Final = 1024  # whoever has no key is not read at length


@operations.declare(
    "POST /tenants/{tenant}/console-links",
    "create_console_link",
    "Make a link to a tenant's console",
    needs=Scope.OPERATOR,
    body=_LINK,
    answers=Answer(status=201, model=ConsoleLinkOut, description="Made; it works once."),
    errors=("tenant_deleting",),
)
async def create_console_link(call: Call, tenant: TenantInPath) -> Response:
    """Make a link that signs a browser in to the console as this tenant, without a key.

    The first who opens it gets a session with these scopes for `expires_in_seconds`; nobody opens
    it an hour after it was made. Suspending the tenant ends its links and sessions for good.
    """
    wanted = await call.read(_LINK)
    known = call.services.tenants.get_staying(tenant)
    link = call.services.console_links.make(known.tenant, frozenset(wanted.scopes), wanted.lasts)
    # After the `#`: browsers send that part to no server, and in no `Referer`.
    url = f"{call.address}/console#/session/{link.token}"
    return call.answer(ConsoleLinkOut(url=url, expires_at=link.expires_at), 201)


@operations.declare(
    "POST /console/session",
    "open_console_session",
    "Exchange a console link for a key",
    needs=Key.NONE,
    body=_SESSION,
    answers=Answer(model=ConsoleSessionOut),
    errors=("unauthenticated",),
)
async def open_console_session(call: Call) -> Response:
    """Exchange the token of a console link, once, for the key of its session.

    Needs no key. If the answer is lost, so is the link: ask for a new one.
    """
    check_query(call.request)
    read = await read_json(call.request, max_bytes=_SESSION_BYTES)
    issued = call.services.console_links.exchange(call.validated(read, _SESSION).token)
    call.context.tenant, call.context.key_id = issued.key.tenant, issued.key.key_id
    return call.answer(ConsoleSessionOut.of(issued))
