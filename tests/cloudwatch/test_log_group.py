"""Facts about reading logs: every line once, whatever comes late, over a restart too."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.cloudwatch.invocations import Calls, gateway_data, invocations, lambda_data
from local.cloudwatch.log_group import LogLine, Position, Positions


def event(at: int, message: str, stream: str = "s") -> dict[str, Any]:
    return {"timestamp": at, "message": message, "logStreamName": stream}


def messages(lines: list[LogLine]) -> list[str]:
    return [line.message for line in lines]


def test_a_line_that_is_read_again_is_not_told_again() -> None:
    position = Position()
    assert messages(position.new([event(1, "a"), event(2, "b")])) == ["a", "b"]
    assert messages(position.new([event(1, "a"), event(2, "b"), event(3, "c")])) == ["c"]


def test_a_line_that_comes_late_is_told() -> None:
    position = Position()
    position.new([event(60_000, "new")])
    assert position.after == 55_000
    assert messages(position.new([event(57_000, "late"), event(60_000, "new")])) == ["late"]


def test_the_same_words_twice_are_two_lines() -> None:
    position = Position()
    assert messages(position.new([event(1, "a"), event(1, "a")])) == ["a", "a"]
    assert messages(position.new([event(1, "a"), event(1, "a"), event(1, "a")])) == ["a"]
    assert messages(position.new([event(1, "a", "other stream")])) == ["a"]


def test_what_is_long_read_is_forgotten() -> None:
    position = Position()
    position.new([event(at, "a", str(at)) for at in range(0, 100_000, 1000)])
    assert len(position.seen) == 6


def test_a_restart_reads_on_where_the_last_run_stopped(tmp_path: Path) -> None:
    positions = Positions.load(tmp_path / "logs.json")
    positions.of("group").new([event(10_000, "a"), event(10_001, "b")])
    positions.save()
    again = Positions.load(tmp_path / "logs.json").of("group")
    assert messages(again.new([event(10_001, "b"), event(10_002, "c")])) == ["c"]
    assert Positions.load(tmp_path / "logs.json").of("other") == Position()


def test_a_file_that_makes_no_sense_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "logs.json").write_text('{"group": 7}')
    assert Positions.load(tmp_path / "logs.json").of("group") == Position()


REPORT = "REPORT RequestId: 1\tDuration: 12 ms\tBilled Duration: 12 ms\tMemory Size: 512 MB"
COMPLETED = (
    '{"message":"request.completed","timestamp":"t","method":"GET","route":"/x",'
    '"status":404,"ApiLatency":[3.5]}'
)


def lines(*said: str, stream: str = "s") -> list[LogLine]:
    return [LogLine(5.0, stream, each) for each in ("START RequestId: 1", *said, REPORT)]


def values(data: list[Any]) -> dict[str, float]:
    return {each.name: each.values[0] for each in data}


def test_each_stream_is_one_call() -> None:
    found = invocations([*lines(COMPLETED), *lines('{"message": "x"}', stream="t")])
    assert [each.duration_ms for each in found] == [12.0, 12.0]
    assert [each.request is not None for each in found] == [True, False]


def test_a_call_that_answered_counts_by_its_status() -> None:
    (call,) = invocations(lines(COMPLETED))
    assert values(gateway_data("api", call)) == {"Count": 1, "4xx": 1, "5xx": 0, "Latency": 3.5}
    counted = values(lambda_data("f", call))
    assert counted == {"Invocations": 1, "Errors": 0, "Throttles": 0, "Duration": 12}


def test_a_call_without_a_word_has_crashed() -> None:
    (call,) = invocations(lines())
    assert values(gateway_data("api", call)) == {"Count": 1, "4xx": 0, "5xx": 1, "Latency": 12}
    assert values(lambda_data("f", call))["Errors"] == 1


def test_a_call_that_has_not_ended_is_none_yet() -> None:
    assert invocations(lines(COMPLETED)[:-1]) == []


def said(at: float, number: int) -> str:
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return COMPLETED.replace('"t"', f'"{stamp}"').replace("404", str(number))


def ended(at: float, *messages: str) -> list[LogLine]:
    """A call of 12 ms that ended then."""
    report = LogLine(at, f"stream {at}", REPORT)
    return [*(LogLine(at, f"stream {at}", each) for each in messages), report]


def test_a_call_whose_words_come_with_the_next_one_has_not_failed() -> None:
    calls = Calls()
    assert calls.told(ended(100.0), now=100.5) == []
    late, own = calls.told(ended(101.0, said(99.995, 201), said(100.995, 204)), now=101.5)
    assert (late.at, own.at) == (100.0, 101.0)
    assert [each.request and each.request.status for each in (late, own)] == [201, 204]
    assert calls.told([], now=200) == []


def test_silence_that_lasts_is_a_failure() -> None:
    calls = Calls()
    assert calls.told(ended(100.0), now=101) == []
    assert calls.told(ended(105.0, said(104.995, 200)), now=106)[0].failed is False
    (call,) = calls.told([], now=111)
    assert call.failed
    assert calls.told([], now=200) == []


def test_whoever_only_repeats_the_words_of_another_is_silent_itself() -> None:
    calls = Calls()
    calls.told(ended(100.0), now=100.5)
    (first,) = calls.told(ended(101.0, said(99.995, 201)), now=101.5)
    assert (first.at, first.failed) == (100.0, False)
    (second,) = calls.told([], now=112)
    assert (second.at, second.failed) == (101.0, True)
