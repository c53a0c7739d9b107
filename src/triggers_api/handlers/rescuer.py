"""The rescuer's Lambda function: every quarter of an hour, deliveries whose messages were lost."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from triggers_api.aws import clients
from triggers_api.aws.task_queue import SqsTaskQueue, state_of_workers
from triggers_api.handlers.observability import (
    create_logger,
    create_metrics,
    embedded,
    log_failures,
)
from triggers_api.push.rescue import Rescue, Rescued
from triggers_api.settings import RescuerSettings
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.notification_configs import DynamoConfigList
from triggers_api.store.rescue import DynamoRescueStore
from triggers_api.store.table import create_client
from triggers_api.timestamps import Clock, now
from triggers_api.watch.metrics import Metric

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

WITHIN: Final = timedelta(seconds=40)  # of the function's 55; a page may be slow, or refused


def build(rescue: Callable[[], Rescued]) -> Handler:
    """The handler, on this verb."""
    logger, metrics = create_logger(), create_metrics()

    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Do one run; log a line for each tenant that failed, and one for the run."""
        rescued = rescue()
        log_failures(logger, "tenant.not_rescued", rescued.failures)
        line: dict[str, Any] = {
            "tenants": rescued.tenants,
            "noted": rescued.noted,
            "pushed": rescued.pushed,
            "held": rescued.held,
            "left": rescued.left,
        }
        if rescued.pushed:  # a metric costs something in the hours in which it has values
            line |= embedded(metrics, {Metric.OVERDUE_DELIVERIES: rescued.pushed})
            logger.warning("deliveries.rescued", extra=line)
        else:
            logger.info("deliveries.rescued", extra=line)
        return {}

    return handler


def rescue(dynamodb: Any, sqs: Any, settings: RescuerSettings, clock: Clock) -> Rescue:
    """The verb on these clients."""
    active = DynamoActiveTenants(dynamodb, settings.usage_table)
    return Rescue(
        tenants=lambda: [each.tenant for each in active.list_active()],
        store=DynamoRescueStore(dynamodb, settings.notifications_table, clock),
        configs=DynamoConfigList(dynamodb, settings.notifications_table),
        queue=SqsTaskQueue(sqs, settings.queue_url),
        workers=partial(state_of_workers, sqs, settings.queue_url),
        clock=clock,
        within=WITHIN,
    )


def wire(settings: RescuerSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    return build(rescue(create_client(), clients.LazyClient("sqs"), settings, now))


handler = wire(RescuerSettings.from_environment())
cold_start.end()
