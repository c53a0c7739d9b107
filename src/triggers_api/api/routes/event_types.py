"""`/event-types`: which there are, for filters and for platforms that let people choose."""

from fastapi import Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.operation import Answer, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.event_types import EventTypeOut
from triggers_api.events.event_types import SEEN_WITHIN

operations = Operations("events")


@operations.declare(
    "GET /event-types",
    "list_event_types",
    "List event types",
    needs=Scope.EVENTS_READ,
    cost=Cost.READ,
    answers=Answer(model=EventTypeOut, is_list=True),
)
async def list_event_types(call: Call) -> Response:
    """The types of the last 30 days' events by name, each with its latest event; 200 at most."""
    services = call.services
    with call.reading():
        types = services.event_types.list_types(call.tenant, services.clock() - SEEN_WITHIN)
    shown = [EventTypeOut.of(each).model_dump_json() for each in types]
    return call.answer(f"[{','.join(shown)}]".encode())
