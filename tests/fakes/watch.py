"""The ports of watching in memory; `tests/contract` holds them to what the real adapters do."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tests.builders.events import INBOX
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore
from triggers_api.errors import MetricsUnavailableError
from triggers_api.push.breaker import BreakerState
from triggers_api.watch.alarms import Alarm, HealthReport
from triggers_api.watch.metrics import Metric
from triggers_api.watch.ports import Inbox
from triggers_api.watch.widespread import slot_of
from triggers_api.watch.windows import Point, Series, Statistic, Window

_PERCENTILES = {Statistic.P50: 0.50, Statistic.P95: 0.95, Statistic.P99: 0.99}


class InMemoryOutcomeLedger:
    """An `OutcomeLedger`."""

    def __init__(self) -> None:
        self.pushing: dict[str, datetime] = {}
        self.failures: list[tuple[datetime, str]] = []

    def note_pushing(self, tenant: str, at: datetime) -> None:
        self.pushing[tenant] = at

    def note_failure(self, tenant: str, slot: datetime) -> None:
        self.failures.append((slot, tenant))


class InMemorySurvey:
    """A `Survey` of the other fakes."""

    def __init__(
        self,
        events: InMemoryEventStore,
        configs: InMemoryConfigStore,
        deliveries: InMemoryDeliveryStore | None = None,
    ) -> None:
        self._events = events
        self._configs = configs
        self.deliveries = deliveries or InMemoryDeliveryStore()
        self.outcomes = InMemoryOutcomeLedger()

    def is_delivering(self, tenant: str) -> bool:
        return any(not each.is_final for each in self.deliveries.all_of(tenant))

    def failures_since(self, since: datetime) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for slot, tenant in self.outcomes.failures:
            if slot >= slot_of(since):
                found[tenant] += 1
        return found

    def pushing_since(self, since: datetime) -> int:
        return sum(at >= since for at in self.outcomes.pushing.values())

    def is_sole_to_push(self, tenant: str, since: datetime) -> bool:
        pushing = {each for each, at in self.outcomes.pushing.items() if at >= since}
        return pushing <= {tenant}

    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        page = self._events.list_events(tenant, INBOX, limit=10**9, after=None)
        waiting = [event.created_at for event in page.events]
        return Inbox(min(len(waiting), up_to), min(waiting, default=None))

    def open_circuits_of(self, tenant: str, at: datetime) -> int:
        breakers = (config.breaker for config in self._configs.list_configs(tenant))
        return sum(breaker.state(at) is BreakerState.OPEN for breaker in breakers)


class InMemoryAlarms:
    """An `AlarmSource`."""

    def __init__(self, *alarms: Alarm) -> None:
        self.known = list(alarms)

    def alarms(self) -> tuple[Alarm, ...]:
        return tuple(self.known)


class InMemoryHealthStore:
    """A `HealthStore`."""

    def __init__(self) -> None:
        self._report: HealthReport | None = None

    def find_report(self) -> HealthReport | None:
        return self._report

    def keep_report(self, report: HealthReport) -> None:
        if self._report is None or self._report.taken_at < report.taken_at:
            self._report = report


class InMemoryMetrics:
    """A `MetricSource`; tests put values in, and see how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[Series, ...], Window]] = []
        self.is_down = False
        self._values: dict[tuple[Metric, str | None], list[tuple[datetime, float]]] = defaultdict(
            list
        )

    def put(self, metric: Metric, at: datetime, *values: float, channel: str | None = None) -> None:
        """Values of all, or of one channel; what emits the latter emits the former, too."""
        self._values[metric, channel] += [(at, value) for value in values]

    def read(self, asked: Sequence[Series], window: Window) -> Mapping[Series, tuple[Point, ...]]:
        if self.is_down:
            raise MetricsUnavailableError("The monitoring did not answer.")
        self.asked.append((tuple(asked), window))
        return {series: self._points(series, window) for series in asked}

    def _points(self, series: Series, window: Window) -> tuple[Point, ...]:
        periods: dict[datetime, list[float]] = defaultdict(list)
        for at, value in self._values[series.metric, series.channel]:
            if window.since <= at < window.until:
                periods[_floor(at, series.period, window.since)].append(value)
        return tuple(Point(at, _of(values, series)) for at, values in sorted(periods.items()))


def _floor(at: datetime, period: timedelta, since: datetime) -> datetime:
    return since + (at - since) // period * period


def _of(values: list[float], series: Series) -> float:
    if series.statistic is Statistic.SUM:
        return sum(values)
    if series.statistic is Statistic.COUNT:
        return float(len(values))
    if series.statistic is Statistic.MAXIMUM:
        return max(values)
    rank = int(_PERCENTILES[series.statistic] * (len(values) - 1) + 0.5)
    return sorted(values)[rank]
