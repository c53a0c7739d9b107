"""A config's line of turns, whatever comes when."""

import heapq
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import an_event
from tests.builders.push import a_config, a_task
from tests.clock import START
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.policy import MAX_PER_SECOND, Policy
from triggers_api.push.turns import LOOKS_AGAIN_WITHIN, Turns

EVENT = an_event(START)
SECOND = timedelta(seconds=1)


def limited(per_second: int | None) -> Policy:
    return Policy(rate_limit_per_second=per_second)


@given(
    per_second=st.integers(1, MAX_PER_SECOND),
    gaps=st.lists(st.integers(0, 3000), min_size=1, max_size=60),
)
def test_no_second_has_more_turns_than_the_limit_and_every_push_has_one(
    per_second: int, gaps: list[int]
) -> None:
    turns, config = (
        Turns(InMemoryTokenBuckets(), lambda _: None),
        a_config(policy=limited(per_second)),
    )
    now, given_at = START, list[float]()
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        turn = turns.take(a_task(EVENT, config), config, now)
        assert turn.task.config_turn_at is not None
        given_at.append(turn.task.config_turn_at)

    assert len(given_at) == len(gaps)
    for number, first in enumerate(given_at):
        within = sum(1 for each in given_at[number:] if each < first + 1)
        assert within <= per_second + 1  # a turn's time is rounded to a microsecond


@given(wait=st.integers(1, 5000), per_second=st.integers(1, 100))
def test_who_comes_back_as_told_goes_at_its_turn_without_asking_again(
    wait: int, per_second: int
) -> None:
    buckets = InMemoryTokenBuckets()
    turns, config = Turns(buckets, lambda _: None), a_config(policy=limited(per_second))
    line = f"{config.tenant}#pace/{config.id}:{per_second}"
    buckets.owe(line, RateLimit(per_second, 1), wait, START)
    asked, now = buckets.asked, START

    turn = turns.take(a_task(EVENT, config), config, now)
    looks = 0
    while turn.again_at is not None:
        assert timedelta(0) < turn.again_at - now <= LOOKS_AGAIN_WITHIN
        now, looks = turn.again_at, looks + 1
        turn = turns.take(turn.task, config, now)

    assert buckets.asked == asked + (2 if per_second <= 50 else 1)
    assert looks <= 1 + wait / per_second / LOOKS_AGAIN_WITHIN.total_seconds()
    assert turn.at - START == pytest.approx(timedelta(seconds=wait / per_second), abs=SECOND / 1000)
    assert turn.at == now


@given(
    per_second=st.integers(1, 50),
    lateness=st.lists(st.integers(0, 400_000), min_size=1, max_size=60),
    its_tenants=st.none() | st.integers(1, 100),
)
def test_however_late_they_come_the_door_lets_no_more_than_the_limit_through(
    per_second: int, lateness: list[int], its_tenants: int | None
) -> None:
    """The first time they come back; later they come when they were told to."""
    turns = Turns(InMemoryTokenBuckets(), lambda _: its_tenants)
    config = a_config(policy=limited(per_second))
    waiting = [
        (
            START + timedelta(milliseconds=late),
            number,
            turns.take(a_task(EVENT, config), config, START).task,
        )
        for number, late in enumerate(lateness)
    ]
    heapq.heapify(waiting)
    went_at = list[datetime]()
    while waiting:
        now, number, task = heapq.heappop(waiting)
        turn = turns.take(task, config, now)
        if turn.again_at is None:
            went_at.append(turn.at)
        else:
            heapq.heappush(waiting, (turn.again_at, number, turn.task))

    assert len(went_at) == len(lateness)
    went_at.sort()
    for number, first in enumerate(went_at):
        within = sum(1 for each in went_at[number:] if each < first + SECOND)
        assert within <= per_second + 1


def test_a_turn_at_the_door_is_kept_for_two_minutes_and_then_another_is_taken() -> None:
    buckets = InMemoryTokenBuckets()
    turns, config = Turns(buckets, lambda _: None), a_config(policy=limited(1))
    first = turns.take(a_task(EVENT, config), config, START)

    for late, asked in ((119, 2), (121, 3)):
        assert turns.take(first.task, config, START + timedelta(seconds=late)).again_at is None
        assert buckets.asked == asked


@pytest.mark.parametrize(("stands_at", "next_at"), [(0, 4), (3, 3)])
def test_only_a_turn_that_is_still_to_come_is_given_back(stands_at: int, next_at: int) -> None:
    """A push leaves its line because its config's limit was changed."""
    turns = Turns(InMemoryTokenBuckets(), lambda _: None)
    config, changed = a_config(policy=limited(1)), limited(50)
    line = [turns.take(a_task(EVENT, config), config, START) for _ in range(4)]  # 0, 1, 2, 3 s
    now = START + SECOND / 2

    turns.take(line[stands_at].task, replace(config, policy=changed), now)

    turn = turns.take(a_task(EVENT, config), config, now)
    assert turn.task.config_turn_at == (START + next_at * SECOND).timestamp()


class Silent(InMemoryTokenBuckets):
    """A store that does not answer."""

    def owe(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> TokensTaken:  # noqa: ARG002
        raise StoreUnavailableError("The store is busy.")


@pytest.mark.parametrize("per_second", [5, MAX_PER_SECOND])
def test_while_the_store_is_silent_a_configs_limit_makes_wait_and_a_tenants_does_not(
    per_second: int,
) -> None:
    config = a_config(policy=limited(per_second))
    task = a_task(EVENT, config)

    turn = Turns(Silent(), lambda _: None).take(task, config, START)
    assert turn.again_at == START + timedelta(seconds=5)
    assert turn.task == task

    unlimited = a_config()
    assert Turns(Silent(), lambda _: 5).take(task, unlimited, START).again_at is None
