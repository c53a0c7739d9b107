"""The dispatcher's Lambda function: new events from the stream, tasks into the queue."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from triggers_api import aws
from triggers_api.event import Event
from triggers_api.handlers.observability import create_logger
from triggers_api.handlers.traces import UNTRACED, Batch, Handler, Traces, traces_of
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
from triggers_api.trace_header import trace_id_of


def build(
    *,
    configs: ConfigStore,
    queue: DeliveryQueue,
    streaks: StreakStore,
    events: EventStore,
    executions: ExecutionStore,
    clock: Clock = now,
    traces: Traces = UNTRACED,
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
        with traces.batch() as batch:
            for record in event["Records"]:
                try:
                    tasks += _tasks_of(record, dispatch, watch, logger, batch)
                    dispatched.append(record)
                except Exception:
                    failed = record["dynamodb"]["SequenceNumber"]
                    known = _known_of(record) | {"sequence_number": failed}
                    logger.exception("dispatch.failed", extra=known)
                    break
            # If this raises, the whole batch is repeated: tasks may double, none is lost.
            with batch.shared("sqs", "SendMessageBatch", (task.trace for task in tasks)):
                queue.send(tasks)
        _notice(dispatched, summarize, logger)
        return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}

    return handler


def wire(settings: EventsSettings, push: PushSettings, queue: QueueSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    traces = traces_of("dispatcher", tracing=settings.tracing)
    client = create_client()
    events = DynamoEventStore(client, settings, now, traces.header)
    return build(
        configs=DynamoConfigStore(client, push.notifications_table, _NoBox(), now),
        queue=SqsDeliveryQueue(aws.create_client("sqs"), None, queue, now),
        streaks=DynamoStreakStore(client, push.notifications_table),
        events=events,
        executions=DynamoExecutionStore(client, settings, now),
        traces=traces,
    )


class _NoBox:
    """The dispatcher has no key: it reads whom to push to, never with which secrets."""

    def seal(self, tenant: str, config_id: str, plain: bytes) -> bytes:
        raise NotImplementedError

    def open(self, tenant: str, config_id: str, sealed: bytes) -> bytes:
        raise NotImplementedError


def _tasks_of(
    record: dict[str, Any],
    dispatch: Dispatch,
    watch: WatchFailures,
    logger: Logger,
    batch: Batch,
) -> list[Task]:
    known = _known_of(record)
    with batch.event(_trace_of(record), **_ids_of(record)) as part:
        tenant, event = _new_event(record["dynamodb"]["NewImage"])
        if watch(tenant, event):
            logger.warning("failures.consecutive", extra=known)
        tasks = dispatch(tenant, event)
        part.note(pushes=len(tasks))
        logger.info("event.dispatched", extra=known | {"pushes": len(tasks)})
        return [replace(task, trace=part.header) for task in tasks]


def _ids_of(record: dict[str, Any]) -> dict[str, str]:
    """What a record's event is found by, also one that cannot be read."""
    image = record["dynamodb"].get("NewImage", {})
    names = {"tenant": "tenant", "id": "event_id", "execution_id": "execution_id"}
    return {names[name]: image[name]["S"] for name in names if "S" in image.get(name, {})}


def _known_of(record: dict[str, Any]) -> dict[str, Any]:
    """What every log line says of a record."""
    trace_id = trace_id_of(_trace_of(record))
    return _ids_of(record) | ({} if trace_id is None else {"trace_id": trace_id})


def _trace_of(record: dict[str, Any]) -> str | None:
    header: str | None = record["dynamodb"].get("NewImage", {}).get("trace", {}).get("S")
    return header


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
            logger.warning("execution.not_folded", extra=_known_of(record), exc_info=True)


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
