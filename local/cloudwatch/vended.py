"""Metrics that AWS's own services publish and the emulator does not, under AWS's names.

| namespace      | metrics                                        | where they come from         |
|----------------|------------------------------------------------|------------------------------|
| AWS/SQS        | messages visible, not visible, delayed         | the queue's attributes       |
| AWS/SQS        | age of the oldest message                      | since when messages wait     |
| AWS/Lambda     | IteratorAge of who reads a stream              | the stream poller            |
| AWS/Lambda     | Invocations, Errors, Throttles, Duration       | log lines (`invocations.py`) |
| AWS/ApiGateway | Count, 4xx, 5xx, Latency                       | the same                     |

The age is derived: nobody can ask the emulator how old a message is without taking it. It counts
from when the queue was last seen with nothing to take. A queue that is never seen empty looks
older than it is; a message that is hidden does not age. DynamoDB never throttles here.
"""

from collections.abc import Callable, Iterable
from typing import Any

from local.cloudwatch.emf import Datum

REPEAT_SECONDS = 60.0  # AWS publishes once a minute; here at once what changed

_GAUGES = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}


class QueueWatch:
    """Looks at queues."""

    def __init__(self, sqs: Any, urls: Iterable[str], clock: Callable[[], float]) -> None:
        """`sqs` is a client, `clock` as `time.time`."""
        self._sqs = sqs
        self._urls = tuple(urls)
        self._clock = clock
        self._waiting_since: dict[str, float] = {}
        self._told: dict[tuple[str, str], tuple[float, float]] = {}

    def look(self) -> list[Datum]:
        """What has changed since the last look, and what was not told for a minute."""
        return [datum for url in self._urls for datum in self._of(url)]

    def _of(self, url: str) -> list[Datum]:
        now = self._clock()
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=list(_GAUGES.values())
        )["Attributes"]
        values = {name: float(attributes[each]) for name, each in _GAUGES.items()}
        if values["ApproximateNumberOfMessagesVisible"]:
            age = now - self._waiting_since.setdefault(url, now)
        else:
            self._waiting_since.pop(url, None)
            age = 0.0
        queue = url.rsplit("/", 1)[1]
        data = [_queue_datum(queue, name, "Count", value, now) for name, value in values.items()]
        # The emulator's queues are not fair: nobody is noisy in them, so all groups are quiet.
        ages = ("ApproximateAgeOfOldestMessage", "ApproximateAgeOfOldestMessageInQuietGroups")
        data += [_queue_datum(queue, each, "Seconds", float(int(age)), now) for each in ages]
        return [each for each in data if self._is_news(queue, each)]

    def _is_news(self, queue: str, datum: Datum) -> bool:
        key, value = (queue, datum.name), datum.values[0]
        known, at = self._told.get(key, (None, 0.0))
        if value == known and datum.at - at < REPEAT_SECONDS:
            return False
        self._told[key] = (value, datum.at)
        return True


def iterator_age(function_name: str, seconds: float, at: float) -> Datum:
    """How far a function is behind its stream."""
    return Datum(
        namespace="AWS/Lambda",
        name="IteratorAge",
        dimensions=(("FunctionName", function_name),),
        unit="Milliseconds",
        at=at,
        values=(round(seconds * 1000, 1),),
    )


def _queue_datum(queue: str, name: str, unit: str, value: float, at: float) -> Datum:
    return Datum(
        namespace="AWS/SQS",
        name=name,
        dimensions=(("QueueName", queue),),
        unit=unit,
        at=at,
        values=(value,),
    )
