"""The remover's Lambda function: once a minute it goes on deleting the tenants that leave."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from triggers_api.access.deletion import ContinueDeletions, OneRunAtATime, Run
from triggers_api.aws import clients
from triggers_api.aws.tenant_tasks import DeadLetters, Schedules, is_queue_empty
from triggers_api.handlers.observability import (
    create_logger,
    create_metrics,
    embedded,
    log_failures,
)
from triggers_api.settings import RemovalSettings, RemoverSettings
from triggers_api.store.deletions import DynamoDeletionStore
from triggers_api.store.remains import remains
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.timestamps import Clock, now
from triggers_api.watch.metrics import Metric

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

WITHIN: Final = timedelta(seconds=40)  # of the function's 55; one batch may be slow, or refused


Continue = Callable[[Callable[[timedelta], None]], Run]


def build(continue_deletions: Continue) -> Handler:
    """The handler, on this verb."""
    logger, metrics = create_logger(), create_metrics()

    def tell_stalled(stalled_for: timedelta) -> None:
        measured = {Metric.DELETION_STALLED: stalled_for / timedelta(seconds=1)}
        logger.info("tenants.leaving", extra=embedded(metrics, measured))

    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Do one run; log a line for each tenant that failed, one before the work and one after."""
        run = continue_deletions(tell_stalled)
        log_failures(logger, "tenant.not_deleted", run.failures)
        if run.left or run.ended:
            known: dict[str, Any] = {"removed": run.removed, "left": run.left, "ended": run.ended}
            if run.unseen:
                known["letters_unseen"] = run.unseen
            logger.info("tenants.deleted", extra=known)
        else:  # a line each run, or the local run, which sees nothing else, takes it for a crash
            logger.info("tenants.none_leaving")
        return {}

    return handler


def continue_deletions(
    dynamodb: Any, sqs: Any, scheduler: Any, settings: RemovalSettings, clock: Clock
) -> ContinueDeletions:
    """The verb on these clients."""
    left = remains(dynamodb, settings, clock)
    deletions = DynamoDeletionStore(dynamodb, settings.keys_table)
    letters = DeadLetters(sqs, settings.dead_letter_queue_url, clock)
    return ContinueDeletions(
        tenants=DynamoTenantStore(dynamodb, settings.keys_table),
        deletions=deletions,
        removals={
            "keys": left.keys,
            "configs": left.configs,
            "sources": left.sources,
            "scheduled_tasks": Schedules(scheduler, settings.scheduler_group, left.config_ids),
            "deliveries": left.deliveries,
            "events": left.events,
            "leases": left.leases,
            "streaks": left.streaks,
            "usage": left.usage,
        },
        last_removals={
            "counters": left.counters,
            "finders": left.finders,
        },
        letters=OneRunAtATime(letters, deletions, "#dead-letters", clock),
        is_queue_empty=partial(is_queue_empty, sqs, settings.queue_url),
        clock=clock,
        within=WITHIN,
    )


def wire(settings: RemoverSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    sqs, scheduler = clients.LazyClient("sqs"), clients.LazyClient("scheduler")
    return build(continue_deletions(create_client(), sqs, scheduler, settings.removal, now))


handler = wire(RemoverSettings.from_environment())
cold_start.end()
