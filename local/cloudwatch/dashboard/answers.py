"""What the page shows: the deployed dashboard, its metrics and its alarms, as plain data."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from local.cloudwatch.alarms import Alarms
from local.cloudwatch.dashboard.widgets import Line, MetricWidget
from local.cloudwatch.metric_reader import MetricReader, MetricStat

# What the console does where a dashboard leaves the period to it: finer for shorter times.
_COARSE_FROM_SECONDS = 6 * 3600
_FINE_PERIOD, _COARSE_PERIOD = 60, 300

_RUNBOOK = re.compile(r"runbook\.md#([a-z0-9-]+)")  # as an alarm's description names its heading

Answer = dict[str, Any]
Series = Mapping[MetricStat, Mapping[int, float]]


class Dashboard:
    """One deployed dashboard."""

    def __init__(self, cloudwatch: Any, name: str | None, stack_name: str) -> None:
        """`cloudwatch` is a client; without a name there is nothing to show but alarms."""
        self._cloudwatch = cloudwatch
        self._name = name
        self._stack_name = stack_name
        self._alarms = Alarms(cloudwatch, stack_name)
        self._reader = MetricReader(cloudwatch)
        self._units: dict[tuple[str, str], str] = {}

    def answer(self, minutes: int, now: float) -> Answer:
        """Everything for the last so many minutes."""
        body = self._body()
        start = now - minutes * 60
        alarms = {each["AlarmArn"]: each for each in self._alarms.described()}
        own = body.get("periodOverride") == "inherit"
        auto = _COARSE_PERIOD if now - start >= _COARSE_FROM_SECONDS else _FINE_PERIOD
        widgets = [
            _read(each, alarms, None if own else auto, minutes * 60)
            for each in body.get("widgets", [])
        ]
        series = self._series(widgets, start, now)
        return {
            "name": self._name or self._stack_name,
            "at": now,
            "start": start,
            "minutes": minutes,
            "alarms": [_alarm(each, self._stack_name) for each in alarms.values()],
            "widgets": [self._shown(each, series, alarms, start, now) for each in widgets],
        }

    def _body(self) -> dict[str, Any]:
        if self._name is None:
            return {}
        text = self._cloudwatch.get_dashboard(DashboardName=self._name)["DashboardBody"]
        body: dict[str, Any] = json.loads(text)
        return body

    def _series(self, widgets: Iterable[Answer], start: float, end: float) -> dict[int, Series]:
        """All metrics of all widgets, with one call for each length of period."""
        wanted: dict[int, set[MetricStat]] = {}
        for each in widgets:
            if (widget := each.get("read")) is not None:
                wanted.setdefault(each["period"], set()).update(widget.formula.metrics.values())
        return {
            period: self._reader.series(metrics, period, start // period * period, end)
            for period, metrics in wanted.items()
        }

    def _shown(
        self,
        told: Answer,
        series: Mapping[int, Series],
        alarms: Mapping[str, Any],
        start: float,
        now: float,
    ) -> Answer:
        shown = {name: told[name] for name in ("x", "y", "width", "height", "type", "problem")}
        properties = told["properties"]
        shown["title"] = str(properties.get("title", ""))
        if told["type"] == "text":
            shown["markdown"] = str(properties.get("markdown", ""))
        elif told["type"] == "alarm":
            named = [alarms[arn] for arn in properties.get("alarms", []) if arn in alarms]
            shown["alarms"] = [_alarm(each, self._stack_name) for each in named]
        elif told["type"] == "log":
            shown["query"] = str(properties.get("query", ""))
        elif told.get("read") is not None:
            shown |= self._chart(told, series[told["period"]], start, now)
        return shown

    def _chart(self, told: Answer, series: Series, start: float, now: float) -> Answer:
        widget: MetricWidget = told["read"]
        properties, period = told["properties"], told["period"]
        times = range(int(start // period * period), int(now) + 1, period)
        axes = properties.get("yAxis", {})
        return {
            "view": properties.get("view", "timeSeries"),
            "stacked": bool(properties.get("stacked")),
            "period": period,
            "left": axes.get("left", {}),
            "right": axes.get("right", {}),
            "thresholds": [
                {"value": each.value, "label": each.label, "color": each.color, "axis": each.axis}
                for each in widget.thresholds
            ],
            "series": [self._line(widget, line, times, series, now) for line in widget.lines],
        }

    def _line(
        self, widget: MetricWidget, line: Line, times: range, series: Series, now: float
    ) -> Answer:
        points = []
        for at in times:
            measured = {
                metric: series[metric].get(at) for metric in widget.formula.metrics.values()
            }
            points.append([at, widget.formula.value(line.id, measured)])
        known = [value for _, value in points if value is not None]
        metric = widget.formula.metrics.get(line.id)
        return {
            "label": line.label,
            "stat": line.stat,
            "color": line.color,
            "axis": line.axis,
            "unit": self._unit(metric, times.start, now) if metric is not None and known else None,
            "points": points,
            "latest": known[-1] if known else None,
        }

    def _unit(self, metric: MetricStat, start: float, end: float) -> str | None:
        """The unit of a metric with data; a count of samples has none of its own."""
        if metric.stat == "SampleCount":
            return "Count"
        key = (metric.namespace, metric.name)
        if key not in self._units and (unit := self._reader.unit(metric, start, end)) is not None:
            self._units[key] = unit
        return self._units.get(key)


def _read(
    told: Mapping[str, Any], alarms: Mapping[str, Any], period: int | None, seconds: int
) -> Answer:
    """A widget with its place; `problem` says why it cannot be drawn, if it cannot."""
    properties = told.get("properties", {})
    read: Answer = {name: int(told.get(name, default)) for name, default in _PLACE.items()}
    read |= {"type": told.get("type"), "properties": properties, "problem": None}
    if read["type"] == "metric":
        try:
            widget = MetricWidget.of(properties, alarms)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            return read | {"problem": f"This widget cannot be read: {error}"}
        own = period or widget.period_seconds
        return read | {
            "read": widget,
            "period": seconds if properties.get("setPeriodToTimeRange") else own,
        }
    return read


_PLACE = {"x": 0, "y": 0, "width": 6, "height": 6}


def _alarm(told: Mapping[str, Any], stack_name: str) -> Answer:
    short = told["AlarmName"].removeprefix(f"{stack_name}-")
    severity, _, what = short.partition("-")
    description = told.get("AlarmDescription", "")
    return {
        "name": told["AlarmName"],
        "severity": severity if what else "",
        "what": what or short,
        "state": told["StateValue"],
        "reason": told.get("StateReason", ""),
        "description": description,
        "runbook": None if (heading := _RUNBOOK.search(description)) is None else heading[1],
        "since": told["StateUpdatedTimestamp"].timestamp(),
    }
