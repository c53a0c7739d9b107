"""Facts about windows: what lies in which step."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.watch.metrics import METRICS, Metric
from triggers_api.watch.windows import DAY, HOUR, SLOT, Point, Window

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("step", "grid", "now", "until"),
    [
        (HOUR, HOUR, NOON, NOON + HOUR),
        (HOUR, HOUR, NOON - timedelta(microseconds=1), NOON),
        (DAY, DAY, NOON, datetime(2026, 11, 22, tzinfo=UTC)),
        (HOUR, SLOT, NOON + timedelta(minutes=7), NOON + timedelta(minutes=10)),
    ],
)
def test_a_window_ends_with_the_running_period(
    step: timedelta, grid: timedelta, now: datetime, until: datetime
) -> None:
    window = Window.until_now(now, step, 3, grid)

    assert window.until == until
    assert window.begins == [until - 3 * step, until - 2 * step, until - step]


@given(MOMENTS, st.sampled_from([SLOT, HOUR, DAY]), st.integers(1, 168))
def test_now_is_always_in_the_last_step(now: datetime, step: timedelta, count: int) -> None:
    window = Window.until_now(now, step, count, step)

    assert window.begins[-1] <= now < window.until
    assert window == Window.until_now(window.until - timedelta(microseconds=1), step, count, step)


@given(MOMENTS, st.lists(st.integers(0, 287), max_size=30))
def test_nothing_within_a_window_is_counted_twice_or_left_out(
    now: datetime, slots: list[int]
) -> None:
    window = Window.until_now(now, HOUR, 24, SLOT)

    sums = window.sums(Point(window.since + SLOT * slot, 1.0) for slot in slots)

    assert sum(sums) == len(slots)
    assert sums == [sum(slot // 12 == hour for slot in slots) for hour in range(24)]


def test_what_lies_outside_is_not_counted() -> None:
    window = Window(NOON, HOUR, 2)

    outside = [Point(NOON - SLOT, 5.0), Point(NOON + 2 * HOUR, 5.0)]

    assert window.sums(outside) == [0, 0]
    assert window.highest([outside[1]], HOUR) == [None, None]


def test_a_step_shows_the_highest_of_all_periods_that_overlap_it() -> None:
    window = Window(NOON + timedelta(minutes=25), HOUR, 2)
    points = [Point(NOON, 3.0), Point(NOON + HOUR, 9.0), Point(NOON + 2 * HOUR, 5.0)]

    assert window.highest(points, HOUR) == [9.0, 9.0]
    assert window.highest(points[:1], HOUR) == [3.0, None]


def test_every_metric_has_a_unit_and_a_meaning() -> None:
    assert set(METRICS) == set(Metric)
