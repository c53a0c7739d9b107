"""The dispatcher's Lambda function: new events from the stream, tasks into the queue."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

import traceback
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from triggers_api.aws import clients
from triggers_api.aws.task_queue import SqsTaskQueue
from triggers_api.cache import Cache
from triggers_api.errors import TasksRefusedError, TransientError
from triggers_api.events.event import Event
from triggers_api.events.ports import EventStore
from triggers_api.executions.ports import ExecutionStore
from triggers_api.executions.summarize import Summarize, is_late
from triggers_api.handlers.lives import IsThere, Lives
from triggers_api.handlers.observability import create_logger, create_metrics, embedded, log_spread
from triggers_api.handlers.traced import traces_of
from triggers_api.handlers.traces import UNTRACED, Batch, Handler, Traces
from triggers_api.push.consecutive_failures import AlertOnFailures
from triggers_api.push.delivery import Task
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.ports import ConfigList, StreakStore, TaskQueue
from triggers_api.settings import DispatcherSettings
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.items import payload_of, to_event
from triggers_api.store.notification_configs import DynamoConfigList
from triggers_api.store.streaks import DynamoStreakStore
from triggers_api.store.streamed_rows import StreamedRows, written_at
from triggers_api.store.table import create_client
from triggers_api.timestamps import Clock, now
from triggers_api.trace_header import trace_id_of
from triggers_api.watch.metrics import Metric

# A tenant's rows may be throttled for hours; its event may hold up everybody's only this long.
HOLDS_AT_MOST: Final = timedelta(minutes=5)
# A record begun within this ends within the function's 30 seconds; the next invocation goes on.
_BEGINS_WITHIN: Final = timedelta(seconds=15)
_TASKS_AT_ONCE: Final = 1000  # a hundred calls of the queue, two seconds
_NOBODY: Final = ""  # no tenant can have this name
_REMEMBERED: Final = 1000  # records that failed, and tenants: a shard has one that holds it up

Result = TypeVar("Result")


class _RepeatError(Exception):
    """The stream must hand out this record again."""


class Dispatcher:
    """Turns new events into tasks.

    All tenants share a shard and its order. So a record is repeated only for errors that may
    pass; if its content provokes an error, it is set aside with a loud line, and the shard goes on.
    """

    def __init__(
        self,
        *,
        configs: ConfigList,
        queue: TaskQueue,
        streaks: StreakStore,
        events: EventStore,
        executions: ExecutionStore,
        clock: Clock = now,
        traces: Traces = UNTRACED,
        is_there: IsThere = lambda _: True,
    ) -> None:
        """Work on these stores and this queue. Late records whose rows are not there tell nothing."""
        self._is_there = is_there
        self._configs = configs
        self._queue = queue
        self._alert_on_failures = AlertOnFailures(streaks, events, clock)
        self._summarize = Summarize(executions, clock)
        self._events = events
        self._executions = executions
        self._clock = clock
        self._failing_since: Cache[str, datetime] = Cache(_REMEMBERED)  # by sequence number
        self._given_up: Cache[tuple[str, str | None], bool] = Cache(
            _REMEMBERED, kept_for=HOLDS_AT_MOST, clock=clock
        )  # by step and tenant
        self._traces = traces
        self._logger = create_logger()
        self._metrics = create_metrics()

    def __call__(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Dispatch a batch up to the first record that must be repeated, or as far as time allows."""
        dispatch, lives = Dispatch(self._configs, self._clock), Lives(self._is_there, self._clock)
        tasks: list[Task] = []
        left: str | None = None
        dispatched: list[dict[str, Any]] = []
        ends_at = self._clock() + _BEGINS_WITHIN
        with self._traces.batch() as batch:
            for record in event["Records"]:
                is_full = len(tasks) >= _TASKS_AT_ONCE or self._clock() > ends_at
                if dispatched and is_full:
                    left = record["dynamodb"]["SequenceNumber"]
                    break
                try:
                    if self._step("life", record, partial(lives.is_over, record)):
                        continue  # of a tenant that is gone
                    tasks += self._tasks_of(record, dispatch, batch)
                    dispatched.append(record)
                except _RepeatError as error:
                    left = record["dynamodb"]["SequenceNumber"]
                    self._logger.exception(
                        "dispatch.failed", extra=_known_of(record), exc_info=error.__cause__
                    )
                    break
            # If this raises, the whole batch is repeated: tasks may be duplicated, none is lost.
            with batch.shared("sqs", "SendMessageBatch", (task.trace for task in tasks)):
                self._send(tasks)
        self._notice(dispatched, ends_at)
        return {"batchItemFailures": [{"itemIdentifier": left}] if left else []}

    def _tasks_of(self, record: dict[str, Any], dispatch: Dispatch, batch: Batch) -> list[Task]:
        """The tasks of a record, step by step; a step that fails does not stop the others."""
        known = _known_of(record)
        with batch.event(_trace_of(record), **_ids_of(record)) as part:
            read = self._step("read", record, lambda: _new_event(record["dynamodb"]["NewImage"]))
            if read is None:
                return []
            tenant, event = read
            if self._step("alert", record, lambda: self._alert_on_failures(tenant, event)):
                # The alert is an event too.
                stored = embedded(self._metrics, {Metric.EVENTS_CREATED: 1})
                self._logger.warning("failures.consecutive", extra=known | stored)
            self._step("count", record, lambda: self._count_late(tenant, event, record))
            payload = partial(self._payload_of, record, tenant, event)
            tasks = self._step("match", record, lambda: dispatch(tenant, event, 0, payload))
            if tasks is None:
                return []
            part.note(pushes=len(tasks))
            del known["sequence_number"]  # the event's id names it, and each byte is paid for
            self._logger.info("event.dispatched", extra=known | {"pushes": len(tasks)})
            return [replace(task, trace=part.header) for task in tasks]

    def _step(self, step: str, record: dict[str, Any], work: Callable[[], Result]) -> Result | None:
        """The work's result; None if it was set aside. Raises `_RepeatError`."""
        try:
            return work()
        except Exception as error:
            if self._may_pass(error, step, record):
                raise _RepeatError from error
            self._set_aside(step, _known_of(record), error)
            return None

    def _may_pass(self, error: Exception, step: str, record: dict[str, Any]) -> bool:
        """Whether the error may pass, so that the record is worth repeating.

        An error that the content provokes never passes. One that its tenant alone has is waited
        for only so long; one that all have is waited for until it passes. The time that a record
        stood behind others is not its own trouble: it counts only while its tenant's is known.
        """
        if not isinstance(error, TransientError):
            return clients.is_refusal(error) and not clients.is_about_content(error)
        number, whose = record["dynamodb"]["SequenceNumber"], (step, _ids_of(record).get("tenant"))
        since = self._failing_since.get_or_read(number, self._clock)
        if self._given_up.get(whose):
            since = written_at(record)
        if self._clock() - since < HOLDS_AT_MOST:
            return True
        if not self._works_for_others(step):
            self._failing_since.put(number, self._clock())  # all waited: its own time begins anew
            return True
        self._given_up.put(whose, True)  # noqa: FBT003  # a value to remember
        return False

    def _works_for_others(self, step: str) -> bool:
        """Whether each table that the step asks answers for nobody's rows."""
        try:
            if step in {"life", "alert", "count", "match"}:
                self._executions.find_checkpoint(_NOBODY, _NOBODY)  # in the events table
            if step in {"alert", "match"}:
                self._configs.list_subscriptions(_NOBODY)
        except TransientError:
            return False
        return True

    def _count_late(self, tenant: str, event: Event, record: dict[str, Any]) -> None:
        """Have its execution counted anew, if it was stored late: no reader would make up for it."""
        if event.execution_id is not None and is_late(event, written_at(record)):
            self._summarize.notice(tenant, event, written_at(record))

    def _payload_of(self, record: dict[str, Any], tenant: str, event: Event) -> bytes:
        """The payload, for a config whose expression looks at it."""
        kept = record["dynamodb"]["NewImage"].get("payload", {})
        if "B" in kept:  # a stream's binary values are base64 text
            return payload_of({"payload": {"B": b64decode(kept["B"])}})
        if "S" in kept:
            return payload_of({"payload": kept})
        return self._events.get(tenant, event.id).payload

    def _send(self, tasks: Sequence[Task]) -> None:
        try:
            self._queue.send(tasks)
        except TasksRefusedError as error:
            for task in error.tasks:
                ids = {"tenant": task.tenant, "event_id": task.event_id}
                self._set_aside("send", ids | {"config_id": task.config_id}, error)

    def _set_aside(self, step: str, known: Mapping[str, Any], error: Exception) -> None:
        """Leave it to a person, with a line that names it but tells nothing of its content.

        So the line has no exception text, which may quote the event.
        """
        frames = traceback.extract_tb(error.__traceback__)
        told = {
            "step": step,
            "exception_name": type(error).__name__,
            "raised_at": f"{frames[-1].name}:{frames[-1].lineno}" if frames else None,
        }
        counted = embedded(self._metrics, {Metric.EVENTS_SET_ASIDE: 1})
        self._logger.critical("event.set_aside", extra={**known, **told, **counted})

    def _notice(self, records: Iterable[dict[str, Any]], ends_at: datetime) -> None:
        """Fold what executions counted; readers make up for what fails here or is left."""
        for record in records:
            stored = record["dynamodb"]
            if "execution_id" not in stored.get("NewImage", {}):
                continue
            if self._clock() > ends_at:
                return  # the next reader of the counts folds them
            try:
                tenant, event = _new_event(stored["NewImage"])
                if not is_late(event, written_at(record)):  # see `_count_late`
                    self._summarize.notice(tenant, event, written_at(record))
            except Exception as error:  # noqa: BLE001  # its text may quote the event
                told = {"exception_name": type(error).__name__}
                self._logger.warning("execution.not_folded", extra=_known_of(record) | told)


