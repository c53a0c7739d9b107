from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.timestamps import from_text, now, to_text

MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_survives_being_written(moment: datetime) -> None:
    text = to_text(moment)

    assert from_text(text) == moment
    assert len(text) == 27


@given(MOMENTS, MOMENTS)
def test_texts_sort_as_moments(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) == (one < other)


def test_a_moment_of_another_zone_is_written_in_utc() -> None:
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert to_text(moment) == "2026-11-21T20:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T22:55:18.123456Z", datetime(2026, 11, 21, 22, 55, 18, 123456, UTC)),
        ("2026-11-21T22:55:18Z", datetime(2026, 11, 21, 22, 55, 18, 0, UTC)),
        ("2026-11-21T22:55:18", datetime(2026, 11, 21, 22, 55, 18, 0, UTC)),
        ("2026-11-22T00:55:18+02:00", datetime(2026, 11, 21, 22, 55, 18, 0, UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_the_usual_spellings_are_read(text: str, expected: datetime) -> None:
    assert from_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1795301718",
        "2026-13-01T00:00:00Z",
        "2026-02-30",
        "2026-11-21T25:00:00Z",
        "2026-11-21T22:55:18 UTC",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_text(text)


def test_the_systems_clock_tells_utc() -> None:
    assert now().utcoffset() == timedelta(0)
