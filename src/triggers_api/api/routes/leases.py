"""`/inbox/lease` and `/inbox/release`: several workers share one inbox."""

import json
from datetime import timedelta
from typing import Final

from fastapi import Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.operation import Answer, Body, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.leases import LeaseIn, LeaseOut, ReleaseIn
from triggers_api.events.event import events_as_json
from triggers_api.leases.lease import Leased
from triggers_api.timestamps import to_text

operations = Operations("inbox")
_WANTED: Final = Body(model=LeaseIn, sample='{"limit": 10, "lease_seconds": 60}', is_required=False)
_LEASE: Final = Body(model=ReleaseIn, sample='{"lease_id": "lse_…"}')


@operations.declare(
    "POST /inbox/lease",
    "lease_events",
    "Lease events",
    needs=Scope.INBOX,
    cost=Cost.READ,
    body=_WANTED,
    answers=Answer(model=LeaseOut),
    errors=("too_many_at_once",),
)
async def lease_events(call: Call) -> Response:
    """Lease the oldest events that nobody holds; no other lease gets them meanwhile.

    Acknowledge each when it is done. Events not acknowledged when the lease ends are handed
    out again. An empty list means that nothing is free right now.
    """
    wanted = await call.read(_WANTED)
    duration = timedelta(seconds=wanted.lease_seconds)
    leased = call.services.lease.lease(call.tenant, limit=wanted.limit, duration=duration)
    call.charge_read(leased.read_units)
    return call.answer(_as_json(leased))


@operations.declare(
    "POST /inbox/release",
    "release_lease",
    "Release a lease",
    needs=Scope.INBOX,
    body=_LEASE,
    answers=Answer(status=204, description="Released."),
    errors=("too_many_at_once",),
)
async def release_lease(call: Call) -> Response:
    """Events not acknowledged are free at once. If the lease has ended, nothing changes."""
    wanted = await call.read(_LEASE)
    call.services.lease.release(call.tenant, wanted.lease_id, wanted.event_ids)
    return call.done()


def _as_json(leased: Leased) -> bytes:
    """Events are spliced in as text, so that their payloads stay as they were sent."""
    expires_at = None if leased.expires_at is None else to_text(leased.expires_at)
    head = json.dumps(
        {"lease_id": leased.lease_id, "expires_at": expires_at}, separators=(",", ":")
    )
    return b'%s,"events":%s}' % (head[:-1].encode(), events_as_json(leased.events))
