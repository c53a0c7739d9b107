"""What truly happened to every tenant, and whether what the counter keeps says the same."""

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from tests.fakes.sightings import InMemorySightings
from tests.fakes.usage import InMemoryUsage
from triggers_api.events.event import Event
from triggers_api.push.delivery import Attempt, Delivery, DeliveryStatus
from triggers_api.timestamps import Clock
from triggers_api.usage.config_hours import HOUR, ConfigHour, bucket_of, hour_of, percentile
from triggers_api.usage.read import ReadUsage

_A_WEEK: Final = 168  # hours
_OF_AN_HOUR: Final = {"events_created": "c", "deliveries_succeeded": "s", "deliveries_failed": "f"}
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Truth:
    """Kept write by write, by those who make the writes."""

    def __init__(self) -> None:
        self.figures: Tally[tuple[str, str]] = Tally()  # by tenant and figure
        self.latest: dict[tuple[str, str], str] = {}  # event, by tenant and type
        self.executions: defaultdict[tuple[str, str], set[str]] = defaultdict(set)  # their events
        self._ended: Tally[tuple[str, str, datetime, DeliveryStatus]] = Tally()
        self._durations: defaultdict[tuple[str, str, datetime], list[int]] = defaultdict(list)

    def adds(self, tenant: str, at: datetime, **figures: int) -> None:
        """A write adds these to the tenant's day, and some also to their hour of it."""
        for name, amount in figures.items():
            self.figures[tenant, name] += amount
            if name in _OF_AN_HOUR:
                self.figures[tenant, f"{_OF_AN_HOUR[name]}{at:%H}"] += amount

    def stored(self, tenant: str, event: Event) -> None:
        """There is a new event."""
        known = self.latest.get((tenant, event.event_type), event.id)
        self.latest[tenant, event.event_type] = max(known, event.id)
        if event.execution_id is not None:
            self.executions[tenant, event.execution_id].add(event.id)

    def recorded(
        self, delivery: Delivery, attempts: Sequence[Attempt], at: datetime, *, has_ended: bool
    ) -> None:
        """A delivery has new attempts, or came to its end."""
        hour = (delivery.task.tenant, delivery.task.config_id, hour_of(at))
        self._durations[hour] += [each.duration_ms for each in attempts]
        self._ended[*hour, delivery.status] += has_ended

    def hours(self) -> dict[tuple[str, str], list[ConfigHour]]:
        """Of each config that was pushed to: the hours in which anything counts."""
        hours: defaultdict[tuple[str, str], list[ConfigHour]] = defaultdict(list)
        for (tenant, config_id, begins_at), durations in sorted(self._durations.items()):
            buckets = Tally(map(bucket_of, durations))
            of_hour = (tenant, config_id, begins_at)
            hour = ConfigHour(
                begins_at=begins_at,
                succeeded=self._ended[*of_hour, DeliveryStatus.SUCCEEDED],
                failed=self._ended[*of_hour, DeliveryStatus.DEAD],
                attempts=len(durations),
                p50_ms=percentile(buckets, 0.50),
                p95_ms=percentile(buckets, 0.95),
            )
            busy = [] if hour == ConfigHour(begins_at=begins_at) else [hour]
            hours[tenant, config_id] += busy
        return dict(hours)


def check_counted(
    truth: Truth, usage: InMemoryUsage, sightings: InMemorySightings, clock: Clock
) -> None:
    """Raise AssertionError unless all that the counter keeps is the truth."""
    tenants = {tenant for tenant, _ in truth.figures} | {tenant for tenant, _ in truth.latest}
    _check_days(truth, usage, tenants)
    _check_hours(truth, ReadUsage(usage, clock), clock)
    _check_types(truth, sightings, tenants)
    for tenant in tenants:
        _check_executions(truth, sightings, tenant)


def _check_days(truth: Truth, usage: InMemoryUsage, tenants: set[str]) -> None:
    counted: Tally[tuple[str, str]] = Tally()
    for tenant in tenants:
        for day in usage.read_days(tenant, date.min, date.max).values():
            counted.update({(tenant, name): amount for name, amount in day.items()})
    true = {name: amount for name, amount in truth.figures.items() if amount}
    assert dict(counted) == true, f"counted {dict(counted)}, and truly it was {true}"


def _check_hours(truth: Truth, read: ReadUsage, clock: Clock) -> None:
    hours = truth.hours()
    begun_at = min((each.begins_at for busy in hours.values() for each in busy), default=clock())
    so_far = min((clock() - hour_of(begun_at)) // HOUR + 1, _A_WEEK)
    for (tenant, config_id), true in hours.items():
        told = read.config_hours(tenant, config_id, so_far)
        busy = [each for each in told if each != ConfigHour(begins_at=each.begins_at)]
        assert busy == true, f"the hours of {config_id} are {busy}, and truly they were {true}"


def _check_types(truth: Truth, sightings: InMemorySightings, tenants: set[str]) -> None:
    told = {
        (tenant, each.event_type): each.latest_event_id
        for tenant in tenants
        for each in sightings.list_types(tenant, _LONG_AGO)
    }
    assert told == truth.latest, f"types are {told}, and truly they were {truth.latest}"


def _check_executions(truth: Truth, sightings: InMemorySightings, tenant: str) -> None:
    """Each is listed once, in the place of one of its events, the latest first."""
    most = len(truth.executions) + 1
    listed, _ = sightings.list_executions(tenant, since=None, limit=most, after=None)
    names = [each.execution_id for each in listed]
    true = sorted(name for owner, name in truth.executions if owner == tenant)
    assert sorted(names) == true, f"executions are {names}, and truly they were {true}"
    for each in listed:
        assert each.position.id in truth.executions[tenant, each.execution_id]
    places = [each.position for each in listed]
    assert places == sorted(places, reverse=True)
