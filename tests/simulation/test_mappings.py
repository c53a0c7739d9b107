"""What a mapping does with a function's answer: a failure that it cannot place is one of all.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from local.stream_mapping import StreamMapping
from tests.cloudformation import properties
from tests.simulation.cloud.kernel import Kernel
from tests.simulation.cloud.sqs import Queue
from tests.simulation.cloud.tables import Shard, Stream
from tests.simulation.product.fates import Fates
from tests.simulation.product.lambdas import Function
from tests.simulation.product.mappings import QueueToFunction, StreamToFunction

Answering = Callable[[list[str]], list[str]]


class Calls:
    """A function that tells what fails of what it is handed, call by call."""

    def __init__(self, name: str, *failing: Answering) -> None:
        self.chance = random.Random(3)  # noqa: S311  # repeatable on purpose
        self.kernel = Kernel(self.chance)
        self.handed: list[list[str]] = []
        self.function = Function("f", lambda _: self.answer, 30, self.kernel, self.chance)
        self._failing = [*failing]
        self._name = name

    def answer(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        names = [self._named(each) for each in event["Records"]]
        self.handed.append(names)
        failed = self._failing.pop(0)(names) if self._failing else []
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def _named(self, record: dict[str, Any]) -> str:
        said: str = record.get("messageId") or record["dynamodb"][self._name]
        return said


@pytest.mark.parametrize(
    ("failing", "left"), [(lambda names: names[:1], 1), (lambda _: ["another"], 3)]
)
def test_a_queue_keeps_what_failed_and_all_if_it_is_no_message_of_the_batch(
    failing: Answering, left: int
) -> None:
    calls = Calls("", *[failing] * 3)
    kernel = calls.kernel
    queue = Queue("https://sqs/queue", 300, lambda: kernel.now, calls.chance, 345_600)
    for body in "abc":
        queue.send(body)
    queue.tell = QueueToFunction(queue, calls.function, kernel, calls.chance, 3).notice

    queue.tell()
    kernel.run(until=kernel.now + 60)

    assert sum(map(len, calls.handed)) == 3
    assert len(queue.messages) == (left if left == 3 else len(calls.handed))


@pytest.mark.parametrize(
    ("failing", "again"), [(lambda names: names[2:3], 1), (lambda _: ["another"], 3)]
)
def test_a_stream_goes_on_at_what_failed_and_anew_if_it_is_no_record_of_the_batch(
    failing: Answering, again: int
) -> None:
    calls = Calls("SequenceNumber", failing)

    a_stream_of_three(calls, "DispatcherMapping", window=0)

    assert [len(each) for each in calls.handed] == [3, again]


def test_a_function_with_a_window_has_failed_unless_it_answers_with_a_state() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html."""
    calls = Calls("SequenceNumber", lambda _: [])
    answers: list[dict[str, Any]] = [{}, {"state": {}}]
    calls.function.wire = lambda _: lambda *said: calls.answer(*said) | answers.pop(0)

    a_stream_of_three(calls, "EventsCounterMapping", window=1)

    assert [len(each) for each in calls.handed] == [3, 3]


def a_stream_of_three(calls: Calls, name: str, window: int) -> None:
    """Hand three records over by a mapping of the template, until all is done."""
    stream = Stream("arn", [Shard("shard")])
    for number in range(3):
        item = {"pk": {"S": "a"}, "n": {"N": f"{number}"}}
        stream.tell({"pk": {"S": "a"}}, None, {**item}, 1.0, swept=False)
    said: dict[str, Any] = {"EventSourceArn": "arn", "FunctionArn": "", "FilterCriteria": {}}
    said |= {"MaximumRecordAgeInSeconds": -1, "MaximumBatchingWindowInSeconds": window}
    settings = StreamMapping.of(properties(name) | said)
    fates = Fates(calls.chance, 0.0, is_calm=True)
    mapping = StreamToFunction(
        settings, calls.function, stream, calls.kernel, calls.chance, fates, 1
    )
    mapping.notice()
    calls.kernel.run()
