"""Data on their way into CloudWatch: few calls, nothing lost that CloudWatch would keep."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from local.cloudwatch.emf import Datum

Each = TypeVar("Each")

_MOST_DATA = 1000  # that a PutMetricData takes
_MOST_VALUES = 150  # that a datum takes


def requests(data: Iterable[Datum]) -> Iterator[dict[str, Any]]:
    """The arguments of each PutMetricData that these data need.

    What one metric measured within one second goes together, equal values as one with their
    number: a second is the finest that CloudWatch tells apart.
    """
    counted: dict[tuple[Any, ...], Counter[float]] = defaultdict(Counter)
    for datum in data:
        key = (datum.namespace, datum.name, datum.dimensions, datum.unit, int(datum.at))
        counted[key].update(datum.values)
    by_namespace: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (namespace, name, dimensions, unit, second), values in counted.items():
        for some in _slices(list(values.items()), _MOST_VALUES):
            by_namespace[namespace].append(
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions],
                    "Unit": unit,
                    "Timestamp": datetime.fromtimestamp(second, UTC),
                    "Values": [value for value, _ in some],
                    "Counts": [float(count) for _, count in some],
                }
            )
    for namespace, several in by_namespace.items():
        for part in _slices(several, _MOST_DATA):
            yield {"Namespace": namespace, "MetricData": part}


def publish(cloudwatch: Any, data: Iterable[Datum]) -> None:
    """Put them."""
    for request in requests(data):
        cloudwatch.put_metric_data(**request)


def _slices(several: Sequence[Each], size: int) -> Iterator[list[Each]]:
    for start in range(0, len(several), size):
        yield list(several[start : start + size])
