"""The delivery worker's Lambda function: tasks from the queue, pushes to receivers."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from triggers_api.access.limits_of import LimitsOf
from triggers_api.access.tenants import Limits
from triggers_api.aws import clients
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.aws.task_queue import SqsDeliveryQueue, from_body
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.events.ids import created_at_of
from triggers_api.events.lifecycle import EventStatus
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.observability import create_logger, create_metrics, embedded, log_spread
from triggers_api.handlers.traced import traces_of
from triggers_api.handlers.traces import UNTRACED, Handler, Traces
from triggers_api.loops import as_told, cdn_id_of
from triggers_api.push.channel import Channel
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Task
from triggers_api.push.outcome import Outcome, Result
from triggers_api.push.ports import DeliveryQueue
from triggers_api.push.retry import RetrySchedule
from triggers_api.push.turns import Turns
from triggers_api.settings import DeliverySettings, PushSettings
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.outcomes import DynamoOutcomeLedger
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.store.token_buckets import DynamoTokenBuckets, beside_deliveries
from triggers_api.timestamps import Clock, now
from triggers_api.trace_header import trace_id_of
from triggers_api.watch.metrics import Metric
from triggers_api.watch.widespread import NoteOutcomes

_AFTER_CRASH: Final = timedelta(seconds=5)  # doubled each time
_LONGEST_AFTER_CRASH: Final = timedelta(seconds=320)
_CRASHES_AT_MOST: Final = 100  # with the longest wait, nine hours
_LINES_KEPT_FOR: Final = timedelta(days=30)  # configs come and go; no line is that long
_MOVES: Final = {
    EventStatus.DELIVERED: Metric.EVENTS_ACKNOWLEDGED,
    EventStatus.FAILED: Metric.EVENTS_FAILED,
}


def in_threads(
    carry_out: Callable[[dict[str, Any]], "Carried"], records: list[dict[str, Any]]
) -> list["Carried"]:
    """Carry out all records at once: a worker's time is billed while it waits for receivers."""
    with ThreadPoolExecutor(len(records)) as threads:
        return list(threads.map(carry_out, records))


@dataclass(frozen=True, slots=True)
class Carried:
    """A message that was worked on; if it is kept, the queue shows it again."""

    message_id: str
    keep: bool
    task: Task | None = None
    outcome: Outcome | None = None
    given_up: str | None = None  # why, of a task that crashed its workers too often


