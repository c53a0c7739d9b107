"""What a worker does when others were faster, and what a record says afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.builders.push import a_task
from tests.clock import FixedClock
from tests.fakes.push import ACCEPTED, REFUSED
from tests.unit.push.bench import Bench
from triggers_api.errors import EventErasedError
from triggers_api.events.erase import Erase
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.deliver import WAITS_AT_MOST
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.outcome import Result

PERMANENT = Receipt(status_code=400, error="the receiver answered 400", refusal=Refusal.FINAL)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_erased_event_is_neither_sent_nor_recorded_nor_a_dead_letter(bench: Bench) -> None:
    bench.events.erase(TENANT, bench.event.id, bench.clock())

    outcome = bench.work()

    assert outcome.result is Result.ERASED
    assert (bench.found, bench.channel.pushes, bench.queue.dead_letters) == (None, [], [])


def test_what_is_given_up_while_it_waits_is_due_no_more(bench: Bench) -> None:
    bench.work(REFUSED)
    bench.configs.delete(TENANT, bench.config.id)

    outcome = bench.work_when_due(REFUSED)

    assert outcome.result is Result.DROPPED
    assert bench.record.next_attempt_at is None


def test_of_two_workers_with_one_replay_who_is_slower_goes_on_from_the_others_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work(PERMANENT)
    replay = replace(bench.task, replayed_after=1)
    bench.before_recording(monkeypatch, lambda: bench.work(ACCEPTED, task=replay))

    outcome = bench.work(ACCEPTED, task=replay)

    assert outcome.result is Result.REPEATED
    assert bench.record.status is DeliveryStatus.SUCCEEDED
    assert len(bench.channel.pushes) == 2


def test_an_event_fails_only_after_as_many_pushes_as_any_dispatch_counted(bench: Bench) -> None:
    other = bench.add_config()
    first = a_task(bench.event, bench.config, pushes=1)
    bench.work(PERMANENT, task=a_task(bench.event, other, pushes=3))

    bench.work(PERMANENT, task=first)

    assert bench.event_status() is EventStatus.PENDING


def test_a_failed_event_counts_the_attempts_of_what_was_dropped_too(bench: Bench) -> None:
    other = bench.add_config()
    dropped = a_task(bench.event, other, pushes=2)
    bench.work(REFUSED, task=dropped)
    bench.configs.delete(TENANT, other.id)
    bench.clock.advance(minutes=5)
    bench.work(task=dropped)

    bench.work(PERMANENT, task=a_task(bench.event, bench.config, pushes=2))

    failed = bench.events.get(TENANT, bench.event.id)
    assert (failed.status, failed.delivery_attempts) == (EventStatus.FAILED, 2)


def test_an_erasure_that_stops_half_way_has_begun_with_the_event(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So from its first step on no worker sends it."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.deliveries, "erase_answers", stop)
    with pytest.raises(KeyboardInterrupt):
        Erase(bench.events, bench.deliveries, bench.clock)(TENANT, bench.event.id)

    with pytest.raises(EventErasedError):
        bench.events.get(TENANT, bench.event.id)


def test_a_push_that_was_accepted_succeeded_though_its_event_was_erased_meanwhile(
    bench: Bench,
) -> None:
    bench.meanwhile(lambda: bench.events.erase(TENANT, bench.event.id, bench.clock()))

    outcome = bench.work(ACCEPTED)

    assert outcome.result is Result.SUCCEEDED
    assert bench.record.status is DeliveryStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("waited", "result"),
    [
        (WAITS_AT_MOST, Result.BREAKER_OPEN),
        (WAITS_AT_MOST + timedelta(seconds=1), Result.DEAD),
    ],
)
def test_a_receiver_that_is_known_to_be_down_is_waited_for_no_longer_than_another(
    waited: timedelta, result: Result
) -> None:
    opened_at = FixedClock()()
    bench = Bench(breaker=CircuitBreaker(failures=10, opened_at=opened_at))
    assert bench.work().result is Result.BREAKER_OPEN

    since = (bench.clock() - waited).timestamp()
    outcome = bench.work(task=replace(bench.task, ticket=1, waits_since=since))

    assert outcome.result is result
    assert bench.channel.pushes == []
