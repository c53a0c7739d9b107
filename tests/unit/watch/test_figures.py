"""Facts about figures: what is computed, and how often CloudWatch is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.clock import FixedClock
from tests.fakes.watch import InMemoryMetrics
from triggers_api.watch.figures import REMEMBERED_FOR, Figures, percent
from triggers_api.watch.metrics import Metric
from triggers_api.watch.windows import DAY, HOUR, Statistic

CREATED, ACKNOWLEDGED = Metric.EVENTS_CREATED, Metric.EVENTS_ACKNOWLEDGED


@pytest.fixture
def measured() -> InMemoryMetrics:
    return InMemoryMetrics()


@pytest.fixture
def figures(measured: InMemoryMetrics, clock: FixedClock) -> Figures:
    return Figures(measured, clock)


def test_a_day_holds_what_was_counted_between_its_midnights(
    figures: Figures, measured: InMemoryMetrics, clock: FixedClock
) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    measured.put(CREATED, midnight - timedelta(seconds=1), 2)
    measured.put(CREATED, midnight, 3, 4)
    measured.put(ACKNOWLEDGED, clock(), 5)
    measured.put(CREATED, midnight - 2 * DAY, 100)

    table = figures.daily(2, CREATED, ACKNOWLEDGED)

    assert [row.begins_at for row in table.rows] == [midnight - DAY, midnight]
    assert [row.counts[CREATED] for row in table.rows] == [2, 7]
    assert table.total(ACKNOWLEDGED) == 5
    assert table.as_of == clock()


def test_a_day_without_anything_is_zero(figures: Figures) -> None:
    table = figures.daily(90, CREATED)

    assert [row.counts for row in table.rows] == [{CREATED: 0}] * 90


def test_the_last_day_is_24_hours_and_today_begins_at_midnight(
    figures: Figures, measured: InMemoryMetrics, clock: FixedClock
) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    for ago, value in ((0, 1), (0.9, 2), (1.1, 4), (22.5, 8), (23.5, 16), (25, 32)):
        measured.put(CREATED, clock() - HOUR * ago, value)
    measured.put(CREATED, midnight - timedelta(seconds=1), 64)

    day = figures.last_day()

    assert len(day.hours) == 24
    assert day.hours[-1].counts[CREATED] == 1 + 2
    assert day.total(CREATED) == 1 + 2 + 4 + 8 + 16 + 64
    assert day.today[CREATED] == 1 + 2 + 4 + 8


def test_requests_are_counted_by_their_latencies(
    figures: Figures, measured: InMemoryMetrics, clock: FixedClock
) -> None:
    measured.put(Metric.API_ERRORS, clock(), 1)
    measured.put(Metric.API_LATENCY, clock(), *range(1, 102))
    measured.put(Metric.INBOX_DEPTH, clock(), 7, 12, 3)

    hour = figures.last_day().hours[-1]

    assert (hour.requests, hour.counts[Metric.API_ERRORS]) == (101, 1)
    assert hour.latency_milliseconds == {
        Statistic.P50: 51,
        Statistic.P95: 96,
        Statistic.P99: 100,
    }
    assert hour.highest[Metric.INBOX_DEPTH] == 12


def test_what_was_read_is_remembered_for_a_minute(
    figures: Figures, measured: InMemoryMetrics, clock: FixedClock
) -> None:
    clock.at = clock.at.replace(minute=10)
    for _ in range(3):
        figures.last_day()
        figures.hourly(24, CREATED)
    assert len(measured.asked) == 2

    clock.at += REMEMBERED_FOR
    figures.last_day()

    assert len(measured.asked) == 3


def test_another_question_and_a_new_hour_are_asked_anew(
    figures: Figures, measured: InMemoryMetrics, clock: FixedClock
) -> None:
    figures.hourly(24, CREATED)
    figures.hourly(23, CREATED)
    figures.hourly(24, ACKNOWLEDGED)
    clock.at = clock.at.replace(minute=59, second=59)
    figures.hourly(1, CREATED)
    clock.advance(seconds=1)
    table = figures.hourly(1, CREATED)

    assert len(measured.asked) == 5
    assert table.rows[0].begins_at == clock().replace(microsecond=0)


def test_memory_does_not_grow_with_questions(figures: Figures, measured: InMemoryMetrics) -> None:
    for days in range(1, 91):
        figures.daily(days, CREATED)

    figures.daily(90, CREATED)
    figures.daily(1, CREATED)

    assert len(measured.asked) == 91  # the last one was remembered, the first was not


def test_times_of_a_question_lie_on_its_periods(
    figures: Figures, measured: InMemoryMetrics
) -> None:
    figures.daily(3, CREATED)
    figures.hourly(3, CREATED)
    figures.last_day()

    for (asked, window), grid in zip(
        measured.asked, (DAY, HOUR, timedelta(minutes=5)), strict=True
    ):
        assert (window.since - datetime(1970, 1, 1, tzinfo=UTC)) % grid == timedelta(0)
        assert len(asked) <= 12


@pytest.mark.parametrize(
    ("part", "other", "expected"),
    [(0, 0, None), (0, 5, 0), (5, 0, 100), (1, 2, 33.333), (99_999, 1, 99.999)],
)
def test_a_rate_of_nothing_is_unknown(part: int, other: int, expected: float | None) -> None:
    assert percent(part, other) == expected
