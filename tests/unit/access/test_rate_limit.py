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
    return RateLimiter(buckets, LIMIT, clock)


def admitted(limiter: RateLimiter, requests: int, tenant: str = TENANT) -> int:
    """How many of so many requests at once are let through."""
    count = 0
    for _ in range(requests):
        try:
            limiter.admit(tenant)
        except RateLimitedError:
            continue
        count += 1
    return count


def test_without_a_limit_nobody_is_refused_and_no_bucket_asked(
    buckets: InMemoryTokenBuckets, clock: FixedClock
) -> None:
    limiter = RateLimiter(buckets, None, clock)

    assert admitted(limiter, 1000) == 1000
    assert (limiter.admit(TENANT), buckets.asked) == (None, 0)


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
        limiter.admit(TENANT)

    clock.advance(seconds=refused.value.retry_after_seconds)

    assert admitted(limiter, 5) == 5


@pytest.mark.parametrize("per_second", [1, 3, 10, 7919])
def test_the_wait_is_a_whole_number_of_seconds_and_at_least_one(
    clock: FixedClock, per_second: int
) -> None:
    limiter = RateLimiter(InMemoryTokenBuckets(), RateLimit(per_second, per_second), clock)
    admitted(limiter, per_second + 100)

    with pytest.raises(RateLimitedError) as refused:
        limiter.admit(TENANT)

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
    known = [limiter.admit(TENANT) for _ in range(20)]
    assert known == [None, None, *range(17, -1, -1)]
    clock.advance(minutes=1)
    assert limiter.admit(TENANT) is None


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
    limiter = RateLimiter(buckets, LIMIT, clock)

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


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 700), st.integers(0, 4), st.integers(1, 30)), max_size=60
)
LIMITS = st.builds(RateLimit, st.integers(1, 60), st.integers(1, 120))


@given(LIMITS, ARRIVALS, st.integers(1, 5))
def test_several_processes_never_admit_more_than_promised(
    limit: RateLimit, arrivals: list[tuple[int, int, int]], processes: int
) -> None:
    """Within any range of time: burst + rate * t + n * (chunk + 2 * (t + 2))."""
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    limiters = [RateLimiter(buckets, limit, clock) for _ in range(processes)]
    seen: list[tuple[datetime, int]] = []
    for milliseconds, process, requests in arrivals:
        clock.advance(milliseconds=milliseconds)
        seen.append((clock(), admitted(limiters[process % processes], requests)))

    for first, (begin, _) in enumerate(seen):
        total = 0
        for end, count in seen[first:]:
            total += count
            seconds = (end - begin).total_seconds()
            slack = processes * (limit.chunk + FREE_A_SECOND * (seconds + 2))
            assert total <= limit.burst + limit.per_second * seconds + 1 + slack


@given(LIMITS, st.integers(1, 5))
def test_who_stays_below_the_limit_is_never_refused(limit: RateLimit, processes: int) -> None:
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    limiters = [RateLimiter(buckets, limit, clock) for _ in range(processes)]
    if limit.burst < 2 * processes * limit.chunk + 2 * limit.per_second:
        return  # its processes' chunks alone take more than the bucket holds
    for number in range(5 * limit.per_second):
        clock.at = START + timedelta(seconds=1.1 * number / limit.per_second)
        assert admitted(limiters[number % processes], 1) == 1
