"""Dispatcher and worker at work for executions: folding now and then, counts in texts."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config
from tests.clock import START
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import Bench as WorkerBench
from tests.functional.stream_of_events import Bench, Record, a_record, number_of
from tests.unit.executions.executions_bench import is_sampled
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.executions.summarize import SETTLES_WITHIN
from triggers_api.handlers.dispatcher import HOLDS_AT_MOST

EXECUTION = "exec_42"


@pytest.fixture
def bench() -> Bench:
    """A dispatcher, subscribed to by one config; 150 events of its execution have settled."""
    bench = Bench()
    bench.configs.put(a_config())
    for number in range(150):
        event = an_event(START + timedelta(milliseconds=number))
        bench.events.add(TENANT, event, None)
    bench.clock.at += 2 * SETTLES_WITHIN
    return bench


def a_sampled_event(bench: Bench, **fields: Any) -> Event:
    while not is_sampled(event := an_event(bench.clock(), **fields)):
        pass
    return event


def folded(bench: Bench) -> int:
    return sum(bench.executions.find_checkpoint(TENANT, EXECUTION).tally.counts.values())


def test_a_sampled_event_folds_its_execution(bench: Bench) -> None:
    event = a_sampled_event(bench)

    assert bench.dispatch(a_record(event, 1)) == []

    assert folded(bench) == 150
    assert bench.pushed() == [event.id]


def test_an_event_that_is_not_sampled_costs_no_call(bench: Bench) -> None:
    events = [an_event(bench.clock()) for _ in range(50)]
    others = [event for event in events if not is_sampled(event)]

    bench.dispatch(*(a_record(event, place) for place, event in enumerate(others)))

    assert bench.executions.reads == 0


def test_a_record_that_comes_twice_folds_once(bench: Bench) -> None:
    record = a_record(a_sampled_event(bench), 1)

    bench.dispatch(record)
    bench.dispatch(record)

    assert folded(bench) == 150
    assert bench.executions.find_checkpoint(TENANT, EXECUTION).version == 1


def test_an_event_stored_long_after_its_time_has_its_execution_counted_anew(bench: Bench) -> None:
    bench.dispatch(a_record(a_sampled_event(bench), 1))
    record = a_record(an_event(START), 2)
    stored_at = record["dynamodb"]["ApproximateCreationDateTime"]
    record["dynamodb"]["ApproximateCreationDateTime"] = stored_at + 3600

    assert bench.dispatch(record) == []

    assert folded(bench) == 0


def a_late_record(place: int) -> Record:
    record = a_record(an_event(START), place)
    record["dynamodb"]["ApproximateCreationDateTime"] += 3600
    return record


def test_an_event_stored_late_is_repeated_until_its_execution_is_counted_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("The store is busy.")

    bench.dispatch(a_record(a_sampled_event(bench), 1))
    with monkeypatch.context() as hiccup:
        hiccup.setattr(bench.executions, "keep_checkpoint", fail)
        assert bench.dispatch(a_late_record(2)) == [number_of(2)]
        assert folded(bench) == 150

    assert bench.dispatch(a_late_record(2)) == []
    assert folded(bench) == 0


def test_an_event_stored_late_is_counted_however_long_the_invocation_took(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.dispatch(a_record(a_sampled_event(bench), 1))
    reading = bench.configs.list_subscriptions

    def slow(tenant: str) -> Any:
        bench.clock.advance(seconds=20)
        return reading(tenant)

    monkeypatch.setattr(bench.configs, "list_subscriptions", slow)

    assert bench.dispatch(a_late_record(2)) == []
    assert folded(bench) == 0


def test_counting_anew_for_a_tenant_whose_rows_are_busy_keeps_its_push_up_some_minutes_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("The store is busy.")

    monkeypatch.setattr(bench.executions, "keep_checkpoint", fail)
    record = a_late_record(1)

    assert bench.dispatch(record) == [number_of(1)]
    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds())
    assert bench.dispatch(record) == []

    assert len(bench.pushed()) == 1
    (line,) = [line for line in log_lines() if line["message"] == "event.set_aside"]
    assert line["step"] == "count"


def test_a_stream_that_is_read_late_makes_no_event_late(bench: Bench) -> None:
    bench.dispatch(a_record(a_sampled_event(bench), 1))
    bench.clock.advance(hours=5)

    bench.dispatch(a_record(an_event(START), 2))

    assert folded(bench) == 150


def test_a_fold_that_fails_is_told_and_nothing_else_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailableError("The store is busy.")

    monkeypatch.setattr(bench.executions, "find_checkpoint", fail)
    event = a_sampled_event(bench)

    assert bench.dispatch(a_record(event, 1)) == []

    assert bench.pushed() == [event.id]
    (line,) = [line for line in log_lines() if line["message"] == "execution.not_folded"]
    assert (line["level"], line["event_id"]) == ("WARNING", event.id)
    assert (line["tenant"], line["execution_id"]) == (TENANT, EXECUTION)


def test_pushes_are_queued_before_anything_is_folded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    find = bench.executions.find_checkpoint

    def look(tenant: str, execution_id: str) -> Any:
        queued.append(len(bench.queue.tasks))
        return find(tenant, execution_id)

    monkeypatch.setattr(bench.executions, "find_checkpoint", look)
    bench.dispatch(a_record(a_sampled_event(bench), 1), a_record(an_event(bench.clock()), 2))

    assert set(queued) == {2}


@pytest.fixture
def worker() -> WorkerBench:
    """One whose channel writes to people."""
    worker = WorkerBench()
    worker.channel.tells_counts = True
    return worker


def test_a_push_to_people_tells_the_counts_of_its_execution(worker: WorkerBench) -> None:
    worker.post()
    worker.post()
    _, task = worker.post(event_type="sync.completed")

    worker.work(task)

    (push,) = worker.channel.pushes
    assert push.execution_counts == {"order.fetched": 2, "sync.completed": 1}


def test_each_attempt_counts_anew(worker: WorkerBench) -> None:
    _, task = worker.post(event_type="sync.completed")
    worker.work(task)
    worker.post()
    _, another = worker.post(event_type="sync.completed")

    worker.work(another)

    assert worker.channel.pushes[-1].execution_counts == {
        "order.fetched": 1,
        "sync.completed": 2,
    }


def test_a_webhook_pays_for_no_counts(worker: WorkerBench) -> None:
    worker.channel.tells_counts = False
    _, task = worker.post()

    worker.work(task)

    assert worker.channel.pushes[0].execution_counts is None
    assert worker.executions.reads == 0


def test_an_event_without_an_execution_has_no_counts(worker: WorkerBench) -> None:
    _, task = worker.post(execution_id=None)

    worker.work(task)

    assert worker.channel.pushes[0].execution_counts is None


@pytest.mark.parametrize("error", [StoreUnavailableError("busy"), RuntimeError("a bug")])
def test_a_push_that_cannot_be_counted_for_is_sent_without(
    worker: WorkerBench, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(worker.executions, "find_checkpoint", fail)
    event, task = worker.post()

    assert worker.work(task) == []

    assert worker.channel.pushes[0].execution_counts is None
    assert worker.record_of(task).status == "succeeded"
    (line,) = [line for line in log_lines() if line["message"] == "execution.not_counted"]
    assert (line["level"], line["event_id"]) == ("WARNING", event.id)
