"""What the dispatcher logs: a line for each record, and no secret."""

import json
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config
from tests.clock import START
from tests.functional.conftest import LogLines
from tests.functional.stream_of_events import (
    COMPRESSIBLE,
    Bench,
    a_broken_record,
    a_record,
    number_of,
)
from tests.simulation.faults import Fault, OneFault


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_dispatched_event_is_one_line_with_its_ids(bench: Bench, log_lines: LogLines) -> None:
    bench.configs.put(a_config())
    event = an_event(START, execution_id="exec_42")

    bench.dispatch(a_record(event, 1))

    (line,) = log_lines()
    assert (line["level"], line["message"]) == ("INFO", "event.dispatched")
    assert (line["tenant"], line["event_id"], line["execution_id"], line["pushes"]) == (
        TENANT,
        event.id,
        "exec_42",
        1,
    )


def test_a_repeated_record_is_one_line_with_its_number(log_lines: LogLines) -> None:
    bench = Bench(OneFault(0, Fault.REFUSED))
    bench.dispatch(a_record(an_event(bench.clock()), 7))

    (line,) = log_lines()
    assert (line["level"], line["message"]) == ("ERROR", "dispatch.failed")
    assert line["sequence_number"] == number_of(7)
    assert (line["tenant"], line["execution_id"]) == (TENANT, "exec_42")
    assert line["event_id"].startswith("evt_")
    assert "StoreUnavailableError" in line["exception"]


def test_what_is_set_aside_is_one_critical_line_with_its_ids_and_a_count(
    bench: Bench, log_lines: LogLines
) -> None:
    bench.dispatch(a_broken_record(7))

    line = next(each for each in log_lines() if each["message"] == "event.set_aside")
    assert (line["level"], line["step"], line["exception_name"]) == ("CRITICAL", "read", "KeyError")
    assert line["sequence_number"] == number_of(7)
    assert (line["tenant"], line["execution_id"]) == (TENANT, "exec_42")
    assert line["event_id"].startswith("evt_")
    assert line["EventsSetAside"] == [1.0]
    assert "exception" not in line


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_line_names_the_trace_of_its_event(
    bench: Bench,
    log_lines: LogLines,
    is_broken: bool,  # noqa: FBT001
) -> None:
    trace_id = "1-5759e988-bd862e3fe1be46a994272793"
    header = f"Root={trace_id};Parent=53995c3f42cd8ad8;Sampled=1"
    record = a_record(an_event(START), 1, trace={"S": header})
    if is_broken:
        del record["dynamodb"]["NewImage"]["severity"]

    bench.dispatch(record)

    assert {line["trace_id"] for line in log_lines() if "event_id" in line} == {trace_id}


@pytest.mark.parametrize("image", [{}, {"trace": {"S": "Root=PRIVATE"}}])
def test_a_record_without_ids_is_a_line_with_its_number(
    bench: Bench, log_lines: LogLines, image: dict[str, Any]
) -> None:
    record = a_broken_record(7)
    record["dynamodb"]["NewImage"] = image

    assert bench.dispatch(record) == []

    (line,) = log_lines()
    assert line["sequence_number"] == number_of(7)
    assert "trace_id" not in line


def test_no_line_holds_a_secret_or_a_payload(
    log_lines: LogLines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bench = Bench(OneFault(3, Fault.REFUSED))
    private: dict[str, Any] = {"payload": COMPRESSIBLE, "metadata": {"connector": "PRIVATE"}}
    bench.configs.put(
        a_config(
            name="PRIVATE",
            settings={"url": "https://PRIVATE.example.com"},
            secrets={"bot_token": "PRIVATE"},
        )
    )
    types = ("order.failed", "order.fetched", "order.completed", "order.failed")
    events = [an_event(START, event_type=each, **private) for each in types]

    bench.dispatch(*(a_record(event, place) for place, event in enumerate(events)))
    unreadable = a_record(events[0], 3, severity={"S": "PRIVATE"})
    bench.dispatch(a_record(events[0], 1), a_broken_record(2), unreadable)

    assert log_lines()
    assert "PRIVATE" not in json.dumps(log_lines()) + caplog.text
