"""Facts about the hours of a config, and about percentiles of counted durations."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT
from triggers_api.usage.changes import DeliveryRecorded, EventStored
from triggers_api.usage.config_hours import (
    ConfigHour,
    bucket_of,
    config_counts,
    percentile,
    row_of,
)

AT = datetime(2026, 11, 21, 22, 55, 18, tzinfo=UTC)
HOUR = AT.replace(minute=0, second=0)


def recorded(*durations_ms: int, at: datetime = AT, **fields: Any) -> DeliveryRecorded:
    told: dict[str, Any] = {"is_succeeded": False, "is_dead": False} | fields
    return DeliveryRecorded(
        tenant=TENANT, at=at, number=7, config_id="cfg_1", durations_ms=durations_ms, **told
    )


def test_a_push_counts_for_the_hour_in_which_it_was_recorded() -> None:
    (count,) = config_counts(recorded(90, 91, is_succeeded=True))

    assert count.row == row_of(TENANT, "cfg_1", HOUR)
    assert count.number == 7
    hour = ConfigHour.of(HOUR, count.amounts)
    assert (hour.succeeded, hour.failed, hour.attempts) == (1, 0, 2)
    assert hour.p50_ms == pytest.approx(90, rel=0.1)


def test_what_is_given_up_without_an_attempt_has_no_duration() -> None:
    (count,) = config_counts(recorded(is_dead=True))

    hour = ConfigHour.of(HOUR, count.amounts)
    assert (hour.failed, hour.attempts, hour.p50_ms, hour.p95_ms) == (1, 0, None, None)


def test_what_changes_no_figure_is_not_counted() -> None:
    stored = EventStored(
        tenant=TENANT,
        at=AT,
        number=1,
        event_id="evt_1",
        event_type="a",
        execution_id=None,
        payload_bytes=1,
    )
    assert list(config_counts(recorded())) == []
    assert list(config_counts(stored)) == []


def test_rows_of_a_config_sort_by_time_and_end_after_a_week() -> None:
    begins = [HOUR + timedelta(hours=number) for number in range(200)]
    rows = [row_of(TENANT, "cfg_1", each) for each in begins]

    assert [row.name for row in rows] == sorted(row.name for row in rows)
    assert all(
        row.expires_at - at >= timedelta(hours=169) for row, at in zip(rows, begins, strict=True)
    )
    assert {row.day for row in rows} == {None}, "no bill lists them"


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 10, 99, 100, 1000, 15_000, 30_000, 10**7])
def test_one_duration_is_told_as_it_is_give_or_take_9_percent(milliseconds: int) -> None:
    told = percentile({bucket_of(milliseconds): 1}, 0.5)

    assert told == pytest.approx(milliseconds, rel=0.0905, abs=1)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_percentile_of_many_is_within_9_percent_of_the_true_one(share: float) -> None:
    draw = random.Random(1)  # noqa: S311  # no secret
    durations = sorted(round(draw.lognormvariate(5, 1)) + 1 for _ in range(2000))
    buckets: dict[int, int] = {}
    for duration in durations:
        buckets[bucket_of(duration)] = buckets.get(bucket_of(duration), 0) + 1

    true = durations[int(share * len(durations)) - 1]
    assert percentile(buckets, share) == pytest.approx(true, rel=0.0905, abs=1)


def test_a_row_of_every_possible_duration_stays_small() -> None:
    """30 seconds is the longest that a push may take."""
    assert bucket_of(30_000) < 64


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
