from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.clock import START
from triggers_api.access.token_bucket import RateLimit

LIMITS = st.builds(RateLimit, st.integers(1, 100_000), st.integers(1, 1_000_000))


@given(LIMITS)
def test_a_bucket_at_rest_holds_the_whole_burst(limit: RateLimit) -> None:
    assert limit.tokens_at(START, START) == limit.burst
    assert limit.tokens_at(START, START - timedelta(days=400)) == limit.burst


@given(LIMITS, st.integers(0, 1_000_000))
def test_what_was_taken_is_missing(limit: RateLimit, taken: int) -> None:
    taken = min(taken, limit.burst)

    left = limit.tokens_at(START, START + limit.time_of(taken))

    assert limit.burst - taken - 1 <= left <= limit.burst - taken  # rounded against the taker


@given(LIMITS)
def test_an_empty_bucket_is_full_again_when_it_says_and_no_sooner(limit: RateLimit) -> None:
    spent_until = START + limit.full_after

    assert limit.tokens_at(START, spent_until) == 0
    assert limit.tokens_at(spent_until, spent_until) == limit.burst
    just_before = spent_until - limit.time_of(1)
    assert limit.tokens_at(just_before, spent_until) < limit.burst


@given(LIMITS)
def test_an_empty_bucket_has_a_token_again_when_it_says_and_no_sooner(limit: RateLimit) -> None:
    spent_until = START + limit.full_after
    again = limit.next_at(spent_until)

    assert limit.tokens_at(again, spent_until) >= 1
    assert limit.tokens_at(again - limit.time_of(1), spent_until) == 0


@given(LIMITS)
def test_a_chunk_is_at_least_one_and_never_more_than_the_burst(limit: RateLimit) -> None:
    assert 1 <= limit.chunk <= limit.burst
