"""A config's owner is told, once, that it was disabled, fails or works again."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event, walk
from tests.builders.push import a_task
from tests.fakes.push import REFUSED
from tests.unit.push.bench import Bench, stop
from triggers_api.events.event import Event
from triggers_api.push.breaker import FAILURES_TO_OPEN, OPEN_FOR, SUCCESSES_TO_CLOSE
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.config import NotificationConfig
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.outcome import Outcome, Result
from triggers_api.push.owner_events import DISABLED, FAILING, RECOVERED, is_for_owner
from triggers_api.push.retry import RetrySchedule

ACCEPTED = Receipt(status_code=200)
GONE = Receipt(status_code=410, error="The receiver answered 410 Gone.", refusal=Refusal.GONE)
NOT_THIS = Receipt(status_code=400, error="It answered 400.", refusal=Refusal.NOT_THIS_EVENT)


def push(bench: Bench, receipt: Receipt, event: Event | None = None) -> Outcome:
    """Push another event; its retries are nobody's concern here."""
    pushed = event or bench.events.add(TENANT, an_event(bench.clock.advance(seconds=1)), None).event
    return bench.work(receipt, task=a_task(pushed, bench.config))


def fail(bench: Bench, times: int = FAILURES_TO_OPEN) -> list[str | None]:
    return [push(bench, REFUSED).told_owner for _ in range(times)]


def recover(bench: Bench) -> list[str | None]:
    bench.clock.at += OPEN_FOR
    return [push(bench, ACCEPTED).told_owner for _ in range(SUCCESSES_TO_CLOSE)]


def told(bench: Bench) -> list[Event]:
    return [event for event in walk(bench.events) if is_for_owner(event)]


def payload(event: Event) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(event.payload)
    return said


def test_a_healthy_config_tells_nothing() -> None:
    bench = Bench()

    assert [push(bench, ACCEPTED).told_owner for _ in range(3)] == [None] * 3
    assert fail(bench, FAILURES_TO_OPEN - 1) == [None] * (FAILURES_TO_OPEN - 1)
    assert told(bench) == []


def test_a_breaker_that_opens_is_told_with_all_that_its_owner_needs() -> None:
    bench = Bench(name="Shop »Süd«", channel="webhook")

    assert fail(bench) == [None] * (FAILURES_TO_OPEN - 1) + [FAILING]

    (event,) = told(bench)
    assert (event.event_type, event.severity, event.execution_id) == (FAILING, "error", None)
    assert event.metadata == {"config_id": bench.config.id, "channel": "webhook"}
    said = payload(event)
    assert said.pop("since") < bench.clock().isoformat()
    assert "replayed" in said.pop("what_to_do")
    assert said == {
        "config_id": bench.config.id,
        "name": "Shop »Süd«",
        "channel": "webhook",
        "reason": "10 pushes in a row failed: the receiver answered 500",
    }


def test_an_outage_is_told_once_however_long_and_its_end_once() -> None:
    bench = Bench()
    fail(bench)
    for _ in range(5):
        bench.clock.at += OPEN_FOR
        assert push(bench, REFUSED).told_owner is None
    bench.clock.advance(days=2)
    assert push(bench, REFUSED).told_owner is None

    assert recover(bench) == [None] * (SUCCESSES_TO_CLOSE - 1) + [RECOVERED]

    assert push(bench, ACCEPTED).told_owner is None
    failing, recovered = told(bench)
    assert payload(failing)["since"] == payload(recovered)["since"]
    assert (recovered.severity, recovered.event_type) == ("info", RECOVERED)


def test_a_recovery_is_told_once_though_what_told_it_has_expired() -> None:
    bench = Bench()
    fail(bench)
    assert recover(bench)[-1] == RECOVERED
    bench.clock.advance(days=400)

    assert push(bench, ACCEPTED).told_owner is None
    assert told(bench) == []


