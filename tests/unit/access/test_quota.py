"""A day's quota: never exceeded, hardly ever wasted, and cheap, however many processes count."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.fakes.rate import InMemoryDayCounts
from triggers_api.access.ports import CountTaken
from triggers_api.access.quota import DailyQuota
from triggers_api.errors import StoreUnavailableError


def posts(
    quota: DailyQuota, number: int, most: int | None, *, tenant: str = TENANT, new: bool = True
) -> int:
    """How many of so many events are stored."""
    with quota.posting(tenant, most, number) as posting:
        posting.stored = posting.allowed if new else 0
    return posting.allowed


@pytest.fixture
def counts() -> InMemoryDayCounts:
    return InMemoryDayCounts()


def test_without_a_quota_nothing_is_counted(counts: InMemoryDayCounts, clock: FixedClock) -> None:
    assert posts(DailyQuota(counts, clock), 1000, None) == 1000
    assert counts.asked == 0


def test_two_processes_share_a_small_quota_to_the_last_event(
    counts: InMemoryDayCounts, clock: FixedClock
) -> None:
    one, other = DailyQuota(counts, clock), DailyQuota(counts, clock)

    stored = [posts(each, 1, 10) for _ in range(10) for each in (one, other)]

    assert sum(stored) == 10
    assert posts(one, 1, 10, tenant=OTHER_TENANT) == 1


def test_of_what_does_not_fit_the_first_ones_are_stored(
    counts: InMemoryDayCounts, clock: FixedClock
) -> None:
    quota = DailyQuota(counts, clock)

    assert [posts(quota, 7, 10), posts(quota, 7, 10), posts(quota, 7, 10)] == [7, 3, 0]


def test_a_repeat_that_stores_nothing_uses_nothing(
    counts: InMemoryDayCounts, clock: FixedClock
) -> None:
    quota = DailyQuota(counts, clock)
    for _ in range(50):
        assert posts(quota, 1, 10, new=False) == 1

    assert [posts(quota, 1, 10) for _ in range(12)] == [1] * 10 + [0] * 2


def test_what_fails_uses_nothing(counts: InMemoryDayCounts, clock: FixedClock) -> None:
    quota = DailyQuota(counts, clock)
    for _ in range(50):
        with pytest.raises(StoreUnavailableError), quota.posting(TENANT, 10, 1):
            raise StoreUnavailableError("no")

    assert posts(quota, 10, 10) == 10


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (datetime(2026, 11, 29, 23, 59, 59, 999_999, tzinfo=UTC), 1),
        (datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 29, 12, 0, 0, 1, tzinfo=UTC), 43_200),
        (datetime(2026, 11, 29, tzinfo=UTC), 86_400),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), 3600),
    ],
)
def test_who_is_refused_is_told_the_seconds_until_midnight_and_let_in_then(
    counts: InMemoryDayCounts, at: datetime, seconds: int
) -> None:
    clock = FixedClock(at)
    quota = DailyQuota(counts, clock)
    posts(quota, 5, 5)

    with quota.posting(TENANT, 5, 1) as posting:
        assert posting.allowed == 0

    assert posting.refusal.retry_after_seconds == seconds
    clock.advance(seconds=seconds - 1)
    assert posts(quota, 1, 5) == 0 or seconds == 1
    clock.advance(seconds=1)
    assert posts(quota, 5, 5) == 5


def test_who_is_refused_asks_the_store_once_a_minute(
    counts: InMemoryDayCounts, clock: FixedClock
) -> None:
    quota = DailyQuota(counts, clock)
    posts(quota, 6, 5)
    asked = counts.asked

    for _ in range(1199):
        clock.advance(milliseconds=100)
        assert posts(quota, 1, 5) == 0

    assert counts.asked - asked == 1


def test_who_has_a_deleted_tenants_name_next_has_a_whole_days_quota(clock: FixedClock) -> None:
    counts = InMemoryDayCounts()
    quota = DailyQuota(counts, clock)
    assert posts(quota, 6, 5) == 5

    counts.forget(TENANT)
    clock.advance(seconds=180)

    assert posts(quota, 6, 5) == 5


def test_a_quota_that_was_raised_holds_at_once(
    counts: InMemoryDayCounts, clock: FixedClock
) -> None:
    quota = DailyQuota(counts, clock)

    assert posts(quota, 20, 10) == 10
    assert posts(quota, 20, 15) == 5
    assert posts(quota, 1, 5) == 0


def test_a_busy_tenant_costs_a_small_part_of_a_write_for_each_event(
    counts: InMemoryDayCounts, clock: FixedClock
) -> None:
    quota = DailyQuota(counts, clock)
    for _ in range(10_000):
        posts(quota, 1, 1_000_000)
        clock.advance(milliseconds=20)

    assert counts.asked / 10_000 <= 0.04


class Broken(InMemoryDayCounts):
    """Does not answer."""

    def take(self, tenant: str, day: date, quota: int, wanted: int) -> CountTaken:
        super().take(tenant, day, quota, wanted)
        raise StoreUnavailableError("no")


def test_a_store_that_fails_refuses_nobody_and_is_left_alone_for_a_while(clock: FixedClock) -> None:
    counts = Broken()
    quota = DailyQuota(counts, clock)

    assert [posts(quota, 50, 10) for _ in range(10)] == [50] * 10
    assert counts.asked == 1


class Failing(InMemoryDayCounts):
    """Answers, or not."""

    is_away = False

    def take(self, tenant: str, day: date, quota: int, wanted: int) -> CountTaken:
        if self.is_away:
            raise StoreUnavailableError("no")
        return super().take(tenant, day, quota, wanted)


def test_what_is_repeated_in_an_outage_lets_in_nothing_after_it(clock: FixedClock) -> None:
    counts = Failing()
    quota = DailyQuota(counts, clock)
    assert posts(quota, 10, 10) == 10

    counts.is_away = True
    assert posts(quota, 100, 10, new=False) == 0  # it is known that the day is used up
    clock.advance(seconds=61)
    assert posts(quota, 100, 10, new=False) == 100
    counts.is_away = False
    clock.advance(seconds=61)

    assert posts(quota, 100, 10) == 0


def test_a_store_that_fails_is_asked_again_after_a_while(clock: FixedClock) -> None:
    counts = Failing()
    quota = DailyQuota(counts, clock)
    counts.is_away = True
    assert posts(quota, 20, 10) == 20

    counts.is_away = False
    clock.advance(seconds=6)

    assert posts(quota, 20, 10) == 10


CALLS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 100), st.integers(0, 900), st.booleans()),
    max_size=80,
)


@given(st.integers(1, 2000), st.integers(1, 5), CALLS)
def test_the_quota_is_never_exceeded_and_what_is_refused_is_held_elsewhere(
    most: int, processes: int, calls: list[tuple[int, int, int, bool]]
) -> None:
    clock, counts = FixedClock(datetime(2026, 11, 29, tzinfo=UTC)), InMemoryDayCounts()
    serving = [DailyQuota(counts, clock) for _ in range(processes)]
    stored, refused = 0, False
    for number, wanted, milliseconds, new in calls:
        clock.at += timedelta(milliseconds=milliseconds)
        allowed = posts(serving[number % processes], wanted, most, new=new)
        stored += allowed if new else 0
        refused |= allowed < wanted

    assert stored <= most
    if processes == 1 and refused and all(new for *_, new in calls):
        assert stored == most
