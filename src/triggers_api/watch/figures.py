"""Figures: what operators want to know without a console, from the same metrics as the alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from triggers_api.cache import Cache
from triggers_api.timestamps import Clock
from triggers_api.watch.metrics import Metric
from triggers_api.watch.ports import MetricSource
from triggers_api.watch.windows import DAY, HOUR, SLOT, Point, Series, Statistic, Window

REMEMBERED_FOR: Final = timedelta(seconds=60)  # CloudWatch is not fresher than that
_REMEMBERED: Final = 32  # answers at most: 20 KB each, a few hundred KB of memory
_HOURS: Final = 24
_COUNTS: Final = (
    Metric.EVENTS_CREATED,
    Metric.EVENTS_ACKNOWLEDGED,
    Metric.DELIVERIES_SUCCEEDED,
    Metric.DELIVERIES_FAILED,
    Metric.DEAD_LETTERS,
    Metric.API_ERRORS,
)
_LATENCIES: Final = (Statistic.P50, Statistic.P95, Statistic.P99)
_GAUGES: Final = (Metric.INBOX_DEPTH, Metric.OLDEST_PENDING_AGE)

_Question = tuple[tuple[Series, ...], Window]
_Answer = tuple[datetime, Mapping[Series, tuple[Point, ...]]]  # when it was read, and what


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a window: the count of each metric in it."""

    begins_at: datetime
    counts: Mapping[Metric, int]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, oldest first; the last one is still growing."""

    as_of: datetime
    rows: tuple[Row, ...]

    def total(self, metric: Metric) -> int:
        """The metric's sum over all rows."""
        return sum(row.counts[metric] for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One of the last 24 hours, counted back from now."""

    begins_at: datetime
    counts: Mapping[Metric, int]
    requests: int
    latency_milliseconds: Mapping[Statistic, float | None]
    highest: Mapping[Metric, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """The last 24 hours, and the part of them that is today (UTC)."""

    as_of: datetime
    hours: tuple[Hour, ...]
    today: Mapping[Metric, int]

    def total(self, metric: Metric) -> int:
        """The metric's sum over all 24 hours."""
        return sum(hour.counts[metric] for hour in self.hours)


def percent(part: int, other: int) -> float | None:
    """The share of `part` in both together; None if both are 0."""
    whole = part + other
    return round(100 * part / whole, 3) if whole else None


class Figures:
    """Reads metrics; each answer costs one read at most."""

    def __init__(self, source: MetricSource, clock: Clock) -> None:
        """Answers are remembered for a minute, so reloading a dashboard costs nothing."""
        self._source = source
        self._clock = clock
        self._remembered: Cache[_Question, _Answer] = Cache(
            _REMEMBERED, kept_for=REMEMBERED_FOR, clock=clock
        )

    def daily(self, days: int, *metrics: Metric) -> Table:
        """Counts of the last days (UTC), including today."""
        return self._table(DAY, days, metrics)

    def hourly(self, hours: int, *metrics: Metric) -> Table:
        """Counts of the last clock hours, including the current one."""
        return self._table(HOUR, hours, metrics)

    def by_channel(
        self, hours: int, channels: Sequence[str], *metrics: Metric
    ) -> tuple[Table, Mapping[str, Table]]:
        """`hourly`, of all and of each channel, in one read."""
        window = Window.until_now(self._clock(), HOUR, hours, HOUR)
        asked = {
            channel: tuple(Series(metric, Statistic.SUM, HOUR, channel) for metric in metrics)
            for channel in (None, *channels)
        }
        answer = self._read(tuple(chain(*asked.values())), window)
        of_all, *of_each = (_table_of(series, window, answer) for series in asked.values())
        return of_all, dict(zip(channels, of_each, strict=True))

    def last_day(self) -> LastDay:
        """Everything that a summary or a dashboard shows, in one read."""
        window = Window.until_now(self._clock(), HOUR, _HOURS, SLOT)
        counts = [Series(metric, Statistic.SUM, SLOT) for metric in _COUNTS]
        requests = Series(Metric.API_LATENCY, Statistic.COUNT, SLOT)
        latencies = [Series(Metric.API_LATENCY, each, HOUR) for each in _LATENCIES]
        gauges = [Series(metric, Statistic.MAXIMUM, HOUR) for metric in _GAUGES]
        as_of, points = self._read((*counts, requests, *latencies, *gauges), window)
        summed = {each.metric: window.sums(points[each]) for each in counts}
        asked = window.sums(points[requests])
        waited = {each.statistic: window.highest(points[each], HOUR) for each in latencies}
        highest = {each.metric: window.highest(points[each], HOUR) for each in gauges}
        today = as_of.replace(hour=0, minute=0, second=0, microsecond=0)
        return LastDay(
            as_of=as_of,
            hours=tuple(
                Hour(
                    begins_at=begins_at,
                    counts={metric: values[number] for metric, values in summed.items()},
                    requests=asked[number],
                    latency_milliseconds={each: values[number] for each, values in waited.items()},
                    highest={metric: values[number] for metric, values in highest.items()},
                )
                for number, begins_at in enumerate(window.begins)
            ),
            today={
                each.metric: round(sum(p.value for p in points[each] if p.at >= today))
                for each in counts
            },
        )

    def _table(self, step: timedelta, count: int, metrics: Sequence[Metric]) -> Table:
        window = Window.until_now(self._clock(), step, count, step)
        asked = tuple(Series(metric, Statistic.SUM, step) for metric in metrics)
        return _table_of(asked, window, self._read(asked, window))

    def _read(self, asked: tuple[Series, ...], window: Window) -> _Answer:
        return self._remembered.get_or_read(
            (asked, window), lambda: (self._clock(), self._source.read(asked, window))
        )


def _table_of(asked: Sequence[Series], window: Window, answer: _Answer) -> Table:
    as_of, points = answer
    summed = {each.metric: window.sums(points[each]) for each in asked}
    rows = (
        Row(begins_at, {metric: values[number] for metric, values in summed.items()})
        for number, begins_at in enumerate(window.begins)
    )
    return Table(as_of, tuple(rows))
