"""A dashboard's JSON, read: which widget is where, and which lines it draws."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.cloudwatch.expression import Expression
from local.cloudwatch.formula import Formula
from local.cloudwatch.metric_reader import MetricStat
from local.cloudwatch.stand_ins import metrics_of

_DEFAULT_STAT = "Average"
_DEFAULT_PERIOD = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a chart, or a number."""

    id: str
    label: str
    stat: str | None  # None for an expression
    color: str | None
    axis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A horizontal line."""

    value: float
    label: str
    color: str | None
    axis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricWidget:
    """What a metric widget shows."""

    lines: tuple[Line, ...]
    formula: Formula
    period_seconds: int
    thresholds: tuple[Threshold, ...]

    @classmethod
    def of(cls, properties: Mapping[str, Any], alarms: Mapping[str, Any]) -> "MetricWidget":
        """Read a widget's properties; `alarms`, as described, by their ARNs."""
        rows = list(_rows(properties.get("metrics", [])))
        thresholds = list(_thresholds(properties))
        for arn in properties.get("annotations", {}).get("alarms", []):
            if (alarm := alarms.get(arn)) is not None:
                rows += _rows_of_alarm(alarm)
                thresholds.append(_threshold_of_alarm(alarm))
        period = int(properties.get("period", _DEFAULT_PERIOD))
        stat = properties.get("stat", _DEFAULT_STAT)
        named = [
            (options.get("id", f"_{at}"), fields, options)
            for at, (fields, options) in enumerate(rows)
        ]
        return cls(
            lines=tuple(_lines(named, stat)),
            formula=Formula(
                {
                    name: _metric(fields, options.get("stat", stat))
                    for name, fields, options in named
                    if fields
                },
                {
                    name: Expression.parse(options["expression"])
                    for name, fields, options in named
                    if not fields
                },
            ),
            period_seconds=min(
                (int(o["period"]) for _, _, o in named if "period" in o), default=period
            ),
            thresholds=tuple(thresholds),
        )


Row = tuple[tuple[str, ...], Mapping[str, Any]]
"""Namespace, name and dimensions, none for an expression; and the options."""


def _rows(metrics: Sequence[Sequence[Any]]) -> Iterator[Row]:
    """Write out what stands for the row before: `.` for one field, `...` for several."""
    before: tuple[str, ...] = ()
    for row in metrics:
        options = next((each for each in row if isinstance(each, dict)), {})
        given = [each for each in row if not isinstance(each, dict)]
        fields: list[str] = []
        for place, each in enumerate(given):
            if each == "...":
                rest = len(given) - place - 1
                fields += before[len(fields) : len(before) - rest]
            else:
                fields.append(before[len(fields)] if each == "." else str(each))
        if fields:
            before = tuple(fields)
        yield tuple(fields), options


def _metric(fields: Sequence[str], stat: str) -> MetricStat:
    namespace, name, *dimensions = fields
    pairs = zip(dimensions[::2], dimensions[1::2], strict=True)
    return MetricStat(namespace, name, tuple(sorted(pairs)), stat)


def _lines(
    named: Sequence[tuple[str, tuple[str, ...], Mapping[str, Any]]], stat: str
) -> Iterator[Line]:
    names = [fields[1] for _, fields, options in named if fields and options.get("visible", True)]
    for name, fields, options in named:
        if not options.get("visible", True):
            continue
        of_line = options.get("stat", stat) if fields else None
        label = fields[1] if fields else options["expression"]
        if fields and names.count(fields[1]) > 1:
            label = f"{fields[1]} {of_line}"
        yield Line(
            id=name,
            label=str(options.get("label", label)),
            stat=of_line,
            color=options.get("color"),
            axis=options.get("yAxis", "left"),
        )


def _thresholds(properties: Mapping[str, Any]) -> Iterator[Threshold]:
    for told in properties.get("annotations", {}).get("horizontal", []):
        # A band is a list of two; both its edges are drawn.
        for each in told if isinstance(told, list) else [told]:
            yield Threshold(
                value=float(each["value"]),
                label=str(each.get("label", "")),
                color=each.get("color"),
                axis=each.get("yAxis", "left"),
            )


def _rows_of_alarm(alarm: Mapping[str, Any]) -> Iterator[Row]:
    for query in metrics_of(alarm):
        options = {"id": query["Id"], "visible": query.get("ReturnData", True)}
        options["label"] = query.get("Label", alarm["AlarmName"])
        if "Expression" in query:
            yield (), options | {"expression": query["Expression"]}
            continue
        stat = query["MetricStat"]
        metric = stat["Metric"]
        dimensions = [
            part for each in metric.get("Dimensions", []) for part in (each["Name"], each["Value"])
        ]
        yield (
            (metric["Namespace"], metric["MetricName"], *dimensions),
            options | {"stat": stat["Stat"]},
        )


def _threshold_of_alarm(alarm: Mapping[str, Any]) -> Threshold:
    return Threshold(value=float(alarm["Threshold"]), label="Alarm", color=None, axis="left")