class Worker:
    """Carries out a batch of tasks."""

    def __init__(
        self,
        deliver: Deliver,
        queue: DeliveryQueue,
        clock: Clock,
        carry_out_all: Callable[..., list[Carried]] = in_threads,
        traces: Traces = UNTRACED,
        note_outcome: NoteOutcomes | None = None,
    ) -> None:
        """Tasks that must come again are put into `queue` again: nothing waits in flight."""
        self._deliver = deliver
        self._queue = queue
        self._clock = clock
        self._carry_out_all = carry_out_all
        self._traces = traces
        self._note_outcome = note_outcome
        self._logger = create_logger()
        self._metrics = create_metrics()

    def __call__(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Carry out a batch; messages that must come again are reported as failed."""
        carried = self._carry_out_all(self._carry_out, event["Records"])
        for each in carried:
            self._tell(each)
        return {
            "batchItemFailures": [
                {"itemIdentifier": each.message_id} for each in carried if each.keep
            ]
        }

    def _carry_out(self, record: dict[str, Any]) -> Carried:
        message_id = record["messageId"]
        task: Task | None = None
        try:
            task = from_body(record["body"])
            with self._traces.batch() as batch, batch.event(task.trace, **_ids(task)) as part:
                outcome = self._deliver(task)
                if outcome.again_at is not None:
                    # First queue the copy, then finish the message: after a crash between the
                    # two there are two, which is better than none.
                    self._queue.send_later(outcome.again or task, outcome.again_at)
                part.note(result=outcome.result.value)
        except Exception:
            known = {"message_id": message_id} | (_known(task) if task else {})
            self._logger.exception("delivery.crashed", extra=known)
            return Carried(message_id, keep=True) if task is None else self._again(message_id, task)
        return Carried(message_id, keep=False, task=task, outcome=outcome)

    def _again(self, message_id: str, task: Task) -> Carried:
        """Queue a crashed task again; six minutes is long if a table or network only hiccuped.

        If that fails too, the message is kept, and its visibility timeout brings it back.
        """
        with suppress(Exception):
            if task.crashes >= _CRASHES_AT_MOST:
                reason = f"workers crashed on it {task.crashes} times"
                self._queue.send_dead_letter(task, reason)
                return Carried(message_id, keep=False, task=task, given_up=reason)
            wait = _AFTER_CRASH * 2 ** min(task.crashes, 10)
            again_at = self._clock() + min(wait, _LONGEST_AFTER_CRASH)
            self._queue.send_later(replace(task, crashes=task.crashes + 1), again_at)
            return Carried(message_id, keep=False)
        return Carried(message_id, keep=True)

    def _tell(self, carried: Carried) -> None:
        """Say what became of a message; the others of its batch depend on it in nothing."""
        if carried.task is None:
            return
        try:
            if carried.outcome is not None:
                self._report(carried.task, carried.outcome)
                self._note(carried.task, carried.outcome.result)
            if carried.given_up is not None:
                told = _known(carried.task) | {"reason": carried.given_up}
                told |= embedded(self._metrics, {Metric.DEAD_LETTERS: 1})
                self._logger.critical("DEAD_LETTER", extra=told)
        except Exception:
            known = {"message_id": carried.message_id}
            self._logger.exception("delivery.not_reported", extra=known)

    def _report(self, task: Task, outcome: Outcome) -> None:
        """Log one line for the task, with its metrics in it."""
        if outcome.count_error is not None:
            error = outcome.count_error
            self._logger.warning("execution.not_counted", extra=_known(task), exc_info=error)
        if outcome.fault is not None:
            self._logger.error("channel.crashed", extra=_known(task) | {"fault": outcome.fault})
        delivery = outcome.delivery
        last = delivery.attempts[-1] if delivery and delivery.attempts else None
        line = _known(task) | {
            "result": outcome.result,
            "attempt": len(delivery.attempts) if delivery else None,
            "status_code": last.status_code if last else None,
            "reason": delivery.reason if delivery else None,
            "error": outcome.error or (last.error if last else None),
            "again_at": outcome.again_at.isoformat() if outcome.again_at else None,
            "circuit_opened": outcome.breaker_opened or None,
            "told_owner": outcome.told_owner,
        }
        known = {name: value for name, value in line.items() if value is not None}
        known |= embedded(self._metrics, self._measured(task, outcome), outcome.channel)
        # The worker may have crashed before logging; log again, as the letter is sent again.
        if delivery is not None and delivery.is_dead_letter:
            self._logger.critical("DEAD_LETTER", extra=known)
        else:
            self._logger.info("delivery.carried_out", extra=known)

    def _note(self, task: Task, result: Result) -> None:
        """Note the outcome by tenant, which metrics cannot do; a failure here costs no push."""
        if self._note_outcome is None or result not in (Result.SUCCEEDED, Result.DEAD):
            return
        try:
            self._note_outcome(task.tenant, has_failed=result is Result.DEAD)
        except Exception:
            self._logger.warning("outcome.not_noted", extra=_known(task), exc_info=True)

    def _measured(self, task: Task, outcome: Outcome) -> dict[Metric, float]:
        """The task's metrics; none if nothing was decided."""
        result = outcome.result
        measured: dict[Metric, float] = {}
        if result is Result.SUCCEEDED:
            latency = self._clock() - created_at_of(task.event_id)
            measured[Metric.DELIVERY_LATENCY] = latency / timedelta(milliseconds=1)
        if result in (Result.SUCCEEDED, Result.DEAD):
            # Zeros too, so that the average is the success rate.
            measured[Metric.DELIVERIES_SUCCEEDED] = int(result is Result.SUCCEEDED)
        if result is Result.DEAD:
            measured[Metric.DELIVERIES_FAILED] = measured[Metric.DEAD_LETTERS] = 1
        if outcome.told_owner is not None:
            measured[Metric.EVENTS_CREATED] = 1
        if outcome.event_moved_to is not None:
            measured[_MOVES[outcome.event_moved_to]] = 1
        return measured


def _ids(task: Task) -> dict[str, str]:
    """The ids by which a task is found."""
    ids = {
        "tenant": task.tenant,
        "event_id": task.event_id,
        "execution_id": task.execution_id,
        "config_id": task.config_id,
        "delivery_id": task.delivery_id,
    }
    return {name: value for name, value in ids.items() if value is not None}


def _known(task: Task) -> dict[str, Any]:
    """The fields of every log line about a task."""
    trace_id = trace_id_of(task.trace)
    return _ids(task) | ({} if trace_id is None else {"trace_id": trace_id})


def _turns(client: Any, settings: DeliverySettings) -> Turns:
    defaults = Limits(deliveries_per_second=settings.deliveries_per_second)
    limits = LimitsOf(DynamoTenantStore(client, settings.keys_table), defaults, now)
    table = settings.push.notifications_table
    buckets = DynamoTokenBuckets(client, table, beside_deliveries, kept_for=_LINES_KEPT_FOR)
    return Turns(buckets, lambda tenant: limits(tenant).deliveries_per_second)


def _channels(push: PushSettings, traces: Traces) -> Mapping[str, Channel]:
    may_be_private = push.allow_private_targets
    cdn_loop = as_told(cdn_id_of(push.secrets_key_id))
    http = GuardedHttp(allow_private=may_be_private, watch=traces.sending, cdn_loop=cdn_loop)
    return all_channels(http, allow_private=may_be_private, brand=push.brand)


def wire(settings: DeliverySettings) -> Handler:
    """The worker on AWS, as it runs on Lambda."""
    push = settings.push
    traces = traces_of("delivery", settings.watch.stack, tracing=settings.tracing)
    client = create_client()
    box = KmsSecretBox(clients.create_client("kms"), push.secrets_key_id, now)
    configs = DynamoConfigStore(client, push.notifications_table, box, now)
    sqs, scheduler = clients.create_client("sqs"), clients.create_client("scheduler")
    queue = SqsDeliveryQueue(sqs, scheduler, settings.queue, now)
    retention = settings.events.delivered_retention
    deliver = Deliver(
        events=DynamoEventStore(client, settings.events, now, tell_spread=log_spread),
        configs=configs,
        deliveries=DynamoDeliveryStore(
            client, push.notifications_table, configs, retention=retention
        ),
        queue=queue,
        channels=_channels(push, traces),
        summarize=Summarize(DynamoExecutionStore(client, settings.events, now), now),
        schedule=RetrySchedule(settings.retry_delays),
        clock=now,
        chance=random.random,
        turns=_turns(client, settings),
    )

    note = NoteOutcomes(DynamoOutcomeLedger(client, push.notifications_table), now)
    return Worker(deliver, queue, now, traces=traces, note_outcome=note)


handler = wire(DeliverySettings.from_environment())
cold_start.end()
