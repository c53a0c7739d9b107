"""EventBridge Scheduler: one-time schedules that send a message, at least once, within a minute."""

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


@dataclass
class Scheduler:
    """The service; it only knows queues."""

    queues: Mapping[str, Queue]  # by ARN
    at: Callable[[float, Callable[[], None]], None]  # calls something at a moment
    chance: random.Random
    doubles: float = 0.0  # how often a schedule runs twice
    most: Callable[[], int] = lambda: 1_000_000
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
        self.at(due + self.chance.uniform(0, 59), lambda: self._run(name, request))
        return {"ScheduleArn": f"arn:aws:scheduler:us-east-1:123456789012:schedule/{name}"}

    def _run(self, name: str, request: Request) -> None:
        """Send its message, unless it was deleted; then it deletes itself, if it is asked to.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
        """
        if self.schedules.get(name) is not request:
            return
        if request.get("ActionAfterCompletion") == "DELETE":
            del self.schedules[name]
        target = request["Target"]
        for _ in range(2 if self.chance.random() < self.doubles else 1):
            self.queues[target["Arn"]].send(target["Input"])

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
