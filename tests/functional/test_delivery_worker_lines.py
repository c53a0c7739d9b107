"""What a delivery leaves behind: one log line, which is its metrics too, and no secret."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.cloudwatch.emf import data_of
from tests.builders.events import TENANT
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import GONE, PERMANENT, REFUSED, Bench, metrics_of
from triggers_api.push.breaker import FAILURES_TO_OPEN
from triggers_api.push.channel import Receipt
from triggers_api.push.delivery import Delivery, Task

TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"
SUCCESS = {"DeliveriesSucceeded", "DeliveryLatency"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ids_of(task: Task) -> dict[str, Any]:
    return {
        "tenant": task.tenant,
        "event_id": task.event_id,
        "execution_id": task.execution_id,
        "config_id": task.config_id,
        "delivery_id": task.delivery_id,
    }


def said(line: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: line.get(name) for name in names}


def test_every_task_is_one_line_with_all_its_ids(bench: Bench, log_lines: LogLines) -> None:
    tasks = [bench.post(each)[1] for each in (None, REFUSED, PERMANENT)]

    bench.work(*tasks)

    assert [said(line, *ids_of(task)) for line, task in zip(log_lines(), tasks, strict=True)] == [
        ids_of(task) for task in tasks
    ]


def test_every_line_of_a_traced_task_names_its_trace(bench: Bench, log_lines: LogLines) -> None:
    _, task = bench.post(execution_id="exec_42")
    bench.queue.is_down = True
    traced = replace(task, trace=f"Root={TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1")
    unknown = "evt_" + "0" * 26  # no id of ours: it says a time in 1970
    gone = replace(traced, event_id=unknown)  # given up, which the queue must know

    bench.work(traced, gone, replace(task, trace="Root=1;Parent=2;Sampled=1"))

    assert {(line["message"], line.get("trace_id")) for line in log_lines()} == {
        ("delivery.carried_out", TRACE_ID),
        ("delivery.crashed", TRACE_ID),
        ("delivery.carried_out", None),
    }
    assert {line["execution_id"] for line in log_lines()} == {"exec_42"}


def test_a_delivered_task_is_measured_from_the_event_on(bench: Bench, log_lines: LogLines) -> None:
    _, task = bench.post()
    bench.clock.advance(seconds=3)

    bench.work(task)

    (line,) = log_lines()
    assert said(line, "level", "message", "result", "attempt", "status_code") == {
        "level": "INFO",
        "message": "delivery.carried_out",
        "result": "succeeded",
        "attempt": 1,
        "status_code": 200,
    }
    measured = metrics_of(line)
    assert measured["DeliveriesSucceeded"] == [1.0]
    assert measured["DeliveryLatency"] == [pytest.approx(3250, abs=1)]
    assert set(measured) == SUCCESS


def test_how_a_delivery_ended_is_measured_for_its_channel_too(
    bench: Bench, log_lines: LogLines
) -> None:
    bench.work(bench.post()[1])
    bench.work(bench.post(PERMANENT)[1])

    told = [
        (datum.name, dict(datum.dimensions).get("channel"), datum.values)
        for line in log_lines()
        for datum in data_of(json.dumps(line))
        if len(datum.dimensions) > 1
    ]
    assert told == [
        ("DeliveriesSucceeded", "webhook", (1.0,)),
        ("DeliveriesSucceeded", "webhook", (0.0,)),
        ("DeliveriesFailed", "webhook", (1.0,)),
    ]


def test_a_task_that_is_tried_again_is_counted_as_neither(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post(REFUSED)

    bench.work(task)

    (line,) = log_lines()
    assert said(line, "level", "result", "attempt", "status_code", "error", "again_at") == {
        "level": "INFO",
        "result": "retrying",
        "attempt": 1,
        "status_code": 500,
        "error": REFUSED.error,
        "again_at": (bench.clock() + timedelta(seconds=1)).isoformat(),
    }
    assert metrics_of(line) == {}


@pytest.mark.parametrize(
    ("receipt", "owner"),
    [(PERMANENT, {}), (GONE, {"EventsCreated": [1.0]})],  # its config's owner is told by an event
)
def test_what_is_given_up_is_a_critical_line_with_every_id_and_the_reason(
    bench: Bench, log_lines: LogLines, receipt: Receipt, owner: dict[str, list[float]]
) -> None:
    _, task = bench.post(receipt)

    bench.work(task)

    (line,) = log_lines()
    assert said(line, "level", "message", "reason", *ids_of(task)) == {
        "level": "CRITICAL",
        "message": "DEAD_LETTER",
        "reason": receipt.error,
    } | ids_of(task)
    assert (
        metrics_of(line)
        == {
            "DeliveriesSucceeded": [0.0],
            "DeliveriesFailed": [1.0],
            "DeadLetters": [1.0],
            "EventsFailed": [1.0],  # it was the event's only push
        }
        | owner
    )


def test_what_is_given_up_without_an_attempt_is_told_alike(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post()
    bench.clock.advance(days=400)

    bench.work(task)

    (line,) = log_lines()
    assert said(line, "level", "message", "reason", "attempt", *ids_of(task)) == {
        "level": "CRITICAL",
        "message": "DEAD_LETTER",
        "reason": "the event is gone",
        "attempt": 0,
    } | ids_of(task)
    assert metrics_of(line)["DeadLetters"] == [1.0]


def test_what_crashed_its_workers_too_often_is_told_and_counted_with_the_dead(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, task = bench.post()

    def crash(_task: Task) -> None:
        raise ConnectionError

    monkeypatch.setattr(bench.deliveries, "find", crash)

    bench.work(replace(task, crashes=100))

    _, line = log_lines()
    assert said(line, "level", "message", "reason", *ids_of(task)) == {
        "level": "CRITICAL",
        "message": "DEAD_LETTER",
        "reason": "workers crashed on it 100 times",
    } | ids_of(task)
    assert metrics_of(line) == {"DeadLetters": [1.0]}


def test_what_its_owner_deleted_is_told_but_counted_nowhere(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post()
    bench.configs.delete(TENANT, bench.config.id)

    bench.work(task)

    (line,) = log_lines()
    assert said(line, "level", "message", "result", "reason", *ids_of(task)) == {
        "level": "INFO",
        "message": "delivery.carried_out",
        "result": "dropped",
        "reason": "the config was deleted",
    } | ids_of(task)
    assert metrics_of(line) == {}


def test_a_dead_letter_is_told_of_also_if_who_gave_it_up_stopped_before(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post(PERMANENT)
    bench.queue.is_down = True
    bench.work(task)
    bench.queue.is_down = False

    bench.work(task)

    crashed, told = log_lines()
    assert said(crashed, "level", "message") == {"level": "ERROR", "message": "delivery.crashed"}
    assert said(told, "level", "message", "reason", *ids_of(task)) == {
        "level": "CRITICAL",
        "message": "DEAD_LETTER",
        "reason": PERMANENT.error,
    } | ids_of(task)


def test_a_delivery_that_had_succeeded_before_is_counted_once(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post()
    for _ in range(3):
        bench.work(task)

    measured = [metrics_of(line) for line in log_lines()]
    assert [set(each) for each in measured] == [SUCCESS, set(), set()]
    assert [line["result"] for line in log_lines()[1:]] == ["repeated", "repeated"]


def test_tasks_of_one_batch_are_measured_apart(bench: Bench, log_lines: LogLines) -> None:
    bench.work(*(bench.post(each)[1] for each in (None, REFUSED, PERMANENT, None)))

    assert [metrics_of(line).get("DeliveriesSucceeded") for line in log_lines()] == [
        [1.0],
        None,
        [0.0],
        [1.0],
    ]


def test_the_line_of_the_task_that_opens_a_breaker_says_so(
    bench: Bench, log_lines: LogLines
) -> None:
    for _ in range(FAILURES_TO_OPEN):
        bench.work(bench.post(REFUSED)[1])
    bench.work(bench.post()[1])

    opened = [line.get("circuit_opened") for line in log_lines()]
    assert opened == [None] * (FAILURES_TO_OPEN - 1) + [True, None]
    assert log_lines()[-1]["result"] == "breaker_open"


def test_a_message_that_cannot_be_read_is_an_error_with_its_id(
    bench: Bench, log_lines: LogLines
) -> None:
    bench.work("not JSON")

    (line,) = log_lines()
    expected = {"level": "ERROR", "message": "delivery.crashed", "message_id": "m0"}
    assert said(line, *expected) == expected


def test_a_channel_that_crashes_is_an_error_of_its_own(bench: Bench, log_lines: LogLines) -> None:
    def fail() -> None:
        raise OverflowError("PRIVATE")

    _, task = bench.post()
    bench.channel.while_sending = fail

    bench.work(task)

    crashed, told = log_lines()
    assert said(crashed, "level", "message", *ids_of(task)) == {
        "level": "ERROR",
        "message": "channel.crashed",
    } | ids_of(task)
    assert crashed["fault"].startswith("OverflowError at test_delivery_worker_lines.py:")
    assert told["result"] == "retrying"
    assert "PRIVATE" not in str((crashed, told))


def test_a_task_that_crashes_is_an_error_with_all_its_ids(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post(Receipt(error="500"))
    bench.queue.is_down = True

    bench.work(task)

    (line,) = log_lines()
    assert said(line, "level", "message_id", *ids_of(task)) == {
        "level": "ERROR",
        "message_id": "m0",
    } | ids_of(task)
    assert "QueueUnavailableError" in line["exception"]


def test_no_line_holds_a_secret_or_a_payload(
    log_lines: LogLines, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG")
    bench = Bench(
        name="PRIVATE",
        settings={"url": "https://hooks.example.com/PRIVATE"},
        secrets={"secret": "PRIVATE", "bot_token": "PRIVATE"},
        message_template="PRIVATE",
    )
    private: dict[str, Any] = {"payload": b'{"card":"PRIVATE"}', "metadata": {"x": "PRIVATE"}}

    bench.work(*(bench.post(each, **private)[1] for each in (None, REFUSED, PERMANENT)))
    bench.work('{"tenant":"PRIVATE"', '{"PRIVATE":"PRIVATE"}', '"PRIVATE"')
    bench.queue.is_down = True
    bench.work(bench.post(PERMANENT, **private)[1])

    def fail(delivery: Delivery, **_: object) -> bool:
        raise RuntimeError(delivery.id)

    monkeypatch.setattr(bench.deliveries, "record", fail)
    bench.work(bench.post(**private)[1])

    assert len(log_lines()) == 8
    assert "PRIVATE" not in json.dumps(log_lines()) + caplog.text


def test_whose_delivery_is_final_is_noted_and_whose_failed(bench: Bench) -> None:
    bench.work(bench.post(REFUSED)[1])
    assert (bench.outcomes.pushing, bench.outcomes.failures) == ({}, [])

    bench.work(bench.post()[1])
    assert (list(bench.outcomes.pushing), bench.outcomes.failures) == ([TENANT], [])

    bench.work(bench.post(PERMANENT)[1])
    assert [tenant for _, tenant in bench.outcomes.failures] == [TENANT]


def test_a_note_that_fails_costs_no_push(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(bench.outcomes, "note_pushing", fail)

    assert bench.work(bench.post()[1]) == []
    assert [line["message"] for line in log_lines()] == [
        "delivery.carried_out",
        "outcome.not_noted",
    ]
