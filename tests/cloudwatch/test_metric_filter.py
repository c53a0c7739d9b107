"""Facts about metric filters: which lines they count, and as what."""

import json
from typing import Any

import pytest

from local.cloudwatch.log_group import LogLine
from local.cloudwatch.metric_filter import MetricFilter

TOLD = {
    "filterPattern": '{ $.message = "delivery.crashed" }',
    "metricTransformations": [
        {
            "metricNamespace": "TriggersAPI",
            "metricName": "CrashedTasks",
            "metricValue": "1",
            "unit": "Count",
            "dimensions": {"service": "$.service"},
        }
    ],
}


def line(**said: Any) -> LogLine:
    return LogLine(7.0, "stream", json.dumps(said))


def test_a_line_that_matches_is_counted_under_its_own_dimension() -> None:
    (each,) = MetricFilter.all_of(TOLD)
    (datum,) = each.data_of(line(message="delivery.crashed", service="stack"))
    assert (datum.namespace, datum.name, datum.unit) == ("TriggersAPI", "CrashedTasks", "Count")
    assert (datum.dimensions, datum.values, datum.at) == ((("service", "stack"),), (1.0,), 7.0)


@pytest.mark.parametrize(
    "other",
    [
        line(message="delivery.carried_out", service="stack"),
        line(message="x", error="delivery.crashed", service="stack"),
        line(message="delivery.crashed"),
        LogLine(7.0, "stream", "delivery.crashed"),
        LogLine(7.0, "stream", '["delivery.crashed"]'),
    ],
)
def test_any_other_line_is_not(other: LogLine) -> None:
    (each,) = MetricFilter.all_of(TOLD)
    assert each.data_of(other) == []


def test_a_pattern_that_is_not_known_here_is_said_to_be_so() -> None:
    with pytest.raises(NotImplementedError, match="ERROR"):
        MetricFilter.all_of(TOLD | {"filterPattern": "ERROR"})
