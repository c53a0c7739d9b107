"""Facts about the local stand-in for a stream's event source mapping: AWS's rules, kept."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from local.stream_batch import BatchRunner, Trouble
from local.stream_mapping import FOR_EVER, StreamMapping, sequence_number
from tests.fakes.stream import NOW, FakeFunction, a_mapping, a_record

NAMES = ["p1", "p2", "bad", "p3", "p4"]


class Run:
    """A batch carried through: what was called, marked, waited for."""

    def __init__(self, mapping: StreamMapping, function: FakeFunction, *ages: float) -> None:
        self.marks: list[str] = []
        self.waits: list[float] = []
        runner = BatchRunner(mapping, function, self.waits.append, lambda: NOW)
        records = [
            a_record(name, at=NOW - age)
            for name, age in itertools.zip_longest(NAMES, ages, fillvalue=0)
            if isinstance(name, str)
        ]
        runner.run(records, lambda record: self.marks.append(sequence_number(record)))


def answered(before: list[Trouble]) -> Iterator[dict[str, Any] | Trouble]:
    """These, and then success."""
    yield from before
    yield {}


def test_a_batch_that_succeeds_is_one_call() -> None:
    function = FakeFunction()
    run = Run(a_mapping(), function)
    assert function.calls == [NAMES]
    assert run.marks == ["p4"]
    assert run.waits == []


def test_the_stream_goes_on_from_the_record_that_failed_and_gives_only_that_one_up() -> None:
    function = FakeFunction(bad=["bad"])
    run = Run(a_mapping(), function)
    assert function.calls == [
        NAMES,
        ["bad", "p3", "p4"],
        ["bad"],
        ["bad"],
        ["bad"],
        ["p3", "p4"],
    ]
    assert function.succeeded == ["p1", "p2", "p3", "p4"]
    assert run.marks == ["p2", "bad", "p4"]
    (message,) = function.given_up
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = message["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("bad", "bad")
    assert info["batchSize"] == 1


def test_without_bisecting_all_that_follows_is_given_up_as_well() -> None:
    function = FakeFunction(bad=["bad"])
    run = Run(a_mapping(bisects=False), function)
    assert function.calls == [NAMES, ["bad", "p3", "p4"], ["bad", "p3", "p4"]]
    assert run.marks == ["p2", "p4"]
    (message,) = function.given_up
    assert message["requestContext"]["approximateInvokeCount"] == 3
    assert message["DDBStreamBatchInfo"]["batchSize"] == 3


def test_a_record_that_kills_the_function_is_found_by_halving() -> None:
    def killed(names: list[str]) -> Any:
        return Trouble.FAILED if "bad" in names else {}

    function = FakeFunction(answer=killed)
    run = Run(a_mapping(), function)
    assert [call for call in function.calls if "bad" not in call] == [["p1", "p2"], ["p3", "p4"]]
    assert run.marks == ["p2", "bad", "p4"]
    assert len(function.given_up) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"identifier": "p2"}]},
        {"batchItemFailures": [{"itemIdentifier": "nobody"}]},
    ],
)
def test_a_report_that_names_no_record_fails_the_whole_batch(answer: dict[str, Any]) -> None:
    function = FakeFunction(answer=lambda _: answer)
    run = Run(a_mapping(bisects=False, max_retries=0), function)
    assert run.marks == ["p4"]
    assert function.given_up[0]["DDBStreamBatchInfo"]["batchSize"] == 5


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": None}])
def test_a_report_that_is_empty_is_success(answer: dict[str, Any] | None) -> None:
    function = FakeFunction(answer=lambda _: answer)
    run = Run(a_mapping(), function)
    assert (len(function.calls), run.marks, function.given_up) == (1, ["p4"], [])


def test_the_first_of_several_reported_records_counts() -> None:
    reports = iter([{"batchItemFailures": [{"itemIdentifier": name} for name in ("p4", "p2")]}, {}])
    function = FakeFunction(answer=lambda _: next(reports))
    Run(a_mapping(), function)
    assert function.calls == [NAMES, NAMES[1:]]


def test_a_function_that_may_not_report_has_succeeded_whatever_it_returns() -> None:
    function = FakeFunction(bad=["bad"])
    Run(a_mapping(reports_failures=False), function)
    assert function.calls == [NAMES]


def test_being_throttled_uses_up_no_retry() -> None:
    answers = answered(50 * [Trouble.THROTTLED])
    function = FakeFunction(answer=lambda _: next(answers))
    run = Run(a_mapping(max_retries=0), function)
    assert len(function.calls) == 51
    assert (run.marks, function.given_up) == (["p4"], [])


def test_records_that_are_too_old_are_given_up_without_a_call() -> None:
    function = FakeFunction()
    run = Run(a_mapping(max_age_seconds=60), function, 61, 61)
    assert function.calls == [["bad", "p3", "p4"]]
    assert run.marks == ["p2", "p4"]
    assert function.given_up[0]["requestContext"]["condition"] == "MaxRecordAgeExceeded"


def test_waits_grow_to_ten_seconds_and_no_retry_is_left_out_when_there_is_no_limit() -> None:
    answers = answered(5000 * [Trouble.FAILED])
    function = FakeFunction(answer=lambda _: next(answers))
    run = Run(a_mapping(bisects=False, max_retries=FOR_EVER), function)
    assert run.waits[:7] == [0.25, 0.5, 1, 2, 4, 8, 10]
    assert len(function.calls) == 5001


def test_telling_it_to_stop_ends_a_batch_where_it_is() -> None:
    class StopError(Exception):
        pass

    def stop(_seconds: float) -> None:
        raise StopError

    marks: list[str] = []
    function = FakeFunction(bad=["bad"])
    with pytest.raises(StopError):
        BatchRunner(a_mapping(), function, stop, lambda: NOW).run(
            [a_record(name) for name in NAMES], lambda each: marks.append(sequence_number(each))
        )
    assert marks == ["p2"]
