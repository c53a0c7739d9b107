"""Facts about hourly usage: it is kept in the row of its day, and costs no write of its own."""

from datetime import timedelta

from tests.builders.events import TENANT
from tests.clock import START, FixedClock
from tests.fakes.usage import InMemoryUsage
from triggers_api.usage.changes import Change, DeliveryRecorded, EventAcknowledged, EventStored
from triggers_api.usage.counters import by_row
from triggers_api.usage.daily import daily_counts
from triggers_api.usage.hourly import HourlyUsage, hourly_counts
from triggers_api.usage.read import ReadUsage

HOUR = timedelta(hours=1)
NINE = START.replace(hour=9, minute=0, second=0, microsecond=0)


def stored(number: int, at_minute: int = 0) -> EventStored:
    return EventStored(
        tenant=TENANT,
        at=NINE + timedelta(minutes=at_minute),
        number=number,
        event_id=f"evt_{number}",
        event_type="order.fetched",
        execution_id=None,
        payload_bytes=2,
    )


def ended(number: int, *, is_dead: bool = False) -> DeliveryRecorded:
    return DeliveryRecorded(
        tenant=TENANT,
        at=NINE,
        number=number,
        config_id="cfg_1",
        durations_ms=(9,),
        is_succeeded=not is_dead,
        is_dead=is_dead,
    )


def counted(*changes: Change) -> InMemoryUsage:
    usage = InMemoryUsage()
    counts = [each for change in changes for of in BOTH for each in of(change)]
    for row in by_row(counts):
        usage.add("shard", row)
    return usage


BOTH = (daily_counts, hourly_counts)


def test_an_hour_begins_and_ends_with_the_clock() -> None:
    usage = counted(stored(1), stored(2, at_minute=59), stored(3, at_minute=60))
    clock = FixedClock()
    clock.at = NINE + HOUR

    assert [each.events_created for each in ReadUsage(usage, clock).hours(TENANT, 3)] == [0, 2, 1]


def test_hours_reach_over_midnight() -> None:
    usage = counted(stored(1))
    clock = FixedClock()
    clock.at = NINE + 23 * HOUR

    hours = ReadUsage(usage, clock).hours(TENANT, 24)

    assert hours[0] == HourlyUsage(begins_at=NINE, events_created=1)
    assert [each.begins_at for each in hours] == [NINE + HOUR * ahead for ahead in range(24)]


def test_deliveries_count_when_they_end() -> None:
    under_way = DeliveryRecorded(
        tenant=TENANT,
        at=NINE,
        number=3,
        config_id="cfg_1",
        durations_ms=(9,),
        is_succeeded=False,
        is_dead=False,
    )
    usage = counted(ended(1), ended(2, is_dead=True), under_way)
    clock = FixedClock()
    clock.at = NINE

    (hour,) = ReadUsage(usage, clock).hours(TENANT, 1)

    assert (hour.deliveries_succeeded, hour.deliveries_failed) == (1, 1)


def test_an_hour_is_counted_by_the_write_of_its_day() -> None:
    changes = [
        stored(1),
        ended(2),
        EventAcknowledged(tenant=TENANT, at=NINE, number=3, event_id="e"),
    ]
    counts = [each for change in changes for of in BOTH for each in of(change)]

    assert len(by_row(counts)) == 1


def test_a_day_that_an_older_version_counted_has_no_hours() -> None:
    usage = InMemoryUsage()
    usage.add("shard", list(daily_counts(stored(1))))
    clock = FixedClock()
    clock.at = NINE

    assert ReadUsage(usage, clock).hours(TENANT, 1) == (HourlyUsage(begins_at=NINE),)
