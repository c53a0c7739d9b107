"""What one process asks of a tenant's bucket: how much at a time, when, and when no more."""

from datetime import datetime

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.errors import RateLimitedError

LIMIT = RateLimit(per_second=100, burst=100)  # a chunk has ten tokens at most


class Watched(InMemoryTokenBuckets):
    """Notes how many tokens are wanted at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[int] = []

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        self.wanted.append(wanted)
        return super().take(bucket, limit, wanted, at, at_least=at_least)


class Process:
    """One process that serves one tenant."""

    def __init__(self, clock: FixedClock, limit: RateLimit = LIMIT) -> None:
        self.clock = clock
        self.limit = limit
        self.buckets = Watched()
        self.limiter = RateLimiter(self.buckets, clock)

    def leave(self, tokens: int) -> None:
        """Other processes take all but so many."""
        self.buckets.take(TENANT, self.limit, self.limit.burst - tokens, self.clock())
        self.buckets.wanted.clear()

    def admits(self, requests: int = 1) -> int:
        admitted = 0
        for _ in range(requests):
            try:
                self.limiter.admit(TENANT, self.limit)
            except RateLimitedError:
                continue
            admitted += 1
        return admitted


@pytest.fixture
def process(clock: FixedClock) -> Process:
    return Process(clock)


def test_a_chunk_is_what_the_busier_of_this_second_and_the_last_one_needed(
    process: Process,
) -> None:
    assert process.admits(8) == 8  # two free, then chunks of 3 and of 6
    process.clock.advance(seconds=1)
    assert process.admits(6) == 6  # three were left, two are free

    assert process.buckets.wanted == [3 + 2, 6, 8 + 2]


def test_a_chunk_is_never_larger_than_the_limit_shares_out(process: Process) -> None:
    process.admits(60)

    assert max(process.buckets.wanted) == LIMIT.chunk


def test_what_was_needed_before_the_last_second_is_forgotten(process: Process) -> None:
    process.admits(8)
    process.clock.advance(seconds=6)

    assert process.admits(3) == 3

    assert process.buckets.wanted[-1] == 3 + 2


def test_what_was_free_in_an_earlier_second_is_never_paid_for(process: Process) -> None:
    for _ in range(3):
        process.admits(2)
        process.clock.advance(seconds=1)
    process.admits(3)

    assert process.buckets.wanted == [3 + 2]


def test_a_chunk_is_of_use_for_five_seconds(process: Process) -> None:
    process.admits(3)
    process.clock.advance(seconds=4.9)
    assert process.admits(3) == 3  # one of the two that were left is used up first
    assert len(process.buckets.wanted) == 1
    process.admits(8)
    asked = len(process.buckets.wanted)
    process.clock.advance(seconds=5)

    process.admits(3)

    assert len(process.buckets.wanted) == asked + 1


def test_a_bucket_that_gave_less_than_was_wanted_is_asked_again_after_half_a_second(
    process: Process,
) -> None:
    process.leave(4)
    assert process.admits(4) == 4
    assert process.buckets.wanted == [5]
    process.clock.advance(milliseconds=400)

    assert process.admits() == 0

    assert process.buckets.wanted == [5]
    process.clock.advance(milliseconds=100)
    assert process.admits() == 1


def test_a_bucket_that_gave_all_that_was_wanted_may_be_asked_at_once(process: Process) -> None:
    process.leave(5)
    assert process.admits(5) == 5
    process.clock.advance(milliseconds=100)

    assert process.admits() == 1
    assert len(process.buckets.wanted) == 2


def test_what_was_free_and_could_not_be_paid_for_is_paid_later_in_that_second(
    process: Process,
) -> None:
    process.leave(1)
    assert process.admits(3) == 2
    process.clock.advance(milliseconds=500)

    assert process.admits() == 1

    assert process.buckets.wanted == [3 + 2, 4 + 1]


def test_an_empty_bucket_that_fills_fast_is_left_alone_for_half_a_second(
    process: Process,
) -> None:
    process.leave(0)
    assert process.admits(3) == 2
    process.clock.advance(milliseconds=499)
    assert process.admits() == 0
    assert len(process.buckets.wanted) == 1
    process.clock.advance(milliseconds=1)

    assert process.admits() == 1


def test_who_was_refused_has_nothing_free_before_the_half_second_is_over(
    process: Process,
) -> None:
    process.admits()
    process.clock.advance(milliseconds=900)
    process.leave(0)
    assert process.admits(2) == 1
    process.clock.advance(milliseconds=499)

    assert process.admits() == 0

    process.clock.advance(milliseconds=1)
    assert process.admits() == 1


def test_an_empty_bucket_that_fills_slowly_is_left_alone_until_it_has_a_token(
    clock: FixedClock,
) -> None:
    process = Process(clock, RateLimit(per_second=1, burst=3))
    process.admits(9)
    asked = len(process.buckets.wanted)
    clock.advance(milliseconds=700)

    assert process.admits() == 0
    assert len(process.buckets.wanted) == asked


def test_a_small_bucket_is_asked_again_before_it_runs_over(clock: FixedClock) -> None:
    process = Process(clock, RateLimit(per_second=100, burst=10))
    process.leave(0)
    assert process.admits(3) == 2
    clock.advance(milliseconds=50)

    assert process.admits() == 1


def test_a_thousand_tenants_are_remembered_at_most(process: Process) -> None:
    assert process.admits(2) == 2
    for number in range(1000):
        process.limiter.admit(f"tenant-{number}", LIMIT)

    assert process.admits(2) == 2  # as one who was never seen

    assert process.buckets.wanted == []


def test_what_is_left_grows_as_tokens_come_back_and_never_beyond_the_burst(
    process: Process,
) -> None:
    process.admits(3)
    assert process.limiter.admit(TENANT, LIMIT) == LIMIT.burst - 4
    process.clock.advance(milliseconds=20)
    assert process.limiter.admit(TENANT, LIMIT) == LIMIT.burst - 3
    process.admits(5)
    process.clock.advance(seconds=3)

    assert process.limiter.admit(TENANT, LIMIT) == LIMIT.burst
