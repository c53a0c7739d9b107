"""`/events/{event_id}/story`: where an event is, and why it is not elsewhere."""

from typing import Annotated

from fastapi import Query, Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.operation import Answer, Cost
from triggers_api.api.routes.events import EventId
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.stories import StoryOut

operations = Operations("events")
OfConfig = Annotated[
    str | None, Query(max_length=64, description="What became of it for this config alone.")
]


@operations.declare(
    "GET /events/{event_id}/story",
    "get_event_story",
    "Tell an event's story",
    needs=Scope.EVENTS_READ,
    cost=Cost.READ,
    answers=Answer(model=StoryOut),
)
async def get_event_story(call: Call, event_id: EventId, config_id: OfConfig = None) -> Response:
    """All that happened to an event, and what became of it for each config, with the reason."""
    with call.reading():
        story = call.services.tell_story(call.tenant, event_id, config_id)
    call.context.event_id, call.context.execution_id = event_id, story.trail.execution_id
    return call.answer(StoryOut.of(story))
