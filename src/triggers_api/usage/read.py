"""Read what was used: a tenant's last days, or all tenants of a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from triggers_api.timestamps import Clock
from triggers_api.usage.config_hours import HOUR, ConfigHour, hour_of, row_of
from triggers_api.usage.daily import DailyUsage
from triggers_api.usage.hourly import HourlyUsage
from triggers_api.usage.ports import UsageStore

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TenantsOfADay:
    """Some tenants' figures of one day, by name, and after whom to go on."""

    figures: tuple[tuple[str, DailyUsage], ...]
    next_after: str | None


class ReadUsage:
    """Answers from what the counter has counted so far, a minute or so behind."""

    def __init__(self, usage: UsageStore, clock: Clock) -> None:
        """`clock` tells which day it is, in UTC."""
        self._usage = usage
        self._clock = clock

    def today(self) -> date:
        """The day that is not over yet."""
        return self._clock().date()

    def days(self, tenant: str, count: int) -> tuple[DailyUsage, ...]:
        """A tenant's last days, the oldest first and today the last; each is there."""
        last = self.today()
        days = [last - number * _DAY for number in reversed(range(count))]
        found = self._usage.read_days(tenant, days[0], last)
        return tuple(DailyUsage.of(day, found.get(day, {})) for day in days)

    def hours(self, tenant: str, count: int) -> tuple[HourlyUsage, ...]:
        """A tenant's last hours of the clock, the oldest first; each is there."""
        last = hour_of(self._clock())
        begins = [last - HOUR * ago for ago in reversed(range(count))]
        found = self._usage.read_days(tenant, begins[0].date(), last.date())
        return tuple(HourlyUsage.of(at, found.get(at.date(), {})) for at in begins)

    def config_hours(self, tenant: str, config_id: str, count: int) -> tuple[ConfigHour, ...]:
        """A config's last hours of the clock, the oldest first; each is there."""
        last = hour_of(self._clock())
        begins = [last - HOUR * ago for ago in reversed(range(count))]
        rows = [row_of(tenant, config_id, begins_at) for begins_at in begins]
        found = self._usage.read_rows(tenant, rows[0], rows[-1])
        pairs = zip(begins, rows, strict=True)
        return tuple(ConfigHour.of(begins_at, found.get(row.name, {})) for begins_at, row in pairs)

    def tenants(self, day: date, *, limit: int, after: str | None) -> TenantsOfADay:
        """The tenants that used anything on a day, in the order of their names."""
        page = self._usage.list_tenants(day, limit=limit, after=after)
        figures = tuple((name, DailyUsage.of(day, each)) for name, each in page.amounts.items())
        return TenantsOfADay(figures, page.next_after)
