"""What one event's content, or one tenant's rows, provoke keeps nobody else's events up."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config
from tests.functional.conftest import LogLines
from tests.functional.stream_of_events import Bench, Record, a_record, number_of
from triggers_api.errors import IdempotencyConflictError, StoreUnavailableError, TasksRefusedError
from triggers_api.events.event import Event
from triggers_api.handlers.dispatcher import HOLDS_AT_MOST
from triggers_api.push.delivery import Task

UNREADABLE: dict[str, Any] = {
    "a severity that is no text": {"severity": {"N": "7"}},
    "a status that is no text": {"status": {"N": "7"}},
    "metadata that are no JSON": {"metadata": {"S": "{"}},
    "a time that is none": {"created_at": {"S": "yesterday"}},
    "another type": {"event_type": {"N": "1"}},
    "too many attempts to count": {"delivery_attempts": {"N": "1E400"}},
}


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    for tenant in (TENANT, OTHER_TENANT):
        bench.configs.put(a_config(tenant=tenant))
    return bench


def records_of(bench: Bench, count: int, tenant: str = TENANT, **fields: Any) -> list[Record]:
    return [a_record(an_event(bench.clock(), **fields), place, tenant) for place in range(count)]


def id_of(record: Record) -> str:
    return str(record["dynamodb"]["NewImage"]["id"]["S"])


def set_aside(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Step and event of each line that tells of something set aside."""
    return [
        (each["step"], each["event_id"]) for each in lines if each["message"] == "event.set_aside"
    ]


def failing(real: Callable[..., Any], error: Exception, tenant: str) -> Callable[..., Any]:
    """The same, but for one tenant it raises."""

    def call(of: str, *arguments: Any) -> Any:
        if of == tenant:
            raise error
        return real(of, *arguments)

    return call


def refusal(code: str, status: int = 400) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "UpdateItem")


@pytest.mark.parametrize("name", ["severity", "status"])
def test_an_event_in_words_of_another_release_is_pushed(
    bench: Bench, log_lines: LogLines, name: str
) -> None:
    records = records_of(bench, 1)
    records[0]["dynamodb"]["NewImage"][name] = {"S": "apocalyptic"}

    assert bench.dispatch(*records) == []

    assert bench.pushed() == [id_of(records[0])]
    assert set_aside(log_lines()) == []