def wire(settings: DispatcherSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    traces = traces_of("dispatcher", settings.watch.stack, tracing=settings.tracing)
    client = create_client()
    events = DynamoEventStore(client, settings.events, now, traces.header, log_spread)
    return Dispatcher(
        configs=DynamoConfigList(client, settings.notifications_table),
        queue=SqsTaskQueue(clients.create_client("sqs"), settings.queue_url),
        streaks=DynamoStreakStore(client, settings.notifications_table),
        events=events,
        executions=DynamoExecutionStore(client, settings.events, now),
        traces=traces,
        is_there=StreamedRows(client).has,
    )


def _ids_of(record: dict[str, Any]) -> dict[str, str]:
    """The ids by which a record's event is found, even if it cannot be read."""
    image = record["dynamodb"].get("NewImage", {})
    names = {"tenant": "tenant", "id": "event_id", "execution_id": "execution_id"}
    return {names[name]: image[name]["S"] for name in names if "S" in image.get(name, {})}


def _known_of(record: dict[str, Any]) -> dict[str, Any]:
    """The fields of every log line about a record."""
    known = _ids_of(record) | {"sequence_number": record["dynamodb"]["SequenceNumber"]}
    trace_id = trace_id_of(_trace_of(record))
    return known if trace_id is None else known | {"trace_id": trace_id}


def _trace_of(record: dict[str, Any]) -> str | None:
    header: str | None = record["dynamodb"].get("NewImage", {}).get("trace", {}).get("S")
    return header


def _new_event(image: dict[str, Any]) -> tuple[str, Event]:
    """The event of a stream record, without its payload, which few configs ask for."""
    head = {name: value for name, value in image.items() if name != "payload"}
    return head["tenant"]["S"], to_event(head)


handler = wire(DispatcherSettings.from_environment())
cold_start.end()
