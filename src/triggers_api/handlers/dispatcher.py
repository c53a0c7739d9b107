"""The dispatcher's Lambda function: new events from the stream, tasks into the queue."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from triggers_api import aws
from triggers_api.event import Event
from triggers_api.handlers.observability import create_logger, create_metrics, embedded
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
from triggers_api.watch.metrics import Metric


class Dispatcher:
    """Turns new events into tasks."""

    def __init__(
        self,
        *,
        configs: ConfigStore,
        queue: DeliveryQueue,
        streaks: StreakStore,
        events: EventStore,
        executions: ExecutionStore,
        clock: Clock = now,
        traces: Traces = UNTRACED,
    ) -> None:
        """On these stores and this queue."""
        self._configs = configs
        self._queue = queue
        self._watch = WatchFailures(streaks, events, clock)
        self._summarize = Summarize(executions, clock)
        self._traces = traces
        self._logger = create_logger()
        self._metrics = create_metrics()

    def __call__(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Dispatch a batch up to the first record that fails; the stream repeats from there."""
        dispatch = Dispatch(self._configs)
        tasks: list[Task] = []
        failed: str | None = None
        dispatched: list[dict[str, Any]] = []
        with self._traces.batch() as batch:
            for record in event["Records"]:
                try:
                    tasks += self._tasks_of(record, dispatch, batch)
                    dispatched.append(record)
                except Exception:
                    failed = record["dynamodb"]["SequenceNumber"]
                    known = _known_of(record) | {"sequence_number": failed}
                    self._logger.exception("dispatch.failed", extra=known)
                    break
            # If this raises, the whole batch is repeated: tasks may double, none is lost.
            with batch.shared("sqs", "SendMessageBatch", (task.trace for task in tasks)):
                self._queue.send(tasks)
        self._notice(dispatched)
        return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}

    def _tasks_of(self, record: dict[str, Any], dispatch: Dispatch, batch: Batch) -> list[Task]:
        known = _known_of(record)
        with batch.event(_trace_of(record), **_ids_of(record)) as part:
            tenant, event = _new_event(record["dynamodb"]["NewImage"])
            if self._watch(tenant, event):
                # The alert is an event too.
                stored = embedded(self._metrics, {Metric.EVENTS_CREATED: 1})
                self._logger.warning("failures.consecutive", extra=known | stored)
            tasks = dispatch(tenant, event)
            part.note(pushes=len(tasks))
            self._logger.info("event.dispatched", extra=known | {"pushes": len(tasks)})
            return [replace(task, trace=part.header) for task in tasks]

    def _notice(self, records: Iterable[dict[str, Any]]) -> None:
        """Keep the counts of executions at hand; nothing that was dispatched depends on it."""
        for record in records:
            stored = record["dynamodb"]
            if "execution_id" not in stored["NewImage"]:
                continue
            tenant, event = _new_event(stored["NewImage"])
            try:
                stored_at = datetime.fromtimestamp(stored["ApproximateCreationDateTime"], UTC)
                self._summarize.notice(tenant, event, stored_at)
            except Exception:
                known = _known_of(record)
                self._logger.warning("execution.not_folded", extra=known, exc_info=True)


def wire(settings: EventsSettings, push: PushSettings, queue: QueueSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    traces = traces_of("dispatcher", tracing=settings.tracing)
    client = create_client()
    events = DynamoEventStore(client, settings, now, traces.header)
    return Dispatcher(
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
