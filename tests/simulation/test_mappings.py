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
from tests.simulation.cloud.streams import Shard, Stream
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
    a_mapping(calls, stream, name, window, lanes=1).notice()
    calls.kernel.run()


def a_mapping(calls: Calls, stream: Stream, name: str, window: int, **given: Any) -> Any:
    said: dict[str, Any] = {"EventSourceArn": "arn", "FunctionArn": "", "FilterCriteria": {}}
    said |= {"MaximumRecordAgeInSeconds": -1, "MaximumBatchingWindowInSeconds": window}
    settings = StreamMapping.of(properties(name) | said)
    fates, lanes = given.pop("fates", Fates(calls.chance, 0.0, is_calm=True)), given.pop("lanes", 2)
    return StreamToFunction(
        settings, calls.function, stream, calls.kernel, calls.chance, fates, lanes, **given
    )


def test_the_children_of_a_shard_wait_until_it_is_read_to_its_end() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html."""
    calls = Calls("SequenceNumber")
    shares = iter([0, 2, 1, 0, 1, *[0] * 20])
    stream = Stream("arn", [Shard("shardId-0")], children=lambda: next(shares))
    mapping = a_mapping(calls, stream, "DispatcherMapping", 0)
    stream.heard.append(mapping.notice)
    told: dict[str, list[str]] = {}
    for number in range(20):
        key: dict[str, Any] = {"pk": {"S": "abc"[number % 3]}}
        stream.tell(key, None, {**key, "n": {"N": f"{number}"}}, 1.0, swept=False)
        told.setdefault(key["pk"]["S"], []).append(f"{4421584500000000017450439001 + number}")

    calls.kernel.run()

    read = [each for batch in calls.handed for each in batch]
    assert [sum(bool(each.children) for each in stream.shards), len(stream.shards)] == [3, 5]
    assert len(read) == 20
    for numbers in told.values():
        assert [each for each in read if each in numbers] == numbers


def test_a_window_ends_with_a_call_for_no_record_until_it_is_answered() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html."""
    calls = Calls("SequenceNumber")
    answers: list[dict[str, Any]] = [{"state": {}}, {}, {"state": {}}]
    events: list[dict[str, Any]] = []

    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        events.append(event)
        return calls.answer(event, context) | answers.pop(0)

    calls.function.wire = lambda _: answer
    stream = Stream("arn", [Shard("shard")])
    stream.tell({"pk": {"S": "a"}}, None, {"pk": {"S": "a"}}, 1.0, swept=False)

    a_mapping(calls, stream, "EventsCounterMapping", 1, ends_window=lambda: True).notice()
    calls.kernel.run()

    assert [len(each["Records"]) for each in events] == [1, 0, 0]
    assert [each["isFinalInvokeForWindow"] for each in events] == [False, True, True]


def test_a_reader_that_is_held_back_hands_over_later() -> None:
    calls = Calls("SequenceNumber")
    handed: list[float] = []

    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        handed.append(calls.kernel.now)
        return calls.answer(event, context)

    calls.function.wire = lambda _: answer
    stream = Stream("arn", [Shard("shard")])
    stream.tell({"pk": {"S": "a"}}, None, {"pk": {"S": "a"}}, calls.kernel.now, swept=False)
    began_at = calls.kernel.now

    a_mapping(calls, stream, "DispatcherMapping", 0, held_for=lambda: 300.0).notice()
    calls.kernel.run()

    (at,) = handed
    assert at - began_at > 300


def test_a_batch_may_be_handed_over_again_behind_a_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html."""
    calls = Calls("SequenceNumber")
    monkeypatch.setattr(calls.chance, "choice", lambda among: among[0])  # one record each
    fates = Fates(calls.chance, 0.0)
    monkeypatch.setattr(fates, "happens", lambda _: True)
    stream = Stream("arn", [Shard("shard")])
    mapping = a_mapping(
        calls, stream, "DispatcherMapping", 0, fates=fates, repeated=lambda batches: batches[0]
    )
    for number in range(2):
        item: dict[str, Any] = {"pk": {"S": "a"}, "n": {"N": f"{number}"}}
        stream.tell({"pk": {"S": "a"}}, None, item, calls.kernel.now, swept=False)

    mapping.notice()
    calls.kernel.run()

    first, second = calls.handed[0], calls.handed[2]
    assert calls.handed == [first, first, second, first]
