"""Facts about metrics in log lines, and about their way into CloudWatch."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloudwatch.emf import Datum, data_of
from local.cloudwatch.metric_data import requests

AT = 1_795_320_000_123


def line(**more: Any) -> str:
    about = {
        "Timestamp": AT,
        "CloudWatchMetrics": [
            {
                "Namespace": "TriggersAPI",
                "Dimensions": [["service"]],
                "Metrics": [{"Name": "ApiLatency", "Unit": "Milliseconds"}],
            }
        ],
    }
    return json.dumps({"_aws": about, "service": "s", "ApiLatency": [12.5]} | more)


def test_a_metric_is_read_with_its_own_time() -> None:
    assert data_of(line()) == [
        Datum(
            namespace="TriggersAPI",
            name="ApiLatency",
            dimensions=(("service", "s"),),
            unit="Milliseconds",
            at=AT / 1000,
            values=(12.5,),
        )
    ]


def test_a_number_and_a_list_of_numbers_are_both_read() -> None:
    assert data_of(line(ApiLatency=3))[0].values == (3.0,)
    assert data_of(line(ApiLatency=[1, 2.5, 1]))[0].values == (1.0, 2.5, 1.0)


def test_each_set_of_dimensions_is_a_metric_of_its_own() -> None:
    directive = {
        "Namespace": "A",
        "Dimensions": [["b", "a"], ["a"], []],
        "Metrics": [{"Name": "n"}],
    }
    other = {"Namespace": "B", "Metrics": [{"Name": "n", "Unit": "Count"}, {"Name": "m"}]}
    about = {"Timestamp": AT, "CloudWatchMetrics": [directive, other]}
    data = data_of(json.dumps({"_aws": about, "a": "1", "b": "2", "n": 7, "m": 8}))
    assert [(each.namespace, each.name, each.dimensions) for each in data] == [
        ("A", "n", (("a", "1"), ("b", "2"))),
        ("A", "n", (("a", "1"),)),
        ("A", "n", ()),
        ("B", "n", ()),
        ("B", "m", ()),
    ]
    assert {each.unit for each in data if each.namespace == "A"} == {"None"}


@pytest.mark.parametrize(
    "message",
    [
        "START RequestId: 1",
        '{"message": "request.completed"}',
        '{"_aws": null}',
        '{"_aws": {"Timestamp": "soon", "CloudWatchMetrics": []}}',
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Metrics": [{}]}]}}',
        '{"_aws": ',
        line(service=None).replace('"service": null', '"other": 1'),
        line(ApiLatency="fast"),
        line(ApiLatency=[]),
        line(ApiLatency=True),
    ],
)
def test_whatever_else_a_line_says_measures_nothing(message: str) -> None:
    assert data_of(message) == []


def datum(value: float, at: float = 100.0, name: str = "n", namespace: str = "N") -> Datum:
    return Datum(
        namespace=namespace, name=name, dimensions=(), unit="Count", at=at, values=(value,)
    )


def test_what_is_measured_within_a_second_goes_together() -> None:
    (request,) = requests([datum(1, 100.1), datum(1, 100.9), datum(2, 100.5), datum(1, 101)])
    assert [(each["Values"], each["Counts"]) for each in request["MetricData"]] == [
        ([1.0, 2.0], [2.0, 1.0]),
        ([1.0], [1.0]),
    ]
    assert [each["Timestamp"].timestamp() for each in request["MetricData"]] == [100, 101]


def test_each_namespace_has_its_own_request() -> None:
    asked = list(requests([datum(1, namespace="A"), datum(1, namespace="B")]))
    assert [each["Namespace"] for each in asked] == ["A", "B"]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), max_size=900), st.integers(1, 40)
)
def test_no_request_is_too_large_and_no_value_is_lost(
    drawn: list[tuple[int, int]], names: int
) -> None:
    data = [datum(value, at, f"n{value % names}") for value, at in drawn]
    asked = list(requests(data))
    sent = [each for request in asked for each in request["MetricData"]]
    assert all(len(request["MetricData"]) <= 1000 for request in asked)
    assert all(len(each["Values"]) <= 150 for each in sent)
    assert sum(sum(each["Counts"]) for each in sent) == len(data)


def test_more_than_a_request_takes_is_sent_in_several() -> None:
    asked = list(requests(datum(1, at) for at in range(2500)))
    assert [len(each["MetricData"]) for each in asked] == [1000, 1000, 500]
