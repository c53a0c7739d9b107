"""Windows of time in equal steps, and a metric's points in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from triggers_api.watch.metrics import Metric

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
SLOT: Final = timedelta(minutes=5)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Statistic(StrEnum):
    """How the values of one period are summed up, as CloudWatch spells it."""

    SUM = "Sum"
    COUNT = "SampleCount"
    MAXIMUM = "Maximum"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"


@dataclass(frozen=True, slots=True)
class Series:
    """One statistic of one metric, a value for each period that had any."""

    metric: Metric
    statistic: Statistic
    period: timedelta
    channel: str | None = None  # of this channel's deliveries only


@dataclass(frozen=True, slots=True)
class Point:
    """A value for the period that begins at `at`."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until before `until`, in steps; the last one is still running."""

    since: datetime
    step: timedelta
    count: int

    @classmethod
    def until_now(cls, now: datetime, step: timedelta, count: int, grid: timedelta) -> "Window":
        """A window of `count` steps that ends with the grid's current period.

        Everybody who asks within that period gets the same window, so answers can be remembered.
        """
        ends_at = _EPOCH + ((now - _EPOCH) // grid + 1) * grid
        return cls(ends_at - step * count, step, count)

    @property
    def until(self) -> datetime:
        """Its end, exclusive."""
        return self.since + self.step * self.count

    @property
    def begins(self) -> list[datetime]:
        """The start of every step, oldest first."""
        return [self.since + self.step * number for number in range(self.count)]

    def sums(self, points: Iterable[Point]) -> list[int]:
        """The total of each step; every point's period lies within one step."""
        totals = [0.0] * self.count
        for point in points:
            number = (point.at - self.since) // self.step
            if 0 <= number < self.count:
                totals[number] += point.value
        return [round(total) for total in totals]

    def highest(self, points: Iterable[Point], period: timedelta) -> list[float | None]:
        """The highest value of the points that overlap each step; None if there are none.

        The percentile of two periods lies between theirs, so the higher one never flatters.
        """
        found: list[float | None] = [None] * self.count
        for point in points:
            first = max(0, (point.at - self.since) // self.step)
            last = min(self.count, -(-(point.at + period - self.since) // self.step))
            for number in range(first, last):
                known = found[number]
                found[number] = point.value if known is None else max(known, point.value)
        return found
