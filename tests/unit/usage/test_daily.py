"""Facts about daily usage: which day a change is of, and what it adds."""

from datetime import date, timedelta

import pytest

from tests.clock import START
from triggers_api.usage.changes import DeliveryRecorded, EventReplayed, EventStored
from triggers_api.usage.counters import Count, Row, by_row, total
from triggers_api.usage.daily import DailyUsage, daily_counts, row_of

DAY = START.date()


def stored(tenant: str = "acme", number: int = 1, **fields: object) -> EventStored:
    described: dict[str, object] = {
        "tenant": tenant,
        "at": START,
        "number": number,
        "event_id": "evt_1",
        "event_type": "order.fetched",
        "execution_id": None,
        "payload_bytes": 48,
    }
    return EventStored(**described | fields)  # type: ignore[arg-type]


def test_a_change_is_of_the_day_in_utc_on_which_it_was_written() -> None:
    midnight = START.replace(hour=0, minute=0, second=0, microsecond=0)
    for moment, day in (
        (midnight, DAY),
        (midnight - timedelta(microseconds=1), DAY - timedelta(1)),
    ):
        (count,) = daily_counts(stored(at=moment))
        assert count.row == row_of("acme", day)


def test_what_adds_nothing_is_no_count() -> None:
    nothing = DeliveryRecorded(
        tenant="acme",
        at=START,
        number=1,
        config_id="cfg_1",
        durations_ms=(),
        is_succeeded=False,
        is_dead=False,
    )

    assert list(daily_counts(nothing)) == []
    assert list(daily_counts(EventReplayed(tenant="acme", at=START, number=1, event_id="e"))) == []


def test_an_empty_payload_is_an_event_without_bytes() -> None:
    (count,) = daily_counts(stored(payload_bytes=0))

    assert count.amounts == {"events_created": 1}


def test_figures_that_were_never_counted_are_zero() -> None:
    found = DailyUsage.of(DAY, {"events_created": 3, "of_some_other_kind": 1})

    assert found == DailyUsage(day=DAY, events_created=3)


def test_a_row_outlives_its_day_by_more_than_a_year() -> None:
    assert row_of("acme", DAY).expires_at.date() - DAY > timedelta(days=366)


def test_rows_come_in_the_order_of_their_first_records() -> None:
    changes = [stored("b", 1), stored("a", 2), stored("b", 3)]
    counts = [count for each in changes for count in daily_counts(each)]

    rows = by_row(counts)

    assert [[each.number for each in row] for row in rows] == [[1, 3], [2]]
    assert total(rows[0]) == {"events_created": 2, "payload_bytes": 96}


@pytest.mark.parametrize("name", ["day#2026-11-21", "type#order.fetched"])
def test_total_adds_by_name(name: str) -> None:
    row = Row("acme", name, START)
    counts = [Count(row, 1, {"a": 1}), Count(row, 2, {"a": 2, "b": 5})]

    assert total(counts) == {"a": 3, "b": 5}


def test_days_are_named_so_that_their_names_sort_as_they_do() -> None:
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2027, 1, 1)]
    names = [row_of("acme", day).name for day in days]

    assert names == sorted(names)
