"""What calls cost: what is taken before they do anything, what is owed afterwards, and the bound."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.rate_limit import FREE_A_SECOND, RateLimiter
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.errors import RateLimitedError, StoreUnavailableError

LIMIT = RateLimit(per_second=100, burst=200)  # a chunk has ten tokens at most


@dataclass
class Process:
    """One process that serves one tenant."""

    clock: FixedClock
    buckets: InMemoryTokenBuckets = field(default_factory=InMemoryTokenBuckets)
    limit: RateLimit = LIMIT

    def __post_init__(self) -> None:
        self.limiter = RateLimiter(self.buckets, self.clock)

    def sends(self, items: int) -> int:
        """The seconds to wait that a call with so many items is answered; 0 if it is admitted."""
        try:
            self.limiter.admit(TENANT, self.limit)
            if items > 1:
                self.limiter.charge(TENANT, self.limit, items - 1)
        except RateLimitedError as error:
            return error.retry_after_seconds
        return 0

    def reads(self, units: int) -> int:
        """The same for a list that reads so many units."""
        try:
            self.limiter.admit(TENANT, self.limit)
        except RateLimitedError as error:
            return error.retry_after_seconds
        if units > 1:
            self.limiter.owe(TENANT, self.limit, units - 1)
        return 0

    def empties(self) -> int:
        """Take all that the bucket holds."""
        return self.buckets.take(TENANT, self.limit, self.limit.burst, self.clock()).tokens


def test_who_has_a_deleted_tenants_name_next_pays_no_debt_of_an_earlier_one(
    clock: FixedClock,
) -> None:
    process = Process(clock)
    assert process.reads(100_000) == 0
    assert process.sends(1) > 900

    clock.advance(seconds=180)
    assert process.sends(1) > 700, "the bucket is asked again, and knows of the debt"
    process.buckets.forget(TENANT)
    clock.advance(seconds=60)

    assert process.sends(1) == 0


def test_a_closed_bucket_is_asked_once_a_minute(clock: FixedClock) -> None:
    process = Process(clock)
    process.reads(100_000)
    asked = process.buckets.asked

    for _ in range(1199):
        clock.advance(milliseconds=100)
        assert process.sends(1) > 0

    assert process.buckets.asked - asked == 1


@pytest.fixture
def process(clock: FixedClock) -> Process:
    return Process(clock)


def test_a_call_with_many_items_takes_a_token_for_each(process: Process) -> None:
    assert process.sends(60) == 0

    assert process.empties() == LIMIT.burst - 60


def test_a_call_that_cannot_be_paid_takes_nothing_and_leaves_the_rest_to_cheaper_ones(
    process: Process,
) -> None:
    process.sends(150)

    assert process.sends(100) == 1  # 50 of them, and the first that is taken again

    assert process.sends(20) == 0
    assert process.empties() == 30


def test_a_call_dearer_than_the_burst_needs_a_full_bucket_and_owes_the_rest(
    process: Process, clock: FixedClock
) -> None:
    assert process.sends(2 * LIMIT.burst) == 0

    assert process.sends(1) == 3  # until 200 tokens have come back, and one more
    clock.advance(seconds=3)
    assert process.sends(1) == 0


def test_what_a_list_read_is_owed_and_closes_the_bucket_until_it_has_come_back(
    process: Process, clock: FixedClock
) -> None:
    assert process.reads(2500) == 0

    assert process.sends(1) == 23  # 2,299 tokens more than there were, and one more
    clock.advance(seconds=22)
    assert process.sends(1) == 1
    clock.advance(seconds=1)
    assert process.sends(1) == 0


def test_another_process_is_closed_too_after_its_free_calls(
    process: Process, clock: FixedClock
) -> None:
    other = Process(clock, process.buckets)
    process.reads(2500)

    assert [other.sends(1) for _ in range(3)] == [0, 0, 23]


def test_small_lists_are_paid_for_together(process: Process, clock: FixedClock) -> None:
    for _ in range(20):
        process.reads(4)
        clock.advance(seconds=1)

    assert process.buckets.asked == 5  # each time more than a chunk was owed


def test_a_list_that_reads_next_to_nothing_costs_no_write(
    process: Process, clock: FixedClock
) -> None:
    for _ in range(100):
        process.reads(1)
        clock.advance(seconds=1)

    assert process.buckets.asked == 0


def test_a_refused_call_with_many_items_asks_no_bucket_for_half_a_second(
    process: Process, clock: FixedClock
) -> None:
    process.sends(190)
    assert process.sends(150) == 2
    asked = process.buckets.asked

    for _ in range(49):
        clock.advance(milliseconds=10)
        assert process.sends(150) > 0

    assert process.buckets.asked == asked


class Broken(InMemoryTokenBuckets):
    """Takes, and does not answer."""

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        super().take(bucket, limit, wanted, at, at_least=at_least)
        raise StoreUnavailableError("no")

    def owe(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> TokensTaken:
        super().owe(bucket, limit, tokens, at)
        raise StoreUnavailableError("no")


def test_a_store_that_fails_refuses_nothing_and_is_left_alone_for_a_while(
    clock: FixedClock,
) -> None:
    process = Process(clock, Broken())

    assert [process.sends(500) for _ in range(10)] == [0] * 10
    assert [process.reads(500) for _ in range(10)] == [0] * 10
    assert process.buckets.asked == 1
    clock.advance(seconds=5)
    assert process.reads(500) == 0
    assert process.buckets.asked == 2


def test_a_clock_that_is_set_back_ends_what_a_process_knows_of_a_debt(
    process: Process, clock: FixedClock
) -> None:
    process.reads(2500)

    clock.advance(hours=-1)

    assert process.sends(1) == 0


LIMITS = st.builds(RateLimit, st.integers(1, 60), st.integers(1, 120))
DEAREST = 300
CALLS = st.tuples(st.sampled_from(["sends", "reads"]), st.integers(1, DEAREST) | st.just(1))
ARRIVALS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 4), CALLS), max_size=60)


@given(LIMITS, ARRIVALS, st.integers(1, 5))
def test_several_processes_never_admit_more_than_promised(
    limit: RateLimit, arrivals: list[tuple[int, int, tuple[str, int]]], processes: int
) -> None:
    """In any t seconds: burst + rate * t + n * (2 * chunk + dearest + 2 * (t + 2))."""
    clock, buckets = FixedClock(), InMemoryTokenBuckets()
    serving = [Process(clock, buckets, limit) for _ in range(processes)]
    seen: list[tuple[datetime, int]] = []
    dearest = max((cost for _, _, (_, cost) in arrivals), default=1) - 1
    for milliseconds, number, (does, cost) in arrivals:
        clock.advance(milliseconds=milliseconds)
        process = serving[number % processes]
        refused = process.sends(cost) if does == "sends" else process.reads(cost)
        seen.append((clock(), 0 if refused else cost))

    for first, (begin, _) in enumerate(seen):
        total = 0
        for end, cost in seen[first:]:
            total += cost
            seconds = (end - begin).total_seconds()
            slack = 2 * limit.chunk + dearest + FREE_A_SECOND * (seconds + 2)
            assert total <= limit.burst + limit.per_second * seconds + 1 + processes * slack


@given(LIMITS, st.lists(CALLS, min_size=1, max_size=30), st.integers(1, DEAREST))
def test_who_waits_as_told_is_admitted_and_who_comes_two_seconds_sooner_is_not(
    limit: RateLimit, before: list[tuple[str, int]], items: int
) -> None:
    """If nobody else of the tenant calls meanwhile; to the second, as `Retry-After` is.

    What is refused when it comes, before its items are counted, is told when the first token is
    there; then, if that is not enough, when the rest is.
    """
    clock = FixedClock()
    process = Process(clock, limit=limit)
    for does, cost in before:
        if does == "sends":
            process.sends(cost)
        else:
            process.reads(cost)

    refusals = 0
    while wait := process.sends(items):
        refusals += 1
        if wait > 2:
            clock.advance(seconds=wait - 2)
            assert process.sends(items) > 0
            clock.advance(seconds=2)
        else:
            clock.advance(seconds=wait)

    assert refusals <= (1 if items == 1 else 2)
