"""`/keys`: a tenant's API keys."""

from typing import Annotated, Final

from fastapi import Path, Query, Response
from pydantic import TypeAdapter

from triggers_api.access.keys import Scope
from triggers_api.access.ports import KeyPlace, KeyQuery
from triggers_api.api.call import Call
from triggers_api.api.list_query import Cursor, LimitNumber, link_header, position_of
from triggers_api.api.operation import PAGE, Answer, Body, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.keys import (
    EXAMPLE_KEY_ID,
    IssuedKeyOut,
    KeyIn,
    KeyOut,
    KeyRotationIn,
)
from triggers_api.events.ports import Position

operations = Operations("keys")
KeyId = Annotated[str, Path(max_length=64, examples=[EXAMPLE_KEY_ID])]
Limit = Annotated[LimitNumber, Query(description="Keys on a page.")]

_KEYS: Final = TypeAdapter(list[KeyOut])
_NEW: Final = Body(
    model=KeyIn,
    sample='{"name": "order sync", "scopes": ["events:write"]}',
    code="invalid_key",
    examples={"plain": ("A key for one job", {"name": "poller", "scopes": ["inbox"]})},
)
_ROTATION: Final = Body(
    model=KeyRotationIn,
    sample='{"overlap_seconds": 3600}',
    code="invalid_key",
    is_required=False,
)


@operations.declare(
    "GET /keys",
    "list_keys",
    "List API keys",
    needs=Scope.KEYS_MANAGE,
    cost=Cost.READ,
    answers=Answer(model=KeyOut, is_list=True, description="A page.", headers=PAGE),
)
async def list_keys(call: Call, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """All keys that the tenant ever had, newest first; never a secret.

    From an index: a key that was made or changed a moment ago may not show it yet.
    """
    query = KeyQuery()
    begin = position_of(call, query, cursor)
    after = None if begin is None else KeyPlace(begin.created_at, begin.id)
    with call.reading():
        page = call.services.keys.list_keys(call.tenant, limit=limit, after=after)
    at, end = call.services.clock(), page.next_after
    body = _KEYS.dump_json([KeyOut.of(key, at) for key in page.keys])
    next_after = None if end is None else Position(end.created_at, end.key_id)
    return call.answer(body, headers=link_header(call, query, next_after))


@operations.declare(
    "POST /keys",
    "create_key",
    "Make an API key",
    needs=Scope.KEYS_MANAGE,
    body=_NEW,
    answers=Answer(status=201, model=IssuedKeyOut, description="Made; it works from now on."),
    errors=("key_limited", "limit_reached"),
)
async def create_key(call: Call) -> Response:
    """Make a key; only this answer shows it whole. A tenant has up to 100 that are not revoked.

    It may do nothing that the key of this request may not: no other scope, no longer, and from
    nowhere else. If the answer is lost, the key is there and nobody has it: find it by its name
    in the list, revoke it, and make another.
    """
    draft = (await call.read(_NEW)).to_draft()
    issued = call.services.keys.create(call.principal, call.tenant, draft)
    return call.answer(IssuedKeyOut.issued(issued, call.services.clock()), 201)


@operations.declare(
    "POST /keys/{key_id}/rotate",
    "rotate_key",
    "Rotate an API key",
    needs=Scope.KEYS_MANAGE,
    body=_ROTATION,
    answers=Answer(model=IssuedKeyOut),
    errors=("key_limited", "key_not_live", "too_many_at_once"),
)
async def rotate_key(call: Call, key_id: KeyId) -> Response:
    """Give a key a new secret, shown only here; for `overlap_seconds` the old one works too.

    What the key may do stays, and must be what the key of this request may do. A key that
    rotates itself keeps its old secret for 60 seconds at least, to ask again if the answer is
    lost.
    """
    wanted = await call.read(_ROTATION)
    call.context.about = key_id
    issued = call.services.keys.rotate(call.principal, call.tenant, key_id, wanted.overlap)
    return call.answer(IssuedKeyOut.issued(issued, call.services.clock()))


@operations.declare(
    "DELETE /keys/{key_id}",
    "revoke_key",
    "Revoke an API key",
    needs=Scope.KEYS_MANAGE,
    answers=Answer(status=204, description="Revoked; it stops working within 60 seconds."),
    errors=("last_admin_key", "too_many_at_once"),
)
async def revoke_key(call: Call, key_id: KeyId) -> Response:
    """End a key for good, be it the key of this request; again changes nothing.

    Returns 409 for the last live key with the scope `admin`: at least one must be left that
    lives as long as the one that is revoked.
    """
    call.context.about = key_id
    call.services.keys.revoke(call.tenant, key_id)
    return call.done()
