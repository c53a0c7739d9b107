"""What a receiver's answer means: down, too fast, and not this event are three things."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.builders.push import a_task
from tests.fakes.push import ACCEPTED, REFUSED
from tests.unit.push.bench import Bench
from triggers_api.push.breaker import FAILURES_TO_OPEN, BreakerState, CircuitBreaker
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.deliver import WAITS_AT_MOST
from triggers_api.push.delivery import DeliveryStatus, Task
from triggers_api.push.outcome import Outcome, Result

SECOND = timedelta(seconds=1)


def too_fast(wait: timedelta | None = SECOND) -> Receipt:
    return Receipt(status_code=429, error="429", refusal=Refusal.TOO_FAST, retry_after=wait)


NOT_THIS = Receipt(status_code=422, error="422", refusal=Refusal.NOT_THIS_EVENT)
FINAL = Receipt(status_code=404, error="404", refusal=Refusal.FINAL)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def again(outcome: Outcome) -> Task:
    assert outcome.again is not None
    return outcome.again


def test_too_fast_is_neither_a_failure_nor_an_attempt(bench: Bench) -> None:
    outcome = bench.work(too_fast(timedelta(minutes=2)))

    assert outcome.result is Result.TOO_FAST
    assert outcome.error == "429"
    assert outcome.again_at is not None
    assert outcome.again_at >= bench.clock() + timedelta(minutes=2)
    assert bench.found is None
    assert bench.breaker.failures == 0
    assert bench.queue.dead_letters == []


def test_too_fast_holds_every_push_of_the_config_and_no_other(bench: Bench) -> None:
    other = bench.add_config()
    bench.work(too_fast(timedelta(minutes=2)))

    held = bench.work(task=replace(bench.task, round=1))

    assert held.result is Result.NOT_ITS_TURN
    assert held.again_at is not None
    assert held.again_at >= bench.clock() + timedelta(minutes=1, seconds=59)
    assert bench.work(task=a_task(bench.event, other)).result is Result.SUCCEEDED
    assert len(bench.channel.pushes) == 2


@pytest.mark.parametrize("hours", [0.26, 24])
def test_a_wait_that_outlasts_the_queue_has_a_record_by_which_it_is_found(
    bench: Bench, hours: float
) -> None:
    first = bench.work(too_fast(timedelta(hours=hours)))
    other = replace(bench.task, round=1)

    held = bench.work(task=other)

    for task, outcome in ((bench.task, first), (other, held)):
        record = bench.deliveries.find(task)
        assert record is not None
        assert record.status is DeliveryStatus.RETRYING
        assert (record.attempts, record.next_attempt_at) == ((), outcome.again_at)
        assert again(outcome).ticket is not None
    assert len(bench.channel.pushes) == 1
    bench.clock.at += timedelta(hours=hours, minutes=1)
    assert bench.work(ACCEPTED, task=again(first)).result is Result.SUCCEEDED
    assert len(bench.record.attempts) == 1


def test_a_wait_within_the_queue_costs_no_record_and_reads_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work(too_fast(timedelta(minutes=14)))
    monkeypatch.setattr(bench.deliveries, "find", None)

    assert bench.work(task=replace(bench.task, round=1)).result is Result.NOT_ITS_TURN


def test_who_records_a_long_wait_second_changes_nothing(bench: Bench) -> None:
    bench.work(too_fast(timedelta(hours=2)))
    record = bench.record

    repeated = bench.work()

    assert (repeated.result, repeated.again_at) == (Result.NOT_DUE, record.next_attempt_at)
    assert bench.record == record


def test_a_retry_that_meets_too_fast_keeps_its_attempts(bench: Bench) -> None:
    bench.work(REFUSED)
    record = bench.record

    bench.work_when_due(too_fast())

    assert bench.record == record
    bench.clock.advance(seconds=5)
    assert bench.work(ACCEPTED).result is Result.SUCCEEDED
    assert len(bench.record.attempts) == 2


def test_however_often_it_is_too_fast_the_breaker_stays_closed(bench: Bench) -> None:
    task = bench.task
    for _ in range(3 * FAILURES_TO_OPEN):
        outcome = bench.work(too_fast(), task=task)
        assert outcome.result is Result.TOO_FAST
        task = again(outcome)
        assert outcome.again_at is not None
        bench.clock.at = outcome.again_at

    assert bench.breaker.state(bench.clock()) is BreakerState.CLOSED
    assert bench.work(ACCEPTED, task=task).result is Result.SUCCEEDED


def test_a_probe_that_is_too_fast_leaves_the_breaker_half_open(bench: Bench) -> None:
    opened = CircuitBreaker(failures=10, opened_at=bench.clock())
    bench = Bench(breaker=opened)
    bench.clock.advance(seconds=120)

    bench.work(too_fast())

    assert bench.breaker.state(bench.clock()) is BreakerState.HALF_OPEN
    assert (bench.breaker.failures, bench.breaker.probing_until) == (10, None)


@pytest.mark.parametrize("receipt", [NOT_THIS, FINAL])
def test_what_is_the_events_own_says_nothing_about_the_receiver(
    bench: Bench, receipt: Receipt
) -> None:
    for number in range(1, 2 * FAILURES_TO_OPEN):
        bench.work(receipt, task=replace(bench.task, round=number))

    assert bench.breaker == CircuitBreaker()


def test_what_is_the_events_own_is_tried_again_by_the_schedule(bench: Bench) -> None:
    assert bench.work(NOT_THIS).result is Result.RETRYING
    assert bench.work_when_due(NOT_THIS).result is Result.RETRYING
    assert bench.work_when_due(NOT_THIS).result is Result.DEAD


def test_who_waits_comes_back_one_by_one(bench: Bench) -> None:
    bench.work(too_fast(timedelta(minutes=1)))

    outcomes = [bench.work(task=replace(bench.task, round=number)) for number in (1, 2, 3)]

    tickets = [again(each).ticket for each in outcomes]
    assert tickets == [2, 3, 4]
    times = [each.again_at for each in outcomes]
    assert times == sorted(times)  # type: ignore[type-var]
    assert len(set(times)) == 3


def test_who_was_turned_away_keeps_its_ticket(bench: Bench) -> None:
    bench.work(too_fast(timedelta(minutes=1)))
    first = again(bench.work(task=replace(bench.task, round=1)))

    assert again(bench.work(task=first)) == first


def test_what_is_turned_away_again_and_again_asks_the_store_for_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work(too_fast(timedelta(minutes=1)))
    waiting = again(bench.work())
    for store in (bench.configs, bench.deliveries, bench.events):
        monkeypatch.setattr(store, "find" if store is not bench.events else "get", None)
    monkeypatch.setattr(bench.configs, "take_ticket", None)

    assert bench.work(task=waiting).result is Result.NOT_ITS_TURN


def test_a_worker_soon_sees_that_its_receiver_came_back(bench: Bench) -> None:
    bench.work(too_fast(timedelta(minutes=10)))
    waiting = again(bench.work())
    bench.configs.change_breaker(TENANT, bench.config.id, bench.breaker, CircuitBreaker())
    bench.clock.advance(seconds=5)

    assert bench.work(task=waiting).result is Result.SUCCEEDED


@pytest.mark.parametrize("receipts", [[], [too_fast(timedelta(minutes=1))]])
def test_nothing_waits_for_ever(bench: Bench, receipts: list[Receipt]) -> None:
    waiting = again(bench.work(too_fast(timedelta(hours=1))))
    bench.clock.at += WAITS_AT_MOST + SECOND
    if not receipts:
        held = bench.breaker.was_too_fast(
            bench.clock(), sent_at=None, wait=timedelta(hours=1), tickets=9
        )
        bench.configs.change_breaker(TENANT, bench.config.id, bench.breaker, held)

    outcome = bench.work(*receipts, task=waiting)

    assert outcome.result is Result.DEAD
    assert bench.record.status is DeliveryStatus.DEAD
    assert bench.record.reason == "the receiver was down or too busy for 7 days"
    assert bench.queue.dead_letters != []


def test_a_turn_that_is_near_is_waited_for_in_place(bench: Bench) -> None:
    waiting = again(bench.work(too_fast(SECOND)))
    begun = bench.clock()

    assert bench.work(ACCEPTED, task=waiting).result is Result.SUCCEEDED

    assert bench.channel.pushes[-1].at == begun + SECOND
