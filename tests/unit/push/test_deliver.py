"""One task: attempted, judged, recorded, finished."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import TENANT
from tests.builders.push import a_task
from tests.clock import START
from tests.fakes.push import ACCEPTED, REFUSED
from tests.unit.push.bench import SCHEDULE, Bench
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.delivery import Attempt, DeliveryStatus
from triggers_api.push.outcome import Result
from triggers_api.push.retry import RetrySchedule

PERMANENT = Receipt(status_code=400, error="the receiver answered 400", refusal=Refusal.FINAL)
GONE = Receipt(status_code=410, error="the receiver answered 410", refusal=Refusal.GONE)
SILENT = Receipt(error="no answer within 15 s")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_is_accepted_has_succeeded(bench: Bench) -> None:
    outcome = bench.work(ACCEPTED)

    assert (outcome.result, outcome.again_at) == (Result.SUCCEEDED, None)
    assert outcome.delivery == bench.record
    assert bench.record.status is DeliveryStatus.SUCCEEDED
    assert bench.record.attempts == (
        Attempt(at=START, duration_ms=201, status_code=200, error=None),
    )
    assert bench.record.created_at == START  # when it was first attempted
    assert bench.record.event_type == bench.event.event_type
    assert (bench.queue.tasks, bench.queue.later, bench.queue.dead_letters) == ([], [], [])


def test_the_channel_is_given_all_it_needs(bench: Bench) -> None:
    bench.work(ACCEPTED)

    (push,) = bench.channel.pushes
    assert (push.event, push.config) == (bench.event, bench.config)
    assert (push.delivery_id, push.at) == (bench.task.delivery_id, START)


def test_what_is_refused_is_tried_again_when_it_is_due(bench: Bench) -> None:
    outcome = bench.work(REFUSED)

    assert outcome.result is Result.RETRYING
    assert outcome.again_at == bench.after_sending(SCHEDULE.delays[0])
    assert bench.record.status is DeliveryStatus.RETRYING
    assert bench.record.next_attempt_at == outcome.again_at
    assert bench.event_status() is EventStatus.PENDING

    assert bench.work_when_due(ACCEPTED).result is Result.SUCCEEDED
    assert [attempt.error for attempt in bench.record.attempts] == [REFUSED.error, None]
    assert bench.record.next_attempt_at is None


def test_the_receiver_is_not_asked_sooner_than_it_wants(bench: Bench) -> None:
    outcome = bench.work(
        Receipt(status_code=429, error="slow down", retry_after=timedelta(hours=1))
    )

    assert outcome.again_at == bench.clock() + timedelta(hours=1)


def test_a_task_that_comes_too_early_waits(bench: Bench) -> None:
    due = bench.work(REFUSED).again_at
    assert due is not None
    bench.clock.at = due - timedelta(microseconds=1)

    outcome = bench.work()

    assert (outcome.result, outcome.again_at) == (Result.NOT_DUE, due)
    assert len(bench.channel.pushes) == 1
    bench.clock.at = due
    assert bench.work().result is Result.SUCCEEDED


def test_after_the_last_wait_it_is_given_up(bench: Bench) -> None:
    outcome = [bench.work_when_due(receipt) for receipt in (REFUSED, REFUSED, SILENT)][-1]

    assert (outcome.result, outcome.again_at) == (Result.DEAD, None)
    assert bench.record.status is DeliveryStatus.DEAD
    assert bench.record.reason == SILENT.error
    assert bench.record.next_attempt_at is None
    assert bench.queue.dead_letters == [(bench.task, SILENT.error)]


def test_what_can_never_succeed_is_given_up_at_once(bench: Bench) -> None:
    outcome = bench.work(PERMANENT)

    assert outcome.result is Result.DEAD
    assert bench.record.reason == PERMANENT.error
    assert bench.queue.dead_letters == [(bench.task, PERMANENT.error)]


@pytest.mark.parametrize("error", [ValueError, OverflowError, RecursionError, KeyError])
def test_whatever_a_channel_raises_is_an_attempt(bench: Bench, error: type[Exception]) -> None:
    def fail() -> None:
        bench.pass_sending_time()
        raise error("PRIVATE")

    bench.channel.while_sending = fail
    outcome = bench.work()

    assert outcome.result is Result.RETRYING
    assert outcome.again_at == bench.after_sending(SCHEDULE.delays[0])
    assert [each.error for each in bench.record.attempts] == [
        "It could not be sent, for a fault of ours."
    ]
    assert bench.breaker.failures == 1
    assert outcome.fault is not None
    assert outcome.fault.startswith(f"{error.__name__} at test_deliver.py:")
    assert "PRIVATE" not in repr((outcome, bench.record))


def test_a_receiver_that_is_gone_is_disabled(bench: Bench) -> None:
    outcome = bench.work(GONE)

    assert outcome.result is Result.DEAD
    config = bench.configs.find(TENANT, bench.config.id)
    assert config is not None
    assert (config.enabled, config.disabled_reason) == (False, "the receiver answered 410")


GONE = Receipt(status_code=410, error="the receiver answered 410", refusal=Refusal.GONE)
TOO_FAST = Receipt(
    status_code=429, error="too fast", refusal=Refusal.TOO_FAST, retry_after=timedelta(days=1)
)
MIGRATED = Receipt(status_code=200, new_settings={"chat_id": "-100"})


@pytest.mark.parametrize("receipt", [GONE, TOO_FAST, REFUSED, MIGRATED])
@pytest.mark.parametrize("failed_before", [False, True])
def test_what_an_old_receiver_answers_changes_nothing_for_a_new_one(
    bench: Bench, receipt: Receipt, *, failed_before: bool
) -> None:
    if failed_before:
        bench.configs.change_breaker(
            TENANT, bench.config.id, CircuitBreaker(), CircuitBreaker(failures=3)
        )
    later = bench.config.updated_at + timedelta(seconds=1)
    moved = replace(
        bench.config,
        settings={"url": "https://b.test/"},
        updated_at=later,
        breaker=CircuitBreaker(begun_at=later),
    )
    bench.meanwhile(
        lambda: bench.configs.put(moved, known_updated_at=bench.config.updated_at),
    )

    bench.work(receipt)

    found = bench.configs.find(TENANT, bench.config.id)
    assert found is not None
    assert replace(found, tickets=0) == moved


@pytest.mark.parametrize("tried_before", [True, False])
def test_without_an_event_it_is_given_up_unsent(bench: Bench, *, tried_before: bool) -> None:
    if tried_before:
        bench.work(REFUSED)
    bench.clock.advance(days=400)

    outcome = bench.work()

    assert (outcome.result, outcome.again_at) == (Result.DEAD, None)
    assert bench.record.reason == "the event is gone"
    assert len(bench.record.attempts) == len(bench.channel.pushes) == int(tried_before)
    assert bench.queue.dead_letters == [(bench.task, "the event is gone")]


def delete(bench: Bench) -> None:
    bench.configs.delete(TENANT, bench.config.id)


def disable(bench: Bench) -> None:
    bench.configs.disable(bench.config, "enough")


@pytest.mark.parametrize("tried_before", [True, False])
@pytest.mark.parametrize("is_expired", [True, False])
@pytest.mark.parametrize(
    ("do", "reason"), [(delete, "the config was deleted"), (disable, "the config is disabled")]
)
def test_what_its_owner_deleted_or_disabled_is_dropped_and_no_dead_letter(
    bench: Bench, do: Callable[[Bench], None], reason: str, *, is_expired: bool, tried_before: bool
) -> None:
    if do is delete and is_expired and not tried_before:
        pytest.skip("then nothing is left that a record could be about")
    if tried_before:
        bench.work(REFUSED)
    do(bench)
    bench.clock.advance(days=400 if is_expired else 1)

    outcome = bench.work()

    assert (outcome.result, outcome.again_at) == (Result.DROPPED, None)
    assert (bench.record.status, bench.record.reason) == (DeliveryStatus.DROPPED, reason)
    assert len(bench.record.attempts) == len(bench.channel.pushes) == int(tried_before)
    assert bench.queue.dead_letters == []
    assert bench.work().result is Result.REPEATED  # and so it stays
    assert bench.queue.dead_letters == []


def test_a_task_that_comes_after_its_event_and_its_config_leaves_no_trace(bench: Bench) -> None:
    delete(bench)
    bench.clock.advance(days=400)

    outcome = bench.work()

    assert (outcome.result, outcome.delivery, outcome.again_at) == (Result.DROPPED, None, None)
    assert bench.deliveries.find(bench.task) is None
    assert (bench.queue.dead_letters, bench.channel.pushes) == ([], [])


def test_of_a_receiver_that_is_gone_only_the_push_that_heard_so_is_a_dead_letter(
    bench: Bench,
) -> None:
    waiting = [a_task(bench.event, bench.config, round=number) for number in range(1, 13)]
    bench.work(GONE)

    assert {bench.work(task=task).result for task in waiting} == {Result.DROPPED}
    assert [task for task, _ in bench.queue.dead_letters] == [bench.task]


@pytest.mark.parametrize("dropped_first", [True, False])
def test_an_event_fails_when_its_last_push_that_was_not_dropped_is_given_up(
    bench: Bench, *, dropped_first: bool
) -> None:
    tasks = [a_task(bench.event, each, pushes=2) for each in (bench.config, bench.add_config())]
    delete(bench)

    outcomes = [
        bench.work(PERMANENT, task=task) if task is tasks[1] else bench.work(task=task)
        for task in (tasks if dropped_first else reversed(tasks))
    ]

    assert [each.event_moved_to for each in outcomes] == [None, EventStatus.FAILED]
    assert bench.event_status() is EventStatus.FAILED


def test_an_event_whose_pushes_were_all_dropped_has_not_failed(bench: Bench) -> None:
    delete(bench)

    bench.work()

    assert bench.event_status() is EventStatus.PENDING


@pytest.mark.parametrize("acknowledges", [True, False])
def test_a_success_acknowledges_the_event_only_if_it_shall(acknowledges: bool) -> None:  # noqa: FBT001  # a case
    bench = Bench(acknowledges=acknowledges)

    bench.work(ACCEPTED)

    expected = EventStatus.DELIVERED if acknowledges else EventStatus.PENDING
    assert bench.event_status() is expected


def test_a_push_that_failed_acknowledges_nothing() -> None:
    bench = Bench(acknowledges=True)

    bench.work(REFUSED)

    assert bench.record.status is DeliveryStatus.RETRYING
    assert bench.event_status() is EventStatus.PENDING


def test_an_event_that_expires_while_it_is_sent_is_no_trouble() -> None:
    bench = Bench(acknowledges=True)
    bench.meanwhile(lambda: bench.clock.advance(days=400))

    assert bench.work(ACCEPTED).result is Result.SUCCEEDED


def test_an_event_fails_when_every_push_of_it_was_given_up(bench: Bench) -> None:
    other = bench.add_config()
    tasks = [a_task(bench.event, config, pushes=2) for config in (bench.config, other)]

    bench.work(REFUSED, task=tasks[0])
    bench.clock.advance(seconds=20)
    bench.work(PERMANENT, task=tasks[0])
    assert bench.event_status() is EventStatus.PENDING
    bench.work(PERMANENT, task=tasks[1])

    event = bench.events.get(TENANT, bench.event.id)
    assert (event.status, event.delivery_attempts) == (EventStatus.FAILED, 3)


def test_an_event_does_not_fail_if_one_push_succeeded(bench: Bench) -> None:
    other = bench.add_config()

    bench.work(ACCEPTED, task=a_task(bench.event, bench.config, pushes=2))
    bench.work(PERMANENT, task=a_task(bench.event, other, pushes=2))

    assert bench.event_status() is EventStatus.PENDING


def test_rounds_are_counted_apart(bench: Bench) -> None:
    bench.work(PERMANENT, task=a_task(bench.event, bench.config, pushes=2))
    bench.work(PERMANENT, task=a_task(bench.event, bench.config, round=1, pushes=2))

    assert bench.event_status() is EventStatus.PENDING


def test_an_acknowledged_event_does_not_fail(bench: Bench) -> None:
    bench.events.acknowledge(TENANT, bench.event.id, bench.clock())

    bench.work(PERMANENT)

    assert bench.event_status() is EventStatus.DELIVERED


RECEIPTS = st.sampled_from(
    [
        ACCEPTED,
        REFUSED,
        SILENT,
        PERMANENT,
        GONE,
        Receipt(status_code=503, error="later", retry_after=timedelta(minutes=10)),
    ]
)


@given(st.lists(RECEIPTS, max_size=8), st.lists(st.floats(0.001, 100), max_size=5))
def test_whatever_the_receiver_does_it_comes_to_a_right_end(
    receipts: list[Receipt], delays: list[float]
) -> None:
    schedule = RetrySchedule(tuple(timedelta(seconds=delay) for delay in sorted(delays)))
    bench = Bench(schedule)
    expected = (receipts + [ACCEPTED] * schedule.attempts)[: schedule.attempts]
    end = next((n for n, r in enumerate(expected) if r.accepted or r.is_final), -1)

    outcome = bench.work(*receipts)
    while outcome.again_at is not None:
        assert outcome.again_at >= bench.clock()
        bench.clock.at = outcome.again_at
        outcome = bench.work()

    attempts = bench.record.attempts
    assert len(attempts) == len(bench.channel.pushes) == (end + 1 or schedule.attempts)
    assert (outcome.result is Result.SUCCEEDED) == (attempts[-1].error is None)
    assert len(bench.queue.dead_letters) == (outcome.result is Result.DEAD)
    assert {push.delivery_id for push in bench.channel.pushes} == {bench.task.delivery_id}
    for attempt, following, receipt in zip(attempts, attempts[1:], receipts, strict=False):
        assert following.at - attempt.at >= (receipt.retry_after or timedelta(0))


def test_a_healthy_breaker_is_never_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.configs, "change_breaker", None)

    assert bench.work(ACCEPTED).result is Result.SUCCEEDED
    assert bench.breaker == CircuitBreaker()


def test_where_a_receiver_has_moved_to_is_kept_for_the_next_push(bench: Bench) -> None:
    moved = Receipt(status_code=200, new_settings={"chat_id": "-5"})

    assert bench.work(moved).result is Result.SUCCEEDED

    config = bench.configs.find(bench.task.tenant, bench.task.config_id)
    assert config is not None
    assert config.settings["chat_id"] == "-5"
