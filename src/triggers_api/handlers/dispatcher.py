"""The dispatcher's Lambda function: new events from the stream, tasks into the queue."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from triggers_api import aws
from triggers_api.event import Event
from triggers_api.handlers.observability import create_logger
from triggers_api.ports import EventStore, ExecutionStore
from triggers_api.push.consecutive_failures import StreakStore, WatchFailures
from triggers_api.push.delivery import Task
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.ports import ConfigStore, DeliveryQueue
from triggers_api.queue.deliveries import SqsDeliveryQueue
from triggers_api.settings import EventsSettings, PushSettings, QueueSettings
from triggers_api.store.dynamodb import create_client
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.items import to_event
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.streaks import DynamoStreakStore
from triggers_api.summarize import Summarize
from triggers_api.timestamps import Clock, now

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def build(
    *,
    configs: ConfigStore,
    queue: DeliveryQueue,
    streaks: StreakStore,
    events: EventStore,
    executions: ExecutionStore,
    clock: Clock = now,
) -> Handler:
    """The handler, on these stores and this queue."""
    logger = create_logger()
    watch = WatchFailures(streaks, events, clock)
    summarize = Summarize(executions, clock)

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Dispatch a batch up to the first record that fails; the stream repeats from there."""
        dispatch = Dispatch(configs)
        tasks: list[Task] = []
        failed: str | None = None
        dispatched: list[dict[str, Any]] = []
        for record in event["Records"]:
            try:
                tasks += _tasks_of(record, dispatch, watch, logger)
                dispatched.append(record)
            except Exception:
                failed = record["dynamodb"]["SequenceNumber"]
                logger.exception("dispatch.failed", extra={"sequence_number": failed})
                break
        # If this raises, the whole batch is repeated: tasks may double, none is lost.
        queue.send(tasks)
        _notice(dispatched, summarize, logger)
        return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}

    return handler


def wire(settings: EventsSettings, push: PushSettings, queue: QueueSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    client = create_client()
    events = DynamoEventStore(client, settings, now)
    return build(
        configs=DynamoConfigStore(client, push.notifications_table, _NoBox(), now),
        queue=SqsDeliveryQueue(aws.create_client("sqs"), None, queue, now),
        streaks=DynamoStreakStore(client, push.notifications_table),
        events=events,
        executions=DynamoExecutionStore(client, settings, now),
    )


class _NoBox:
    """The dispatcher has no key: it reads whom to push to, never with which secrets."""

    def seal(self, tenant: str, config_id: str, plain: bytes) -> bytes:
        raise NotImplementedError

    def open(self, tenant: str, config_id: str, sealed: bytes) -> bytes:
        raise NotImplementedError


def _tasks_of(
    record: dict[str, Any], dispatch: Dispatch, watch: WatchFailures, logger: Logger
) -> list[Task]:
    tenant, event = _new_event(record["dynamodb"]["NewImage"])
    known = {"tenant": tenant, "event_id": event.id, "execution_id": event.execution_id}
    if watch(tenant, event):
        logger.warning("failures.consecutive", extra=known)
    tasks = dispatch(tenant, event)
    logger.info("event.dispatched", extra=known | {"pushes": len(tasks)})
    return tasks


def _notice(records: Iterable[dict[str, Any]], summarize: Summarize, logger: Logger) -> None:
    """Keep the counts of executions at hand; nothing that was dispatched depends on it."""
    for record in records:
        stored = record["dynamodb"]
        if "execution_id" not in stored["NewImage"]:
            continue
        tenant, event = _new_event(stored["NewImage"])
        try:
            stored_at = datetime.fromtimestamp(stored["ApproximateCreationDateTime"], UTC)
            summarize.notice(tenant, event, stored_at)
        except Exception:
            known = {"tenant": tenant, "event_id": event.id, "execution_id": event.execution_id}
            logger.warning("execution.not_folded", extra=known, exc_info=True)


def _new_event(image: dict[str, Any]) -> tuple[str, Event]:
    """The event of a stream record, without its payload, which nobody needs here.

    (A stream's binary values are base64 text, so it could not be read as an item's.)
    """
    head = {name: value for name, value in image.items() if name != "payload"}
    return head["tenant"]["S"], to_event(head)


handler = wire(
    EventsSettings.from_environment(),
    PushSettings.from_environment(),
    QueueSettings.from_environment(),
)
cold_start.end()
