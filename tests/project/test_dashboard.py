"""Facts about the dashboard: CloudWatch takes it, and it shows what people look for."""

import re
from itertools import combinations
from typing import Any

import pytest

from admin.template import template
from tests.cloudformation import resources
from tests.watching import (
    alarms,
    computed,
    dashboard,
    dashboard_text,
    expressions_of,
    metrics_of,
    widgets,
)

COLUMNS = 24
WIDGETS: list[dict[str, Any]] = dashboard()["widgets"]
SEEN = {"AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::StackName"}

# What SPEC section 5 wants to be seen, each by the metrics that must stand in one widget.
SHOWN = {
    "throughput": {"EventsCreated", "EventsAcknowledged"},
    "inbox depth and oldest age": {"InboxDepth", "OldestPendingAge"},
    "API latency": {"ApiLatency"},
    "error rates": {"4xx", "5xx", "ApiErrors"},
    "delivery success rate": {"DeliveriesSucceeded"},
    "failed deliveries": {"DeliveriesFailed", "DeadLetters"},
    "delivery latency": {"DeliveryLatency"},
    "queue depth": {"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesDelayed"},
    "stream iterator age": {"IteratorAge"},
    "Lambda duration": {"Duration"},
    "throttles and errors": {"Throttles", "Errors"},
    "throttles of the tables": {"ThrottledRequests"},
    "circuits": {"CircuitsOpen"},
}


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    apart = (
        one["x"] + one["width"] <= other["x"]
        or other["x"] + other["width"] <= one["x"]
        or one["y"] + one["height"] <= other["y"]
        or other["y"] + other["height"] <= one["y"]
    )
    return not apart


def test_widgets_lie_side_by_side_on_the_grid() -> None:
    assert not [pair for pair in combinations(WIDGETS, 2) if overlap(*pair)]
    for widget in WIDGETS:
        assert 0 <= widget["x"] < widget["x"] + widget["width"] <= COLUMNS
        assert widget["height"] > 0


def test_no_row_has_a_gap() -> None:
    area = sum(widget["width"] * widget["height"] for widget in WIDGETS)
    assert area == COLUMNS * max(widget["y"] + widget["height"] for widget in WIDGETS)


def test_the_eye_starts_at_the_alarms() -> None:
    (first,) = [widget for widget in WIDGETS if widget["x"] == widget["y"] == 0]
    assert first["type"] == "alarm"
    assert first["properties"]["sortBy"] == "stateUpdatedTimestamp"  # those in ALARM first


def test_only_widgets_are_used_that_the_local_page_draws() -> None:
    assert {widget["type"] for widget in WIDGETS} == {"alarm", "metric", "text"}
    views = {widget["properties"]["view"] for widget in widgets("metric")}
    assert views == {"singleValue", "timeSeries"}


def test_every_alarm_is_on_the_dashboard_by_its_own_name() -> None:
    (widget,) = widgets("alarm")
    prefix = (
        "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-"
    )
    names = [arn.removeprefix(prefix) for arn in widget["properties"]["alarms"]]
    assert sorted(names) == sorted(alarm.name for alarm in alarms())


@pytest.mark.parametrize("what", SHOWN)
def test_what_people_look_for_stands_in_one_widget(what: str) -> None:
    found = [
        widget
        for widget in widgets("metric")
        if SHOWN[what] <= {metric.name for metric, _ in metrics_of(widget)}
    ]
    assert found, f"no widget shows {what}"


def test_latencies_are_shown_as_percentiles() -> None:
    for name in ("ApiLatency", "DeliveryLatency"):
        stats = {
            metric.stat
            for widget in widgets("metric")
            for metric, _ in metrics_of(widget)
            if metric.name == name
        }
        assert stats - {"SampleCount"} == {"p50", "p95", "p99"}


@pytest.mark.parametrize(
    "widget", widgets("metric"), ids=lambda widget: widget["properties"]["title"]
)
def test_a_chart_says_what_it_shows_and_where(widget: dict[str, Any]) -> None:
    shown = widget["properties"]
    assert shown["title"]
    assert shown["region"] == "${AWS::Region}"
    assert {metric.period for metric, _ in metrics_of(widget)} <= {60, 300}
    lines = [options for _, options in metrics_of(widget) if options.get("visible", True)]
    assert all(options.get("label") for options in lines)


@pytest.mark.parametrize(
    "widget", widgets("metric"), ids=lambda widget: widget["properties"]["title"]
)
def test_an_expression_is_plain_and_of_the_widgets_own_metrics(widget: dict[str, Any]) -> None:
    ids = {options["id"] for _, options in metrics_of(widget) if "id" in options}
    for expression in expressions_of(widget):
        assert computed(expression, dict.fromkeys(ids, 1.0)) is not None
        assert computed(expression, dict.fromkeys(ids)) is None  # a gap, not a false zero
    rows = [row[-1] for row in widget["properties"]["metrics"] if isinstance(row[-1], dict)]
    named = [row["id"] for row in rows if "id" in row]
    assert len(named) == len(set(named))


def test_every_reference_is_to_something_of_the_template() -> None:
    text = dashboard_text()
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([\w:.]+)\}", text)}
    assert named - SEEN <= set(template()["Resources"])
    assert not [name for name in named - SEEN if "Condition" in template()["Resources"][name]]


def test_a_threshold_that_is_drawn_is_an_alarms() -> None:
    thresholds = {(alarm.severity, alarm.properties["Threshold"]) for alarm in alarms()}
    drawn = {
        (line["label"], line["value"])
        for widget in widgets("metric")
        for line in widget["properties"].get("annotations", {}).get("horizontal", [])
    }
    assert drawn
    assert drawn <= thresholds


def test_every_function_and_queue_is_shown() -> None:
    """The monitor's work is seen in what it measures."""
    text = dashboard_text()
    for function in set(resources("AWS::Serverless::Function")) - {"MonitorFunction"}:
        assert f"${{{function}}}" in text
    for queue in resources("AWS::SQS::Queue"):
        assert f"${{{queue}.QueueName}}" in text


def test_the_header_tells_where_to_look_first_and_leads_on() -> None:
    (header,) = widgets("text")
    assert "docs/runbook.md" in header["properties"]["markdown"]
    assert len(re.findall(r"\]\(https://", header["properties"]["markdown"])) >= 3


def test_the_dashboard_is_found_from_the_stacks_outputs() -> None:
    url = template()["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"]
    assert url.endswith("#dashboards/dashboard/${Dashboard}")


def test_an_account_with_no_other_dashboard_pays_nothing_for_it() -> None:
    """CloudWatch gives three dashboards away, of fifty metrics at most."""
    shown = {
        (metric.namespace, metric.name, metric.dimensions)
        for widget in widgets("metric")
        for metric, _ in metrics_of(widget)
    }
    assert len(shown) <= 50
