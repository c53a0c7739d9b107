"""Facts about a delivery to a config that has its own schedule or limit."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import TENANT
from tests.fakes.push import REFUSED
from tests.unit.push.bench import SENDING_TAKES, Bench
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.outcome import Result
from triggers_api.push.policy import LONGEST_SCHEDULE, MAX_WAITS, Policy
from triggers_api.push.retry import RetrySchedule

# One that is refused for its own sake leaves the breaker alone, however often it is tried.
NOT_THIS = replace(REFUSED, refusal=Refusal.NOT_THIS_EVENT)


def schedule(*seconds: int) -> Policy:
    return Policy(retry_schedule=RetrySchedule(tuple(timedelta(seconds=each) for each in seconds)))


def change(bench: Bench, policy: Policy) -> None:
    known = bench.configs.find(TENANT, bench.config.id)
    assert known is not None
    at = known.updated_at + timedelta(microseconds=1)
    assert bench.configs.put(
        replace(known, policy=policy, updated_at=at), known_updated_at=known.updated_at
    )


@given(waits=st.lists(st.integers(1, LONGEST_SCHEDULE // timedelta(seconds=1)), max_size=MAX_WAITS))
def test_attempts_are_made_when_its_schedule_says_and_then_it_is_given_up(waits: list[int]) -> None:
    bench = Bench(policy=schedule(*waits))
    for wait in waits:
        outcome = bench.work_when_due(NOT_THIS)
        assert outcome.result is Result.RETRYING
        assert outcome.again_at == bench.record.next_attempt_at
        assert outcome.again_at == bench.after_sending(timedelta(seconds=wait))

    assert bench.work_when_due(NOT_THIS).result is Result.DEAD

    made_at = [each.at for each in bench.record.attempts]
    assert len(made_at) == len(waits) + 1
    for wait, (before, after) in zip(waits, pairwise(made_at), strict=True):
        told = timedelta(seconds=wait)
        assert told <= after - before - SENDING_TAKES <= told * 1.2


def test_a_receiver_that_wants_more_time_than_its_schedule_gives_gets_it() -> None:
    bench = Bench(policy=schedule(5))

    bench.work(replace(NOT_THIS, retry_after=timedelta(seconds=60)))

    assert bench.record.next_attempt_at == bench.clock() + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("now_on", "then"),
    [(schedule(1, 50), Result.RETRYING), (schedule(1), Result.DEAD), (Policy(), Result.RETRYING)],
)
def test_what_waits_when_the_schedule_changes_keeps_its_time_and_then_goes_by_the_new_one(
    now_on: Policy, then: Result
) -> None:
    bench = Bench(policy=schedule(5, 5, 5))
    bench.work(NOT_THIS)
    due_at = bench.record.next_attempt_at

    change(bench, now_on)

    assert bench.work(NOT_THIS).again_at == due_at
    outcome = bench.work_when_due(NOT_THIS)
    assert outcome.result is then
    if now_on == schedule(1, 50):
        assert outcome.again_at == bench.after_sending(timedelta(seconds=50))


def test_what_waits_for_its_schedule_does_not_count_as_waiting_for_the_receiver() -> None:
    """A push that was held back once is not given up for the days that its schedule takes."""
    bench = Bench(policy=schedule(6 * 86_400))
    at = bench.clock().timestamp()
    task = replace(bench.task, waits_since=at)

    again = bench.work(NOT_THIS, task=task).again

    assert again is not None
    assert again.waits_since is not None
    assert again.waits_since - at == pytest.approx(6 * 86_400 * 1.1)


def test_a_limit_that_makes_a_push_wait_is_no_attempt() -> None:
    bench = Bench(policy=Policy(rate_limit_per_second=1))
    bench.work(Receipt(status_code=200))

    held = bench.work(task=replace(bench.task, round=1))

    assert held.result is Result.NOT_ITS_TURN
    assert held.again is not None
    assert bench.deliveries.find(held.again) is None
    assert held.again_at is not None
    assert timedelta(seconds=0.7) < held.again_at - bench.clock() < timedelta(seconds=1)
    bench.clock.at = held.again_at
    assert bench.work(task=held.again).result is Result.SUCCEEDED
