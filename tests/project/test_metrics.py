"""The metrics that are measured are those that are looked at, and the other way round."""

import re

import pytest

from tests.cloudformation import resources
from tests.watching import (
    HANDLERS,
    Metric,
    emitted,
    filtered,
    named_by_alarms,
    named_by_widgets,
)

OURS = "TriggersAPI"
NAMED = named_by_alarms() | named_by_widgets()
MEASURED = emitted() | filtered().keys()

# What AWS measures by itself: names, and the dimension with the resource and attribute it takes.
VENDED = {
    "AWS/ApiGateway": ({"4xx", "5xx", "Count"}, ("ApiId", "AWS::ApiGatewayV2::Api", "")),
    "AWS/DynamoDB": ({"ThrottledRequests"}, ("TableName", "AWS::DynamoDB::Table", "")),
    "AWS/Lambda": (
        {"Duration", "Errors", "IteratorAge", "Throttles"},
        ("FunctionName", "AWS::Serverless::Function", ""),
    ),
    "AWS/SQS": (
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateAgeOfOldestMessageInQuietGroups",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
        },
        ("QueueName", "AWS::SQS::Queue", ".QueueName"),
    ),
}
OPERATIONS = {"BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"}


def named(namespace: str) -> set[Metric]:
    return {metric for metric in NAMED if metric.namespace == namespace}


def test_every_metric_of_ours_that_is_named_is_measured() -> None:
    assert {metric.name for metric in named(OURS)} <= MEASURED


def test_every_metric_that_is_measured_is_on_the_dashboard() -> None:
    shown = {metric.name for metric in named_by_widgets() if metric.namespace == OURS}
    assert shown == MEASURED


def test_a_metric_of_ours_has_the_stacks_name_as_its_only_dimension() -> None:
    dimensions = {metric.dimensions for metric in named(OURS)}
    assert dimensions == {(("service", "${AWS::StackName}"),)}


@pytest.mark.parametrize("function", resources("AWS::Serverless::Function").values())
def test_a_function_measures_under_the_namespace_and_dimension_that_are_named(
    function: dict[str, dict[str, dict[str, dict[str, object]]]],
) -> None:
    variables = function["Properties"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == OURS
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}


@pytest.mark.parametrize("name", filtered())
def test_a_filter_counts_lines_that_are_written_under_the_same_dimension(name: str) -> None:
    (transformation,) = filtered()[name]["MetricTransformations"]
    assert transformation["MetricNamespace"] == OURS
    assert transformation["Dimensions"] == [{"Key": "service", "Value": "$.service"}]
    assert "DefaultValue" not in transformation  # CloudWatch takes none beside a dimension
    (message,) = re.findall(r'\$\.message = "([^"]+)"', filtered()[name]["FilterPattern"])
    assert any(f'("{message}"' in path.read_text() for path in HANDLERS)


def test_no_handler_adds_a_dimension_or_a_namespace_of_its_own() -> None:
    for path in HANDLERS:
        text = path.read_text()
        assert not re.search(r"add_dimension|set_default_dimensions|\bMetrics\([^)]", text), (
            path.name
        )


@pytest.mark.parametrize("namespace", VENDED)
def test_a_metric_of_awss_has_the_name_and_the_dimensions_that_aws_gives_it(
    namespace: str,
) -> None:
    names, (dimension, resource_type, attribute) = VENDED[namespace]
    values = {f"${{{logical_id}{attribute}}}" for logical_id in resources(resource_type)}
    assert {metric.name for metric in named(namespace)} == names
    for metric in named(namespace):
        (first, value), *others = metric.dimensions
        assert (first, value in values) == (dimension, True), metric
        if namespace == "AWS/DynamoDB":  # it has no such metric of a table as a whole
            assert [name for name, _ in others] == ["Operation"]
            assert {operation for _, operation in others} <= OPERATIONS
        else:
            assert others == []


def test_nothing_is_named_that_nobody_measures() -> None:
    assert {metric.namespace for metric in NAMED} == {OURS, *VENDED}


def test_the_age_of_a_stream_is_asked_of_the_functions_that_read_it() -> None:
    ages = {metric.dimensions for metric in NAMED if metric.name == "IteratorAge"}
    assert ages == {
        (("FunctionName", "${CounterFunction}"),),
        (("FunctionName", "${DispatcherFunction}"),),
    }
