"""A delivery queue, and a look at what was put into it."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.clock import FixedClock
from tests.contract.clients import Call
from tests.fakes.push import InMemoryQueue
from triggers_api.aws.task_queue import SqsDeliveryQueue, from_body
from triggers_api.push.delivery import Task
from triggers_api.push.ports import DeliveryQueue
from triggers_api.settings import QueueSettings


class Watched(Protocol):
    """What a suite needs of a queue."""

    @property
    def queue(self) -> DeliveryQueue: ...

    def now(self) -> list[Task]: ...

    def later(self) -> list[tuple[datetime, Task]]: ...

    def dead_letters(self) -> list[tuple[Task, str]]: ...


@dataclass
class WatchedFake:
    queue: InMemoryQueue

    def now(self) -> list[Task]:
        return self.queue.tasks

    def later(self) -> list[tuple[datetime, Task]]:
        return self.queue.later

    def dead_letters(self) -> list[tuple[Task, str]]:
        return self.queue.dead_letters


@dataclass
class WatchedSqs:
    """The real adapter; what it sent is received, what waits is read off its calls."""

    queue: SqsDeliveryQueue
    settings: QueueSettings
    sqs: Any
    scheduler: Any
    clock: FixedClock
    calls: list[Call]

    def now(self) -> list[Task]:
        return [from_body(each["Body"]) for each in self.receive(self.settings.queue_url)]

    def later(self) -> list[tuple[datetime, Task]]:
        delayed = [
            (self.clock() + timedelta(seconds=params["DelaySeconds"]), params["MessageBody"])
            for _, params in self.calls
            if "DelaySeconds" in params
        ]
        scheduled = [
            (due_at(each["ScheduleExpression"]), each["Target"]["Input"])
            for each in self.schedules()
        ]
        return [(at, from_body(body)) for at, body in delayed + scheduled]

    def dead_letters(self) -> list[tuple[Task, str]]:
        found = self.receive(self.settings.dead_letter_queue_url)
        return [(from_body(each["Body"]), json.loads(each["Body"])["reason"]) for each in found]

    def receive(self, url: str) -> list[dict[str, Any]]:
        """All messages that are visible."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            )
            if not answer.get("Messages"):
                return found
            found += answer["Messages"]

    def schedules(self) -> list[dict[str, Any]]:
        group = self.settings.scheduler_group
        listed = self.scheduler.list_schedules(GroupName=group)["Schedules"]
        return [self.scheduler.get_schedule(GroupName=group, Name=each["Name"]) for each in listed]


def due_at(expression: str) -> datetime:
    match = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression)
    assert match is not None, f"{expression} is no one-time schedule"
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
