"""EventBridge Scheduler: one-time schedules that send a message, at least once, within a minute.

If the target does not take it, later: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tests.simulation.cloud.errors import AwsError, invalid
from tests.simulation.cloud.sqs import Queue

Request = dict[str, Any]
Answer = dict[str, Any]

_NAME: Final = re.compile(r"[0-9a-zA-Z-_.]{1,64}")
_PAGE: Final = 2  # so that even a few have a second page


def at_once() -> float:
    """A target takes what it is sent, and the schedule is gone in the same moment."""
    return 0.0


@dataclass
class Scheduler:
    """The service; it only knows queues."""

    queues: Mapping[str, Queue]  # by ARN
    at: Callable[[float, Callable[[], None]], None]  # calls something at a moment
    chance: random.Random
    doubles: float = 0.0  # how often a schedule runs twice
    most: Callable[[], int] = lambda: 1_000_000
    retried_for: Callable[[], float] = at_once  # seconds until the target takes a message
    lingers: Callable[[], float] = at_once  # seconds until a schedule that has run is deleted
    schedules: dict[str, Request] = field(default_factory=dict)

    def __call__(self, operation: str, request: Request) -> Answer:
        """What the service answers; raises `AwsError`."""
        answer: Answer = getattr(self, f"_{operation}")(request)
        return answer

    def _CreateSchedule(self, request: Request) -> Answer:  # noqa: N802  # an operation's name
        name = request["Name"]
        if not _NAME.fullmatch(name):
            raise invalid("A name has 1 to 64 letters, digits, -, _ and dots.")
        if name in self.schedules:
            raise AwsError("ConflictException", f"Schedule {name} already exists.", status=409)
        if len(self.schedules) >= self.most():
            said = f"You have {self.most()} schedules, and may have no more."
            raise AwsError("ServiceQuotaExceededException", said, status=402)
        self.schedules[name] = request
        said = request["ScheduleExpression"].removeprefix("at(").removesuffix(")")
        due = datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp()
        runs_at = due + self.chance.uniform(0, 59)
        self.at(runs_at, lambda: self._run(name, request, runs_at))
        return {"ScheduleArn": f"arn:aws:scheduler:us-east-1:123456789012:schedule/{name}"}

    def _run(self, name: str, request: Request, at: float) -> None:
        """Send its message, unless it was deleted, and again if its target does not take it.

        https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
        """
        if self.schedules.get(name) is not request:
            return
        again = 2 if self.chance.random() < self.doubles else 1
        if later := self.retried_for():
            self.at(at + later, lambda: self._send(name, request, at + later, again))
        else:
            self._send(name, request, at, again)

    def _send(self, name: str, request: Request, at: float, times: int) -> None:
        """What is tried again, nobody can call back: its schedule may be deleted meanwhile."""
        target = request["Target"]
        for _ in range(times):
            self.queues[target["Arn"]].send(target["Input"])
        if request.get("ActionAfterCompletion") != "DELETE":
            return
        if later := self.lingers():
            self.at(at + later, lambda: self._delete(name, request))
        else:
            self._delete(name, request)

    def _delete(self, name: str, request: Request) -> None:
        """Delete one that has run, "shortly after"; until then it has its name and counts.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html,
        https://aws.amazon.com/blogs/compute/automatically-delete-schedules-upon-completion-with-amazon-eventbridge-scheduler/
        """
        if self.schedules.get(name) is request:
            del self.schedules[name]

    def _DeleteSchedule(self, request: Request) -> Answer:  # noqa: N802
        if self.schedules.pop(request["Name"], None) is None:
            said = f"Schedule {request['Name']} does not exist."
            raise AwsError("ResourceNotFoundException", said, status=404)
        return {}

    def _ListSchedules(self, request: Request) -> Answer:  # noqa: N802
        prefix, after = request.get("NamePrefix", ""), request.get("NextToken", "")
        names = sorted(each for each in self.schedules if each.startswith(prefix) and each > after)
        answer: Answer = {"Schedules": [{"Name": name} for name in names[:_PAGE]]}
        if len(names) > _PAGE:
            answer["NextToken"] = names[_PAGE - 1]
        return answer
