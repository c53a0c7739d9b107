"""Facts about a dashboard's JSON: which lines a widget draws, and what is refused."""

from typing import Any

import pytest

from local.cloudwatch.dashboard.widgets import MetricWidget
from local.cloudwatch.metric_reader import MetricStat

ALARM = {
    "AlarmName": "s-warning-depth",
    "Namespace": "local:N",
    "MetricName": "Depth",
    "Dimensions": [{"Name": "Queue", "Value": "q"}],
    "Statistic": "Maximum",
    "Period": 60,
    "Threshold": 3.0,
}


def widget(metrics: list[Any], **properties: Any) -> MetricWidget:
    return MetricWidget.of({"metrics": metrics, **properties}, {"arn:depth": ALARM})


def test_a_row_is_a_metric_with_its_options() -> None:
    read = widget([["N", "M", "d", "v", {"stat": "p99", "label": "L", "yAxis": "right"}]])
    (line,) = read.lines
    assert (line.label, line.stat, line.axis) == ("L", "p99", "right")
    assert read.formula.metrics[line.id] == MetricStat("N", "M", (("d", "v"),), "p99")


def test_dots_stand_for_the_row_above() -> None:
    read = widget([["N", "M", "d", "v"], [".", "O", ".", "w"], ["...", "x"], ["..."]], stat="Sum")
    assert [each.name for each in read.formula.metrics.values()] == ["M", "O", "O", "O"]
    dimensions = [dict(each.dimensions)["d"] for each in read.formula.metrics.values()]
    assert dimensions == ["v", "w", "x", "x"]
    assert {each.stat for each in read.formula.metrics.values()} == {"Sum"}


def test_an_expression_is_computed_from_lines_that_are_not_drawn() -> None:
    read = widget(
        [
            [{"expression": "100 * m1 / (m1 + m2)", "label": "Rate", "id": "e1"}],
            ["N", "Good", {"id": "m1", "visible": False}],
            ["N", "Bad", {"id": "m2", "visible": False}],
        ]
    )
    assert [each.label for each in read.lines] == ["Rate"]
    measured = {read.formula.metrics["m1"]: 3.0, read.formula.metrics["m2"]: 1.0}
    assert read.formula.value("e1", measured) == 75.0


def test_lines_of_one_metric_are_told_apart_by_their_statistics() -> None:
    read = widget([["N", "M", {"stat": "p50"}], ["N", "M", {"stat": "p99"}], ["N", "O"]])
    assert [each.label for each in read.lines] == ["M p50", "M p99", "O"]


def test_thresholds_are_drawn_and_a_band_has_two() -> None:
    horizontal = [{"value": 5, "label": "warning"}, [{"value": 1}, {"value": 2}]]
    read = widget([["N", "M"]], annotations={"horizontal": horizontal})
    assert [each.value for each in read.thresholds] == [5, 1, 2]


def test_a_widget_of_an_alarm_shows_its_metric_and_its_threshold() -> None:
    read = widget([], annotations={"alarms": ["arn:depth", "arn:of another account"]})
    assert [each.value for each in read.thresholds] == [3.0]
    (metric,) = read.formula.metrics.values()
    assert metric == MetricStat("N", "Depth", (("Queue", "q"),), "Maximum")


@pytest.mark.parametrize(
    "metrics",
    [[["N", "M", "d"]], [["."]], [[{"expression": "ANOMALY_DETECTION_BAND(m1)"}]], [["N"]]],
)
def test_what_cannot_be_read_is_refused(metrics: list[Any]) -> None:
    with pytest.raises((ValueError, IndexError)):
        widget(metrics)
