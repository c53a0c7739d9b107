"""Metrics as the emulator keeps them, read with few calls."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from local.cloudwatch.emf import Dimensions

_MOST_QUERIES = 500  # that a GetMetricData takes
_ONE_PERIOD = 2**31 - 1  # longer than since 1970: everything asked for falls into one


@dataclass(frozen=True, slots=True)
class MetricStat:
    """One statistic of one metric."""

    namespace: str
    name: str
    dimensions: Dimensions  # sorted by name
    stat: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read a `MetricStat` of a metric data query."""
        metric = told["Metric"]
        pairs = ((each["Name"], each["Value"]) for each in metric.get("Dimensions", []))
        return cls(metric["Namespace"], metric["MetricName"], tuple(sorted(pairs)), told["Stat"])


class MetricReader:
    """Reads metrics."""

    def __init__(self, cloudwatch: Any) -> None:
        """`cloudwatch` is a client."""
        self._cloudwatch = cloudwatch

    def over(
        self, metrics: Collection[MetricStat], start: float, end: float
    ) -> dict[MetricStat, float | None]:
        """Each metric as one number over the whole time; None without data."""
        found = self.series(metrics, _ONE_PERIOD, start, end)
        return {metric: next(iter(points.values()), None) for metric, points in found.items()}

    def series(
        self, metrics: Iterable[MetricStat], period: int, start: float, end: float
    ) -> dict[MetricStat, dict[int, float]]:
        """Each metric by period: the second it begins at, and its value."""
        wanted = list(dict.fromkeys(metrics))
        found: dict[MetricStat, dict[int, float]] = {}
        for first in range(0, len(wanted), _MOST_QUERIES):
            some = wanted[first : first + _MOST_QUERIES]
            answer = self._cloudwatch.get_metric_data(
                MetricDataQueries=[_query(at, each, period) for at, each in enumerate(some)],
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
            )
            for result in answer["MetricDataResults"]:
                times = (int(each.timestamp()) for each in result["Timestamps"])
                points = dict(zip(times, result["Values"], strict=True))
                found[some[int(result["Id"].removeprefix("q"))]] = points
        return found

    def unit(self, metric: MetricStat, start: float, end: float) -> str | None:
        """The unit its data came with; None without data."""
        points = self._cloudwatch.get_metric_statistics(
            Namespace=metric.namespace,
            MetricName=metric.name,
            Dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            Period=_ONE_PERIOD,
            Statistics=["SampleCount"],
        )["Datapoints"]
        return points[0]["Unit"] if points else None


def _query(place: int, metric: MetricStat, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {
        "Id": f"q{place}",
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": dimensions,
            },
            "Period": period,
            "Stat": metric.stat,
        },
    }
