"""The embedded metric format: metrics inside log lines, which CloudWatch reads out on AWS."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """What was measured of one metric at one time."""

    namespace: str
    name: str
    dimensions: Dimensions  # sorted by name
    unit: str
    at: float  # in seconds, as `time.time`
    values: tuple[float, ...]


def data_of(message: str) -> list[Datum]:
    """The metrics in a log line; none if it is any other line."""
    if '"_aws"' not in message:
        return []
    try:
        line = json.loads(message)
        about = line["_aws"]
        at = float(about["Timestamp"]) / 1000
        return [
            datum
            for directive in about["CloudWatchMetrics"]
            for datum in _of_directive(line, directive, at)
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []  # CloudWatch takes such a line for text, too


def _of_directive(
    line: Mapping[str, Any], directive: Mapping[str, Any], at: float
) -> Iterator[Datum]:
    """Each metric once for each set of dimensions."""
    for names in directive.get("Dimensions") or [[]]:
        dimensions = tuple(sorted((str(name), str(line[name])) for name in names))
        for metric in directive["Metrics"]:
            values = _numbers(line.get(metric["Name"]))
            if values:
                yield Datum(
                    namespace=directive["Namespace"],
                    name=metric["Name"],
                    dimensions=dimensions,
                    unit=metric.get("Unit", "None"),
                    at=at,
                    values=values,
                )


def _numbers(value: object) -> tuple[float, ...]:
    several: Sequence[object] = value if isinstance(value, list) else [value]
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in several):
        return tuple(float(one) for one in several)  # type: ignore[arg-type]  # just checked
    return ()
