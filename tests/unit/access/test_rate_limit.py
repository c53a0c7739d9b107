from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import START, FixedClock
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.rate_limit import FREE_A_SECOND, RateLimiter
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.errors import RateLimitedError, StoreUnavailableError

LIMIT = RateLimit(per_second=10, burst=20)


@pytest.fixture
def buckets() -> InMemoryTokenBuckets:
    return InMemoryTokenBuckets()


@pytest.fixture
def limiter(buckets: InMemoryTokenBuckets, clock: FixedClock) -> RateLimiter:
    return RateLimiter(buckets, clock)


def admitted(
    limiter: RateLimiter, requests: int, tenant: str = TENANT, limit: RateLimit = LIMIT
) -> int:
    """How many of so many requests at once are let through."""
    count = 0
    for _ in range(requests):
        try:
            limiter.admit(tenant, limit)
        except RateLimitedError:
            continue
        count += 1
    return count


def test_two_requests_a_second_ask_no_bucket(
    limiter: RateLimiter, buckets: InMemoryTokenBuckets, clock: FixedClock
) -> None:
    for _ in range(100):
        assert admitted(limiter, FREE_A_SECOND) == FREE_A_SECOND
        clock.advance(seconds=1)

    assert buckets.asked == 0


def test_the_burst_is_what_can_be_had_at_once(limiter: RateLimiter) -> None:
    assert admitted(limiter, 100) == LIMIT.burst


def test_what_was_free_is_paid_for_with_the_first_chunk(
    limiter: RateLimiter, buckets: InMemoryTokenBuckets, clock: FixedClock
) -> None:
    admitted(limiter, 3)

    assert buckets.take(TENANT, LIMIT, 100, clock()).tokens == LIMIT.burst - 3


def test_who_waits_as_told_is_let_in_again(limiter: RateLimiter, clock: FixedClock) -> None:
    admitted(limiter, 100)
    with pytest.raises(RateLimitedError) as refused:
        limiter.admit(TENANT, LIMIT)

    clock.advance(seconds=refused.value.retry_after_seconds)

    assert admitted(limiter, 5) == 5


@pytest.mark.parametrize("per_second", [1, 3, 10, 7919])
def test_the_wait_is_a_whole_number_of_seconds_and_at_least_one(
    clock: FixedClock, per_second: int
) -> None:
    limit = RateLimit(per_second, per_second)
    limiter = RateLimiter(InMemoryTokenBuckets(), clock)
    admitted(limiter, per_second + 100, limit=limit)

    with pytest.raises(RateLimitedError) as refused:
        limiter.admit(TENANT, limit)

    assert refused.value.retry_after_seconds == 1


def test_refused_requests_ask_no_bucket_for_half_a_second(
    limiter: RateLimiter, buckets: InMemoryTokenBuckets, clock: FixedClock
) -> None:
    admitted(limiter, 100)
    asked = buckets.asked

    for _ in range(40):
        clock.advance(milliseconds=10)
        admitted(limiter, 10)

    assert buckets.asked == asked


def test_one_tenant_leaves_another_alone(limiter: RateLimiter) -> None:
    admitted(limiter, 100)

    assert admitted(limiter, 100, OTHER_TENANT) == LIMIT.burst


def test_what_is_left_is_told_once_it_is_known(limiter: RateLimiter, clock: FixedClock) -> None:
    known = [limiter.admit(TENANT, LIMIT) for _ in range(20)]
    assert known == [None, None, *range(17, -1, -1)]
    clock.advance(minutes=1)
    assert limiter.admit(TENANT, LIMIT) is None


class BrokenBuckets(InMemoryTokenBuckets):
    """Keeps what it is asked for to itself."""

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        super().take(bucket, limit, wanted, at, at_least=at_least)
        raise StoreUnavailableError("no")


def test_a_store_that_fails_admits_everybody_and_is_left_alone_for_a_while(
    clock: FixedClock,
) -> None:
    buckets = BrokenBuckets()
    limiter = RateLimiter(buckets, clock)

    for _ in range(10):
        assert admitted(limiter, 100) == 100
        clock.advance(seconds=1)

    assert buckets.asked == 2


def test_a_clock_that_is_set_back_shuts_nobody_out(limiter: RateLimiter, clock: FixedClock) -> None:
    admitted(limiter, 100)

    clock.advance(hours=-1)

    assert admitted(limiter, 1) == 1


def test_more_tenants_than_are_remembered_are_served_all_the_same(limiter: RateLimiter) -> None:
    assert sum(admitted(limiter, 1, f"tenant-{number}") for number in range(2500)) == 2500


LIMITS = st.builds(RateLimit, st.integers(1, 60), st.integers(1, 120))


@given(LIMITS, st.integers(1, 5))
def test_who_stays_below_the_limit_is_never_refused(limit: RateLimit, processes: int) -> None:
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    limiters = [RateLimiter(buckets, clock) for _ in range(processes)]
    if limit.burst < 2 * processes * limit.chunk + 2 * limit.per_second:
        return  # its processes' chunks alone take more than the bucket holds
    for number in range(5 * limit.per_second):
        clock.at = START + timedelta(seconds=1.1 * number / limit.per_second)
        assert admitted(limiters[number % processes], 1, limit=limit) == 1


def test_a_limit_that_was_raised_is_what_comes_back_from_then_on(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    assert admitted(limiter, 100) == LIMIT.burst
    assert admitted(limiter, 100, limit=RateLimit(1000, 2000)) == 0
    clock.advance(seconds=1)

    assert admitted(limiter, 5000, limit=RateLimit(1000, 2000)) == 1000


def test_a_limit_that_was_lowered_holds_at_once(limiter: RateLimiter) -> None:
    assert admitted(limiter, 10) == 10

    lowered = RateLimit(per_second=1, burst=2)

    assert admitted(limiter, 100, limit=lowered) <= lowered.burst + LIMIT.chunk
