"""The delivery worker's handler on fakes, and messages as SQS hands them over."""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.builders.events import TENANT, an_event
from tests.builders.push import WITHOUT_LIMIT, a_config, a_task
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from tests.fakes.watch import InMemoryOutcomeLedger
from triggers_api.aws.task_queue import to_body
from triggers_api.events.event import Event
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.delivery import Worker
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Delivery, Task
from triggers_api.push.retry import RetrySchedule
from triggers_api.watch.widespread import NoteOutcomes

SENDING_TAKES = timedelta(milliseconds=250)
DELAYS = tuple(timedelta(seconds=each) for each in (1, 59.2, 60, 60.001, 900, 7200))
GONE = Receipt(status_code=410, error="the receiver answered 410 Gone", refusal=Refusal.GONE)
PERMANENT = Receipt(status_code=422, error="the receiver answered 422", refusal=Refusal.FINAL)
REFUSED = Receipt(status_code=500, error="the receiver answered 500")


class ChannelByEvent(ScriptedChannel):
    """Answers the events that it was told an answer to with that, and accepts the others."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self.by_event: dict[str, Receipt] = {}
        self.while_sending = lambda: clock.advance(seconds=SENDING_TAKES.total_seconds())

    def send(self, push: Push) -> Receipt:
        receipt = super().send(push)
        return self.by_event.get(push.event.id, receipt)


class Bench:
    """A worker with one healthy config, whose messages are made here."""

    def __init__(self, **config: Any) -> None:
        self.clock = FixedClock()
        self.events = InMemoryEventStore(self.clock)
        self.executions = InMemoryExecutionStore(self.events, self.clock)
        self.configs = InMemoryConfigStore()
        self.deliveries = InMemoryDeliveryStore()
        self.queue = InMemoryQueue()
        self.channel = ChannelByEvent(self.clock)
        self.config = a_config(**config)
        self.configs.put(self.config)
        self._received: Counter[str] = Counter()
        deliver = Deliver(
            events=self.events,
            configs=self.configs,
            deliveries=self.deliveries,
            queue=self.queue,
            channels={"webhook": self.channel},
            summarize=Summarize(self.executions, self.clock),
            turns=WITHOUT_LIMIT,
            schedule=RetrySchedule(DELAYS),
            clock=self.clock,
            chance=lambda: 0.0,
            pause=lambda seconds: self.clock.advance(seconds=seconds),
        )
        self.outcomes = InMemoryOutcomeLedger()
        note = NoteOutcomes(self.outcomes, self.clock)
        self._worker = Worker(deliver, self.queue, self.clock, note_outcome=note)

    def post(self, answer: Receipt | None = None, **fields: Any) -> tuple[Event, Task]:
        """A new event with a task; the receiver will answer it like that."""
        event = an_event(START, **fields)
        self.events.add(TENANT, event, None)
        if answer is not None:
            self.channel.by_event[event.id] = answer
        return event, a_task(event, self.config)

    def work(self, *messages: Task | str) -> list[str]:
        """Which of the messages are answered as failed; `m0` is the first."""
        answer = self._worker({"Records": [*map(a_message, messages, range(99))]}, None)
        assert set(answer) == {"batchItemFailures"}
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def record_of(self, task: Task) -> Delivery:
        found = self.deliveries.find(task)
        assert found is not None
        return found

    def put_config(self, **fields: Any) -> NotificationConfig:
        config = a_config(**fields)
        self.configs.put(config)
        return config


def a_message(said: Task | str, number: int) -> dict[str, Any]:
    """What SQS hands over of a task, or of any other text."""
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"handle of m{number}",
        "body": said if isinstance(said, str) else to_body(said),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "MessageGroupId": TENANT,
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:deliveries",
        "awsRegion": "us-east-1",
    }


def metrics_of(line: dict[str, Any]) -> dict[str, Any]:
    """The metrics that CloudWatch would read out of a line; of the service only."""
    if "_aws" not in line:
        return {}
    directives = line["_aws"]["CloudWatchMetrics"]
    assert {each["Namespace"] for each in directives} == {"TriggersAPI"}
    for each in directives:
        assert each["Dimensions"] in ([["service"]], [["service"], ["service", "channel"]])
    names = [metric["Name"] for each in directives for metric in each["Metrics"]]
    assert len(names) == len(set(names)), "counted twice"
    return {name: line[name] for name in names}
