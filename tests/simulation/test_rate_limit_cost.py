"""What the rate limit costs and lets through, with many processes at work for one tenant."""

import random
from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.clock import START, FixedClock
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.token_bucket import RateLimit
from triggers_api.errors import RateLimitedError

SECONDS = 60


def run(limit: RateLimit, requests_a_second: int, processes: int) -> tuple[float, float]:
    """Admitted requests a second, and writes for each request that came, over a minute."""
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    limiters = [RateLimiter(buckets, clock) for _ in range(processes)]
    chance = random.Random(1)  # noqa: S311  # no secret
    moments = sorted(chance.uniform(0, SECONDS) for _ in range(requests_a_second * SECONDS))
    admitted = 0
    for moment in moments:
        clock.at = START + timedelta(seconds=moment)
        try:
            chance.choice(limiters).admit(TENANT, limit)
        except RateLimitedError:
            continue
        admitted += 1
    return admitted / SECONDS, buckets.asked / len(moments)


def test_who_comes_once_a_second_costs_nothing() -> None:
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    limiter = RateLimiter(buckets, clock)

    for _ in range(1000):
        limiter.admit(TENANT, RateLimit(500, 1000))
        clock.advance(seconds=1)

    assert buckets.asked == 0


@pytest.mark.parametrize(
    ("requests_a_second", "processes", "expected"),
    [(1, 1, 0.150), (10, 1, 0.080), (100, 3, 0.029), (1000, 25, 0.025)],
)
def test_below_the_limit_a_request_costs_a_small_part_of_a_write_and_none_is_refused(
    requests_a_second: int, processes: int, expected: float
) -> None:
    admitted, writes = run(RateLimit(2000, 4000), requests_a_second, processes)

    assert admitted == requests_a_second
    assert writes == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("offered", "processes", "expected"),
    [(1000, 25, 0.042), (5000, 25, 0.011), (1000, 100, 0.131)],
)
def test_above_the_limit_about_the_limit_is_let_through_for_few_writes(
    offered: int, processes: int, expected: float
) -> None:
    limit = RateLimit(500, 1000)

    admitted, writes = run(limit, offered, processes)

    most = limit.per_second + limit.burst / SECONDS + 2 * processes
    assert 0.9 * limit.per_second <= admitted <= most
    assert writes == pytest.approx(expected, abs=0.005)
