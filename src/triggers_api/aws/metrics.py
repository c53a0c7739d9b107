"""What was measured, by one question for many series."""

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from triggers_api.aws.clients import transient_errors
from triggers_api.errors import MetricsUnavailableError
from triggers_api.watch.metrics import CHANNEL, DIMENSION
from triggers_api.watch.windows import Point, Series, Window

_SECOND: Final = timedelta(seconds=1)


class CloudWatchMetrics:
    """See `MetricSource`."""

    def __init__(self, client: Any, *, namespace: str, stack: str) -> None:
        """Metrics are this stack's."""
        self._client = client
        self._namespace = namespace
        self._stack = stack

    def read(self, asked: Sequence[Series], window: Window) -> Mapping[Series, tuple[Point, ...]]:
        """See `MetricSource.read`. One call of GetMetricData, more only for more pages.

        No metric math in it: what is computed is computed where a test sees it.
        """
        request: dict[str, Any] = {
            "StartTime": window.since,
            "EndTime": window.until,
            "ScanBy": "TimestampAscending",
            "MetricDataQueries": [self._query(f"m{n}", each) for n, each in enumerate(asked)],
        }
        points: dict[str, list[Point]] = {f"m{n}": [] for n in range(len(asked))}
        with transient_errors(MetricsUnavailableError, "monitoring"):
            while True:
                answer = self._client.get_metric_data(**request)
                for result in answer["MetricDataResults"]:
                    points[result["Id"]] += _points(result)
                if not answer.get("NextToken"):
                    break
                request["NextToken"] = answer["NextToken"]
        return {each: tuple(points[f"m{n}"]) for n, each in enumerate(asked)}

    def _query(self, name: str, series: Series) -> dict[str, Any]:
        dimensions = {DIMENSION: self._stack}
        if series.channel is not None:
            dimensions[CHANNEL] = series.channel
        return {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": self._namespace,
                    "MetricName": series.metric,
                    "Dimensions": [{"Name": n, "Value": value} for n, value in dimensions.items()],
                },
                "Period": series.period // _SECOND,
                "Stat": series.statistic,
            },
        }


def _points(result: dict[str, Any]) -> list[Point]:
    """Of one page; what CloudWatch could not read is no zero."""
    if result["StatusCode"] not in ("Complete", "PartialData"):  # partial: the next page goes on
        raise MetricsUnavailableError("The monitoring could not read a metric. Try again.")
    pairs = zip(result["Timestamps"], result["Values"], strict=True)
    return [Point(at.astimezone(UTC), value) for at, value in pairs]
