"""The delivery queue: tasks as messages, now, in minutes, or in hours.

| wait             | how                                                           |
|------------------|---------------------------------------------------------------|
| up to 15 minutes | a new message with a delay: SQS knows no longer one           |
| longer           | a one-time schedule that sends the message and deletes itself |
| longer, no room  | a new message every 15 minutes, until it is due               |

No message waits hidden: that counts as in flight, and at about 120,000 of those a queue hands
out nothing more to anybody.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from triggers_api.aws import clients
from triggers_api.errors import QueueUnavailableError, TasksRefusedError, UnreadableError
from triggers_api.push.delivery import Task
from triggers_api.push.ports import Workers
from triggers_api.settings import QueueSettings
from triggers_api.timestamps import Clock
from triggers_api.trace_header import CurrentTrace, TraceHeader, untraced

_LONGEST_DELAY: Final = timedelta(seconds=900)
_FIELDS: Final = tuple(field.name for field in fields(Task) if field.name != "beyond")
_PUSH: Final = "push"
"""What a task is that does not say it; a later release gives what is none another `kind`."""
_ESSENTIAL: Final = ("tenant", "event_id", "config_id")
# Earlier releases cannot read a message without these; all others are left out if they say nothing.
_ALWAYS: Final = frozenset({*_ESSENTIAL, "round", "pushes", "replayed_after"})
_OF_LETTERS: Final = frozenset({"delivery_id", "reason"})  # who moves one back sends these, too
_BATCH: Final = 10  # messages that SQS takes in one call
_TAKEN_AT_ONCE: Final = 1000  # by a hundred workers


class SqsTaskQueue:
    """See `TaskQueue`."""

    def __init__(self, sqs: Any, queue_url: str, trace: CurrentTrace = untraced) -> None:
        """`sqs` is a low-level client; `trace` is for tasks that carry none."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._trace = trace

    def send(self, tasks: Sequence[Task]) -> None:
        """See `TaskQueue.send`. A call for each ten."""
        refused: list[Task] = []
        for start in range(0, len(tasks), _BATCH):
            refused += self._send_batch(tasks[start : start + _BATCH])
        if refused:
            raise TasksRefusedError(refused)

    def _send_batch(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """Send up to ten; those that the queue will never take. Raises if another was not taken."""
        entries = [{"Id": str(number)} | self._message(task) for number, task in enumerate(tasks)]
        try:
            with _queue_errors():
                answer = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except ClientError as error:
            if not clients.is_about_content(error):
                raise
            if len(tasks) == 1:
                return tasks
            # Together they are too much, or one of them spoils the call: each by itself.
            return [task for each in tasks for task in self._send_batch([each])]
        failed = answer.get("Failed", [])
        if not all(each["SenderFault"] for each in failed):
            raise QueueUnavailableError("The delivery queue did not take a task. Try again.")
        return [tasks[int(each["Id"])] for each in failed]

    def _message(self, task: Task) -> dict[str, Any]:
        traced = task if task.trace is not None else replace(task, trace=self._trace())
        # Fair queues: as a message's group, a busy tenant delays only itself.
        message: dict[str, Any] = {"MessageBody": to_body(traced), "MessageGroupId": task.tenant}
        if traced.trace is not None:
            # Ours is in the body, which goes through schedules too; this one is for X-Ray, which
            # then shows the queue and links the invocation that takes the message.
            header = {"DataType": "String", "StringValue": traced.trace}
            message["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        return message


class SqsDeliveryQueue(SqsTaskQueue):
    """See `DeliveryQueue`."""

    def __init__(
        self,
        sqs: Any,
        scheduler: Any,
        settings: QueueSettings,
        clock: Clock,
        trace: CurrentTrace = untraced,
    ) -> None:
        """`sqs` and `scheduler` are low-level clients; `trace` is for tasks that carry none."""
        super().__init__(sqs, settings.queue_url, trace)
        self._scheduler = scheduler
        self._settings = settings
        self._clock = clock

    def send_later(self, task: Task, at: datetime) -> None:
        """See `DeliveryQueue.send_later`."""
        wait = at - self._clock()
        if wait > _LONGEST_DELAY:
            with suppress(QueueUnavailableError):
                self._schedule(task, at)
                return
            # The scheduler's quotas are shared by all tenants. A message that comes too early is
            # sent on, so it can take the place of a schedule, for a send each quarter of an hour.
            wait = _LONGEST_DELAY
        with _queue_errors():
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                DelaySeconds=max(0, -(-wait // timedelta(seconds=1))),
                **self._message(task),
            )

    def send_dead_letter(self, task: Task, reason: str) -> None:
        """See `DeliveryQueue.send_dead_letter`."""
        body = json.loads(to_body(task.afresh())) | {
            "delivery_id": task.delivery_id,
            "reason": reason,
        }
        with _queue_errors():
            self._sqs.send_message(
                QueueUrl=self._settings.dead_letter_queue_url, MessageBody=json.dumps(body)
            )

    def _schedule(self, task: Task, at: datetime) -> None:
        """A schedule is named after delivery and minute: made twice, it is one.

        Raises `QueueUnavailableError` if the scheduler takes no more for now.
        """
        event, minute = task.event_id.removeprefix("evt_"), int(at.timestamp()) // 60
        try:
            with _queue_errors():
                self._scheduler.create_schedule(
                    # 64 characters at most: a round has up to five, a minute seven.
                    Name=f"{schedules_of(task.config_id)}{event}{task.round:x}-{minute:x}",
                    GroupName=self._settings.scheduler_group,
                    ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._settings.queue_arn,
                        "RoleArn": self._settings.scheduler_role_arn,
                        "Input": to_body(task),
                        # After a day without the queue, the scheduler gives up: not in silence.
                        "DeadLetterConfig": {"Arn": self._settings.dead_letter_queue_arn},
                    },
                )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ServiceQuotaExceededException":
                raise QueueUnavailableError("There are too many schedules.") from error
            if code != "ConflictException":
                raise


def state_of_workers(sqs: Any, queue_url: str) -> Workers:
    """Whether due tasks wait for workers: more than these take at once, or while none works."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    with _queue_errors():
        told = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    due, in_work = (int(told["Attributes"][name]) for name in names)
    if due > 0 and in_work == 0:
        return Workers.STAND_STILL
    return Workers.BEHIND if due >= _TAKEN_AT_ONCE else Workers.KEEP_UP


def schedules_of(config_id: str) -> str:
    """What the names of a config's schedules begin with: so they are found without all others."""
    return f"{config_id.removeprefix('cfg_')}_"


def _queue_errors() -> AbstractContextManager[None]:
    return clients.transient_errors(QueueUnavailableError, "delivery queue")


def to_body(task: Task) -> str:
    """A task as a message's body."""
    said = {name: getattr(task, name) for name in _FIELDS}
    known = {name: value for name, value in said.items() if name in _ALWAYS or value}
    return json.dumps({**task.beyond, **known})


def from_body(body: str) -> Task:
    """A message's body as a task.

    What is not known here is handed on with it: it may wait for a worker that knows it. Raises for
    what is no push: the queue shows it again, to other workers too, and keeps it at the end.
    """
    given = told_in(body)
    if given.get("kind", _PUSH) != _PUSH:
        message = "The task is of a kind that is not known here."
        raise UnreadableError(message)
    said = {name: given[name] for name in _FIELDS if name in given}
    if not all(isinstance(given[name], str) for name in _ESSENTIAL):
        raise ValueError("A task names its tenant, event and config by texts.")
    beyond = {name: given[name] for name in given.keys() - said.keys() - _OF_LETTERS}
    trace = TraceHeader.read(given.get("trace"))  # a bad one is none: SQS would refuse it
    return Task(**said | {"trace": None if trace is None else str(trace)}, beyond=beyond)


def told_in(body: str) -> Any:
    """What a message or a letter says: the scheduler's letters hold the request that failed."""
    told = json.loads(body)
    if isinstance(told, dict) and isinstance(told.get("MessageBody"), str):
        return json.loads(told["MessageBody"])
    return told
