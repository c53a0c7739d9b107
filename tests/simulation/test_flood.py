"""One tenant calls at ten times its limit: what another notices of it, with limits and without.

A function that may run so many calls at once serves both, each call for as long as it takes;
who finds none free waits, as a client does that tries again. Virtual time, fixed seeds.
"""

import heapq
import random
from datetime import datetime, timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import START, FixedClock
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.token_bucket import RateLimit
from triggers_api.errors import RateLimitedError

LIMIT = RateLimit(100, 200)
PROCESSES = 10
SERVED, REFUSED = timedelta(milliseconds=20), timedelta(milliseconds=2)
SECONDS = 60


def run(flood_a_second: int, limit: RateLimit | None) -> tuple[float, list[timedelta], int]:
    """The other tenant's share served within 1 s, its sorted latencies; the loud one's served."""
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    chance = random.Random(7)  # noqa: S311  # no secret
    processes = [(START, number) for number in range(PROCESSES)]
    limiters = [RateLimiter(buckets, clock) for _ in processes]
    calls = [(chance.uniform(0, SECONDS), OTHER_TENANT) for _ in range(20 * SECONDS)]
    calls += [(chance.uniform(0, SECONDS), TENANT) for _ in range(flood_a_second * SECONDS)]
    waits: list[timedelta] = []
    loud = 0
    for second, tenant in sorted(calls):
        came_at = START + timedelta(seconds=second)
        free_at, number = heapq.heappop(processes)
        clock.at = max(came_at, free_at)
        is_served = limit is None or admits(limiters[number], tenant, limit)
        done_at: datetime = clock.at + (SERVED if is_served else REFUSED)
        heapq.heappush(processes, (done_at, number))
        if tenant == TENANT:
            loud += is_served
        else:
            waits.append(done_at - came_at if is_served else timedelta.max)
    in_time = sum(wait <= timedelta(seconds=1) for wait in waits) / len(waits)
    return in_time, sorted(waits), loud


def admits(limiter: RateLimiter, tenant: str, limit: RateLimit) -> bool:
    try:
        limiter.admit(tenant, limit)
    except RateLimitedError:
        return False
    return True


def test_without_a_limit_a_flood_takes_the_place_of_another_tenant() -> None:
    in_time, latencies, _ = run(10 * LIMIT.per_second, None)

    assert in_time < 0.1
    assert latencies[-1] > timedelta(seconds=10)


@pytest.mark.parametrize("times", [0, 1, 10])
def test_with_limits_another_tenant_notices_next_to_nothing_of_a_flood(times: int) -> None:
    """The burst alone is a queue, once; at the limit the processes are busy for a part only."""
    in_time, latencies, loud = run(times * LIMIT.per_second, LIMIT)

    free = PROCESSES * 2 * (SECONDS + 2)
    ahead = LIMIT.burst + PROCESSES * (2 * LIMIT.chunk + 2 * 2)
    assert in_time == 1
    assert latencies[-1] <= SERVED * ahead / PROCESSES + SERVED
    assert latencies[len(latencies) * 95 // 100] <= 2 * SERVED
    assert loud <= LIMIT.burst + LIMIT.per_second * SECONDS + PROCESSES * 2 * LIMIT.chunk + free
