"""A delivery that was final and is asked for again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.fakes.push import ACCEPTED, REFUSED
from tests.unit.push.bench import Bench, stop
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.delivery import DeliveryStatus, Task
from triggers_api.push.outcome import Result

PERMANENT = Receipt(status_code=400, error="the receiver answered 400", refusal=Refusal.FINAL)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def replay_of(bench: Bench) -> Task:
    return replace(bench.task, replayed_after=len(bench.record.attempts))


def test_a_replay_has_the_whole_schedule_before_it(bench: Bench) -> None:
    for _ in range(3):
        bench.work_when_due(REFUSED)
    bench.task = replay_of(bench)
    bench.clock.advance(days=1)

    outcomes = [bench.work_when_due(REFUSED).result for _ in range(3)]

    assert outcomes == [Result.RETRYING, Result.RETRYING, Result.DEAD]
    assert len(bench.record.attempts) == 6
    assert bench.record.task == replace(bench.task, replayed_after=None)


def test_what_succeeded_can_be_sent_once_more(bench: Bench) -> None:
    bench.work(ACCEPTED)

    outcome = bench.work(ACCEPTED, task=replay_of(bench))

    assert outcome.result is Result.SUCCEEDED
    assert len(bench.channel.pushes) == 2


def test_a_replay_that_comes_twice_sends_once(bench: Bench) -> None:
    bench.work(PERMANENT)
    replay = replay_of(bench)

    results = [bench.work(task=replay).result for _ in range(3)]

    assert results == [Result.SUCCEEDED, Result.REPEATED, Result.REPEATED]
    assert len(bench.channel.pushes) == 2


def test_the_end_of_an_older_round_says_nothing_of_an_event_that_was_replayed(
    bench: Bench,
) -> None:
    bench.work(REFUSED)
    round_ = bench.events.replay(TENANT, bench.event.id)
    bench.work(ACCEPTED, task=replace(bench.task, round=round_))

    bench.clock.advance(minutes=1)
    outcome = bench.work(PERMANENT)

    assert outcome.result is Result.DEAD
    assert bench.event_status() is EventStatus.PENDING


def test_the_end_of_the_last_round_fails_an_event_that_was_replayed(bench: Bench) -> None:
    bench.work(ACCEPTED)
    round_ = bench.events.replay(TENANT, bench.event.id)

    bench.work(PERMANENT, task=replace(bench.task, round=round_))

    assert bench.event_status() is EventStatus.FAILED


def test_a_push_that_came_before_the_events_replay_does_not_acknowledge_it() -> None:
    bench = Bench(acknowledges=True)
    bench.work(ACCEPTED)
    round_ = bench.events.replay(TENANT, bench.event.id)

    again = bench.work()  # its message, handed out a second time

    assert (again.result, again.event_moved_to) == (Result.REPEATED, None)
    assert bench.event_status() is EventStatus.PENDING
    last = bench.work(PERMANENT, task=replace(bench.task, round=round_))
    assert last.event_moved_to is EventStatus.FAILED
    bench.work()
    assert bench.event_status() is EventStatus.FAILED


def test_a_push_that_was_under_way_when_its_event_was_replayed_does_not_acknowledge_it() -> None:
    bench = Bench(acknowledges=True)
    bench.meanwhile(lambda: bench.events.replay(TENANT, bench.event.id))

    assert bench.work(ACCEPTED).result is Result.SUCCEEDED

    assert bench.event_status() is EventStatus.PENDING


@pytest.mark.parametrize("is_replayed", [True, False], ids=["its own replay", "its retry"])
def test_an_earlier_rounds_delivery_that_is_sent_after_the_events_replay_acknowledges_it(
    *, is_replayed: bool
) -> None:
    bench = Bench(acknowledges=True)
    bench.work(PERMANENT if is_replayed else REFUSED)
    bench.events.replay(TENANT, bench.event.id)
    bench.clock.advance(minutes=1)

    outcome = bench.work(ACCEPTED, task=replay_of(bench) if is_replayed else bench.task)

    assert outcome.event_moved_to is EventStatus.DELIVERED


def test_a_replay_that_waits_for_a_breaker_shows_that_it_is_retrying(bench: Bench) -> None:
    bench.work(PERMANENT)
    for _ in range(10):
        before = bench.breaker
        bench.configs.change_breaker(TENANT, bench.config.id, before, before.failed(bench.clock()))

    outcome = bench.work(task=replay_of(bench))

    assert outcome.result is Result.BREAKER_OPEN
    assert bench.record.status is DeliveryStatus.RETRYING
    assert outcome.again_at is not None
    bench.clock.at = outcome.again_at
    assert bench.work(task=replay_of(bench)).result is Result.SUCCEEDED


def test_a_replay_with_nowhere_to_go_is_dropped(bench: Bench) -> None:
    bench.work(PERMANENT)
    bench.configs.delete(TENANT, bench.config.id)
    replay = replay_of(bench)

    assert [bench.work(task=replay).result for _ in range(2)] == [Result.DROPPED, Result.DROPPED]

    assert bench.record.reason == "the config was deleted"
    assert len(bench.record.attempts) == 1


def test_of_two_workers_that_replay_one_sends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work(PERMANENT)
    replay = replay_of(bench)
    bench.before_recording(monkeypatch, lambda: bench.work(ACCEPTED, task=replay))

    outcome = bench.work(task=replay)

    assert outcome.result is Result.REPEATED
    assert len(bench.channel.pushes) == 2


def test_a_replay_whose_record_has_expired_is_a_delivery_as_any_other(bench: Bench) -> None:
    outcome = bench.work(ACCEPTED, task=replace(bench.task, replayed_after=3))

    assert outcome.result is Result.SUCCEEDED
    assert bench.record.task == bench.task


def test_who_stopped_right_after_a_replay_began_is_made_up_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work(PERMANENT)
    replay = replay_of(bench)
    with monkeypatch.context() as broken:
        broken.setattr(bench.channel, "send", stop)
        with pytest.raises(KeyboardInterrupt):
            bench.work(task=replay)
    bench.clock.at += timedelta(minutes=6)

    assert bench.work(task=replay).result is Result.SUCCEEDED