@pytest.mark.parametrize("image", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_an_event_that_cannot_be_read_is_set_aside_and_the_shard_goes_on(
    bench: Bench, log_lines: LogLines, image: dict[str, Any], place: int
) -> None:
    records = records_of(bench, 5)
    records[place]["dynamodb"]["NewImage"] |= image

    assert bench.dispatch(*records) == []

    poison = records.pop(place)
    assert bench.pushed() == [id_of(each) for each in records]
    ((step, event_id),) = set_aside(log_lines())
    assert (step, event_id) == ("read", id_of(poison))


def test_an_event_whose_alert_cannot_be_raised_is_pushed_all_the_same(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: object) -> None:
        raise IdempotencyConflictError("the key was used")

    monkeypatch.setattr(bench.events, "add", conflict)
    records = records_of(bench, 3, event_type="x.failed")

    assert bench.dispatch(*records) == []

    assert bench.pushed() == [id_of(each) for each in records]
    assert set_aside(log_lines()) == [("alert", id_of(records[2]))]


def test_a_connector_that_no_row_can_be_named_after_keeps_no_push_up(
    bench: Bench, log_lines: LogLines
) -> None:
    record = a_record(an_event(bench.clock(), event_type="x.failed"), 1)
    record["dynamodb"]["NewImage"]["metadata"] = {"S": '{"connector": "\\ud800", "n": NaN}'}

    assert bench.dispatch(record) == []

    assert bench.pushed() == [id_of(record)]
    assert {step for step, _ in set_aside(log_lines())} <= {"alert"}


@pytest.mark.parametrize(
    "error", [KeyError("PRIVATE"), ValueError("PRIVATE"), refusal("ValidationException")]
)
def test_rows_of_a_tenant_that_cannot_be_read_keep_no_other_tenant_up(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    reading = failing(bench.configs.list_subscriptions, error, OTHER_TENANT)
    monkeypatch.setattr(bench.configs, "list_subscriptions", reading)
    theirs = records_of(bench, 1, OTHER_TENANT)
    ours = records_of(bench, 2)

    assert bench.dispatch(*theirs, *ours) == []

    assert bench.pushed() == [id_of(each) for each in ours]
    assert set_aside(log_lines()) == [("match", id_of(theirs[0]))]
    assert "PRIVATE" not in str(log_lines())


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_fault_of_the_deployment_is_waited_for_however_old_the_record(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    reading = failing(bench.configs.list_subscriptions, refusal(code), TENANT)
    monkeypatch.setattr(bench.configs, "list_subscriptions", reading)
    records = records_of(bench, 2)
    bench.clock.advance(hours=5)

    assert bench.dispatch(*records) == [number_of(0)]

    assert set_aside(log_lines()) == []


def test_a_tenant_whose_rows_are_busy_holds_the_shard_for_some_minutes_only(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = failing(bench.configs.list_subscriptions, StoreUnavailableError("busy"), OTHER_TENANT)
    monkeypatch.setattr(bench.configs, "list_subscriptions", busy)
    theirs, ours = records_of(bench, 1, OTHER_TENANT), records_of(bench, 2)

    assert bench.dispatch(*theirs, *ours) == [number_of(0)]
    assert set_aside(log_lines()) == []

    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds())
    assert bench.dispatch(*theirs, *ours) == []
    assert bench.pushed() == [id_of(each) for each in ours]
    assert set_aside(log_lines()) == [("match", id_of(theirs[0]))]


def test_what_waited_in_a_backlog_is_repeated_like_what_is_new(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = bench.configs.list_subscriptions
    records = records_of(bench, 3)
    bench.clock.advance(hours=5)
    busy = failing(reading, StoreUnavailableError("busy"), TENANT)
    monkeypatch.setattr(bench.configs, "list_subscriptions", busy)

    assert bench.dispatch(*records) == [number_of(0)]
    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds() - 1)
    assert bench.dispatch(*records) == [number_of(0)]

    monkeypatch.setattr(bench.configs, "list_subscriptions", reading)
    assert bench.dispatch(*records) == []
    assert bench.pushed() == [id_of(each) for each in records]
    assert set_aside(log_lines()) == []


def test_a_backlog_of_a_tenant_whose_rows_are_busy_holds_the_shard_once(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = failing(bench.configs.list_subscriptions, StoreUnavailableError("busy"), TENANT)
    monkeypatch.setattr(bench.configs, "list_subscriptions", busy)
    records = records_of(bench, 3)
    bench.clock.advance(hours=5)

    assert bench.dispatch(*records) == [number_of(0)]
    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds())
    assert bench.dispatch(*records) == []
    assert set_aside(log_lines()) == [("match", id_of(each)) for each in records]

    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds())
    later = a_record(an_event(bench.clock()), 7)
    bench.clock.advance(hours=5)
    assert bench.dispatch(later) == [number_of(7)]


def test_a_time_in_which_nobody_was_served_uses_up_no_patience(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailableError("down")

    reading = bench.configs.list_subscriptions
    (record,) = records_of(bench, 1)
    monkeypatch.setattr(bench.configs, "list_subscriptions", down)
    assert bench.dispatch(record) == [number_of(0)]
    bench.clock.advance(hours=1)
    assert bench.dispatch(record) == [number_of(0)]

    busy = failing(reading, StoreUnavailableError("busy"), TENANT)
    monkeypatch.setattr(bench.configs, "list_subscriptions", busy)
    assert bench.dispatch(record) == [number_of(0)]
    assert set_aside(log_lines()) == []


def test_an_alert_waits_for_the_table_of_events_as_long_as_nobody_can_reach_it(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailableError("down")

    records = records_of(bench, 3, event_type="x.failed")
    with monkeypatch.context() as outage:
        outage.setattr(bench.events, "add", down)
        outage.setattr(bench.executions, "find_checkpoint", down)
        assert bench.dispatch(*records) == [number_of(2)]
        bench.clock.advance(hours=5)
        assert bench.dispatch(records[2]) == [number_of(2)]

    assert bench.dispatch(records[2]) == []
    assert len(bench.alerts()) == 1
    assert set_aside(log_lines()) == []


def test_an_alert_that_cannot_be_stored_for_one_tenant_is_waited_for_some_minutes_only(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = failing(bench.events.add, StoreUnavailableError("busy"), TENANT)
    monkeypatch.setattr(bench.events, "add", busy)
    records = records_of(bench, 3, event_type="x.failed")

    assert bench.dispatch(*records) == [number_of(2)]
    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds())
    assert bench.dispatch(records[2]) == []

    assert bench.pushed() == [id_of(each) for each in records]
    assert set_aside(log_lines()) == [("alert", id_of(records[2]))]


def test_a_store_that_nobody_can_reach_is_waited_for_and_nothing_set_aside(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailableError("down")

    monkeypatch.setattr(bench.configs, "list_subscriptions", down)
    records = records_of(bench, 2)

    for _ in range(3):
        assert bench.dispatch(*records) == [number_of(0)]
        bench.clock.advance(hours=2)

    assert set_aside(log_lines()) == []


def test_a_task_that_the_queue_will_never_take_keeps_no_other_from_it(
    bench: Bench, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(bench, 3)
    queued = bench.queue.send

    def refuse_one(tasks: list[Task]) -> None:
        queued([each for each in tasks if each.event_id != id_of(records[1])])
        raise TasksRefusedError([each for each in tasks if each.event_id == id_of(records[1])])

    monkeypatch.setattr(bench.queue, "send", refuse_one)

    assert bench.dispatch(*records) == []

    assert bench.pushed() == [id_of(records[0]), id_of(records[2])]
    assert set_aside(log_lines()) == [("send", id_of(records[1]))]
    (line,) = [each for each in log_lines() if each["message"] == "event.set_aside"]
    assert line["config_id"].startswith("cfg_")


def test_a_tenant_with_very_many_configs_takes_more_invocations_and_not_more_time(
    bench: Bench,
) -> None:
    for _ in range(299):
        bench.configs.put(a_config())
    records = records_of(bench, 10)

    (rest,) = bench.dispatch(*records)

    assert rest == number_of(4)
    assert bench.pushed() == [id_of(each) for each in records[:4] for _ in range(300)]


def test_what_takes_long_is_left_to_the_next_invocation_but_for_one_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = bench.configs.list_subscriptions

    def slow(tenant: str) -> Any:
        bench.clock.advance(seconds=20)
        return reading(tenant)

    monkeypatch.setattr(bench.configs, "list_subscriptions", slow)
    records = records_of(bench, 3)

    assert bench.dispatch(*records) == [number_of(1)]
    assert bench.dispatch(*records[1:]) == [number_of(2)]
    assert bench.dispatch(*records[2:]) == []
    assert bench.pushed() == [id_of(each) for each in records]


def test_counting_an_execution_never_uses_up_the_time_of_an_invocation(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Event] = []

    def slow(_tenant: str, event: Event, *_: object) -> None:
        asked.append(event)
        bench.clock.advance(seconds=20)

    monkeypatch.setattr("triggers_api.handlers.dispatcher.Summarize.notice", lambda _, *a: slow(*a))
    records = records_of(bench, 3)

    assert bench.dispatch(*records) == []
    assert (len(bench.pushed()), len(asked)) == (3, 1)
