from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.push.retry import DEFAULT_DELAYS, LONGEST_RETRY_AFTER, RetrySchedule

DELAYS = st.lists(st.timedeltas(timedelta(milliseconds=1), timedelta(days=1)), max_size=12).map(
    lambda delays: tuple(sorted(delays))
)
SCHEDULES = st.builds(RetrySchedule, DELAYS)
CHANCES = st.floats(0, 1, exclude_max=True)
ASKED = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))
ATTEMPTS = st.integers(1, 20)


@given(SCHEDULES, ATTEMPTS, ASKED, CHANCES)
def test_it_is_given_up_after_the_last_wait_and_never_before(
    schedule: RetrySchedule, attempt: int, asked: timedelta | None, chance: float
) -> None:
    wait = schedule.wait_after(attempt, retry_after=asked, chance=chance)

    assert (wait is None) == (attempt >= schedule.attempts)


@given(SCHEDULES, ATTEMPTS, CHANCES)
def test_a_wait_is_that_of_the_schedule_or_up_to_a_fifth_longer(
    schedule: RetrySchedule, attempt: int, chance: float
) -> None:
    wait = schedule.wait_after(attempt, retry_after=None, chance=chance)

    if wait is not None:
        planned = schedule.delays[attempt - 1]
        assert planned <= wait <= planned * 1.2 + timedelta(microseconds=1)


@given(SCHEDULES, ATTEMPTS, st.timedeltas(timedelta(0), LONGEST_RETRY_AFTER), CHANCES)
def test_it_is_never_sooner_than_the_receiver_asked(
    schedule: RetrySchedule, attempt: int, asked: timedelta, chance: float
) -> None:
    wait = schedule.wait_after(attempt, retry_after=asked, chance=chance)

    assert wait is None or wait >= asked


@given(SCHEDULES, ATTEMPTS, ASKED, CHANCES)
def test_who_asks_for_more_than_a_day_gets_a_day(
    schedule: RetrySchedule, attempt: int, asked: timedelta | None, chance: float
) -> None:
    wait = schedule.wait_after(attempt, retry_after=asked, chance=chance)
    unasked = schedule.wait_after(attempt, retry_after=None, chance=chance)

    if wait is not None and unasked is not None:
        assert unasked <= wait <= max(unasked, LONGEST_RETRY_AFTER)


@given(SCHEDULES, ATTEMPTS, ASKED, CHANCES)
def test_with_the_same_luck_no_wait_is_shorter_than_the_one_before(
    schedule: RetrySchedule, attempt: int, asked: timedelta | None, chance: float
) -> None:
    one = schedule.wait_after(attempt, retry_after=asked, chance=chance)
    next_ = schedule.wait_after(attempt + 1, retry_after=asked, chance=chance)

    assert one is None or next_ is None or one <= next_


@given(ATTEMPTS, CHANCES, CHANCES)
def test_in_the_default_schedule_waits_grow_whatever_the_luck(
    attempt: int, chance: float, other_chance: float
) -> None:
    schedule = RetrySchedule()
    one = schedule.wait_after(attempt, retry_after=None, chance=chance)
    next_ = schedule.wait_after(attempt + 1, retry_after=None, chance=other_chance)

    assert one is None or next_ is None or one < next_


@given(SCHEDULES, ATTEMPTS, CHANCES, ASKED, ASKED)
def test_who_asks_for_a_longer_wait_gets_no_shorter_one(
    schedule: RetrySchedule,
    attempt: int,
    chance: float,
    asked: timedelta | None,
    other: timedelta | None,
) -> None:
    less, more = sorted((asked or timedelta(0), other or timedelta(0)))
    short = schedule.wait_after(attempt, retry_after=less, chance=chance)
    long = schedule.wait_after(attempt, retry_after=more, chance=chance)

    assert short is None or long is None or short <= long


@given(SCHEDULES, ATTEMPTS, CHANCES, CHANCES)
def test_more_bad_luck_is_no_shorter_wait(
    schedule: RetrySchedule, attempt: int, chance: float, other: float
) -> None:
    less, more = sorted((chance, other))
    short = schedule.wait_after(attempt, retry_after=None, chance=less)
    long = schedule.wait_after(attempt, retry_after=None, chance=more)

    assert short is None or long is None or short <= long


def test_the_default_is_what_is_promised() -> None:
    seconds = [delay.total_seconds() for delay in DEFAULT_DELAYS]

    assert seconds == [1, 2, 4, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600, 12 * 3600]
    assert RetrySchedule().attempts == 10


@pytest.mark.parametrize(("chance", "milliseconds"), [(0, 1000), (0.5, 1100), (0.999, 1199.8)])
def test_luck_spreads_a_wait_over_a_fifth_of_it(chance: float, milliseconds: float) -> None:
    wait = RetrySchedule().wait_after(1, retry_after=None, chance=chance)

    assert wait == timedelta(milliseconds=milliseconds)


def test_a_schedule_without_waits_tries_once() -> None:
    schedule = RetrySchedule(())

    assert schedule.attempts == 1
    assert schedule.wait_after(1, retry_after=timedelta(seconds=1), chance=0) is None