def test_a_receiver_that_comes_and_goes_is_one_pair_an_hour() -> None:
    bench = Bench()
    begun = bench.clock()
    for _ in range(40):
        fail(bench)
        recover(bench)
        bench.clock.advance(minutes=1)
    hours = (bench.clock() - begun).total_seconds() / 3600

    types = [event.event_type for event in told(bench)]

    assert types[:2] == [FAILING, RECOVERED]
    assert types == types[:2] * (len(types) // 2)
    assert 1 < len(types) // 2 <= hours + 1


def test_an_outage_that_begins_too_soon_after_another_is_told_once_the_hour_is_over() -> None:
    bench = Bench()
    fail(bench)
    recover(bench)
    assert FAILING not in fail(bench)

    bench.clock.advance(hours=1)

    assert push(bench, REFUSED).told_owner == FAILING
    assert recover(bench)[-1] == RECOVERED


def test_a_config_that_fails_for_a_day_is_told_though_its_breaker_never_opened() -> None:
    bench = Bench()

    assert fail(bench, 1) == [None]
    bench.clock.advance(hours=23)
    assert fail(bench, 1) == [None]
    bench.clock.advance(hours=1)
    assert fail(bench, 1) == [FAILING]

    assert payload(told(bench)[0])["reason"].startswith("every push failed for a day: ")
    assert push(bench, ACCEPTED).told_owner == RECOVERED


def test_a_success_in_between_begins_the_day_anew() -> None:
    bench = Bench()
    fail(bench, 1)
    bench.clock.advance(hours=23)
    push(bench, ACCEPTED)
    bench.clock.advance(hours=2)

    assert fail(bench, 1) == [None]


def test_refusals_of_single_events_are_no_failing_and_no_recovery() -> None:
    bench = Bench()
    fail(bench)
    bench.clock.at += OPEN_FOR

    assert push(bench, NOT_THIS).told_owner is None
    assert [event.event_type for event in told(bench)] == [FAILING]


def test_a_410_is_told_once_however_many_pushes_were_under_way() -> None:
    bench = Bench()

    assert push(bench, GONE).told_owner == DISABLED
    assert [push(bench, GONE).told_owner for _ in range(3)] == [None] * 3

    (event,) = told(bench)
    assert payload(event)["reason"] == "the receiver answered 410 Gone"
    assert "enable" in payload(event)["what_to_do"]


def test_a_config_that_its_owner_disabled_is_not_told() -> None:
    bench = Bench(enabled=False)

    assert push(bench, ACCEPTED).told_owner is None
    assert told(bench) == []


@pytest.mark.parametrize("broken", ["add", "note_told"])
def test_a_worker_that_stops_while_telling_leaves_it_to_the_next(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    fail(bench, FAILURES_TO_OPEN - 1)
    with monkeypatch.context() as patch:
        pushed = bench.events.add(TENANT, an_event(bench.clock.advance(seconds=1)), None).event
        patch.setattr(bench.events if broken == "add" else bench.configs, broken, stop)
        with pytest.raises(KeyboardInterrupt):
            push(bench, REFUSED, pushed)
    bench.clock.at += OPEN_FOR

    push(bench, REFUSED)
    bench.clock.at += OPEN_FOR
    push(bench, REFUSED)

    assert [event.event_type for event in told(bench)] == [FAILING]


@pytest.mark.parametrize("broken", ["find", "record", "add"])
def test_a_worker_that_stops_after_a_410_leaves_telling_to_the_same_task(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    disable = bench.configs.disable
    whose: dict[str, Any] = {"find": bench.configs, "record": bench.deliveries, "add": bench.events}
    with monkeypatch.context() as patch:

        def stop_after(config: NotificationConfig, reason: str) -> bool:
            done = disable(config, reason)
            patch.setattr(whose[broken], broken, stop)
            return done

        patch.setattr(bench.configs, "disable", stop_after)
        with pytest.raises(KeyboardInterrupt):
            bench.work(GONE)

    assert bench.work().told_owner == DISABLED
    assert bench.work().told_owner is None
    assert [event.event_type for event in told(bench)] == [DISABLED]


def test_workers_that_see_it_at_once_tell_it_once() -> None:
    bench = Bench()
    fail(bench, FAILURES_TO_OPEN - 1)
    bench.meanwhile(lambda: fail(bench, 1))

    push(bench, REFUSED)

    assert [event.event_type for event in told(bench)] == [FAILING]


def test_what_is_told_of_a_config_is_pushed_to_every_other_one() -> None:
    bench = Bench()
    other = bench.add_config()
    fail(bench)

    tasks = Dispatch(bench.configs)(TENANT, told(bench)[0])

    assert [(task.config_id, task.pushes) for task in tasks] == [(other.id, 1)]


def test_two_configs_that_push_each_others_failures_do_not_ring_for_ever() -> None:
    bench = Bench()
    first, second = bench.config, bench.add_config()
    fail(bench)
    bench.config = second
    for _ in range(3 * FAILURES_TO_OPEN):
        bench.clock.at += OPEN_FOR
        assert push(bench, REFUSED, told(bench)[0]).told_owner is None

    assert [event.metadata["config_id"] for event in told(bench)] == [first.id]


def test_a_config_that_is_ended_by_what_is_told_of_another_is_told_too_and_once() -> None:
    bench = Bench()
    second = bench.add_config()
    fail(bench)
    news = told(bench)[0]
    bench.config = second

    assert [push(bench, GONE, news).told_owner for _ in range(3)] == [DISABLED, None, None]

    assert [event.event_type for event in told(bench)] == [FAILING, DISABLED]
    assert told(bench)[1].metadata["config_id"] == second.id


@pytest.mark.parametrize("hours", [1, 7, 23, 24, 25, 200])
def test_that_a_config_was_disabled_is_told_once_however_late_its_tasks_come(hours: int) -> None:
    bench = Bench(RetrySchedule((timedelta(seconds=10), timedelta(days=3))))
    events = [bench.events.add(TENANT, an_event(bench.clock()), None).event for _ in range(5)]
    waiting = [a_task(event, bench.config) for event in events]
    for task in waiting:
        bench.work(REFUSED, task=task)
    assert push(bench, GONE).told_owner == DISABLED

    for task in waiting:
        bench.clock.advance(hours=hours)
        bench.restart()
        outcome = bench.work(task=task)
        assert (outcome.result, outcome.told_owner) == (Result.DROPPED, None)

    assert len(told(bench)) == 1


def test_a_worker_that_was_killed_before_it_told_leaves_it_to_the_next_task_of_that_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    with monkeypatch.context() as broken:
        broken.setattr(bench.events, "add", stop)
        with pytest.raises(KeyboardInterrupt):
            bench.work(GONE)
    bench.clock.advance(hours=23, minutes=59)

    outcomes = []
    for _ in range(2):
        bench.clock.advance(seconds=1)
        bench.restart()
        outcomes.append(bench.work().told_owner)

    assert outcomes == [DISABLED, None]


def test_configs_that_end_each_other_are_told_once_each() -> None:
    bench = Bench()
    configs = [bench.config, *(bench.add_config() for _ in range(4))]
    push(bench, GONE)
    dispatched = 0
    while dispatched < len(told(bench)):
        news = told(bench)[dispatched]
        for task in Dispatch(bench.configs)(TENANT, news):
            bench.work(GONE, task=task)
        dispatched += 1

    ended = [event.metadata["config_id"] for event in told(bench)]
    assert sorted(map(str, ended)) == sorted(each.id for each in configs)


def test_another_receiver_that_fails_is_told_though_the_last_one_never_recovered() -> None:
    bench = Bench()
    fail(bench)
    bench.clock.advance(hours=2)
    found = bench.configs.find(TENANT, bench.config.id)
    assert found is not None
    anew = type(found.breaker)(begun_at=bench.clock())
    bench.configs.change_breaker(TENANT, found.id, found.breaker, anew)

    assert fail(bench)[-1] == FAILING


def test_an_event_for_the_owner_that_somebody_erased_is_not_stored_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    with monkeypatch.context() as patch:
        patch.setattr(bench.configs, "note_told", stop)
        fail(bench, FAILURES_TO_OPEN - 1)
        with pytest.raises(KeyboardInterrupt):
            fail(bench, 1)
    bench.events.erase(TENANT, told(bench)[0].id, bench.clock())
    bench.clock.at += OPEN_FOR

    assert push(bench, REFUSED).told_owner is None
    assert told(bench) == []
