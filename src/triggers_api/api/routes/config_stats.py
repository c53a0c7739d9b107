"""`/notifications/configs/{config_id}/stats`: how the pushes of a config went."""

from fastapi import Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.operation import Answer, Cost
from triggers_api.api.routes.metrics import Hours
from triggers_api.api.routes.notifications import ConfigId
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.config_stats import ConfigHourOut, ConfigStatsOut

operations = Operations("notifications")


@operations.declare(
    "GET /notifications/configs/{config_id}/stats",
    "get_config_stats",
    "How a config's pushes went",
    needs=(Scope.EVENTS_READ, Scope.METRICS_READ),
    cost=Cost.READ,
    answers=Answer(model=ConfigStatsOut),
)
async def get_config_stats(call: Call, config_id: ConfigId, hours: Hours = 24) -> Response:
    """Deliveries, attempts and the speed of the receiver's answers, hour by hour.

    Counted exactly, a minute or two after the push.
    """
    config = call.services.subscribe.get(call.tenant, config_id)
    call.context.config_id = config.id
    with call.reading():
        rows = call.services.usage.config_hours(call.tenant, config.id, hours)
    return call.answer(
        ConfigStatsOut(config_id=config.id, hours=[ConfigHourOut.of(each) for each in rows])
    )
