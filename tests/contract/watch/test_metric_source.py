"""What any source of metrics does, and how CloudWatch is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders.watch import STACK
from tests.contract.push.calls import answers_lost, recorded
from tests.contract.watch.conftest import NAMESPACE, Measured, put_datum
from triggers_api.aws.metrics import CloudWatchMetrics
from triggers_api.errors import MetricsUnavailableError
from triggers_api.watch.metrics import Metric
from triggers_api.watch.windows import DAY, HOUR, SLOT, Point, Series, Statistic, Window

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CREATED = Series(Metric.EVENTS_CREATED, Statistic.SUM, HOUR)
WINDOW = Window(NOON, HOUR, 3)


def test_a_series_has_a_point_for_each_period_with_values(measured: Measured) -> None:
    measured.put(Metric.EVENTS_CREATED, NOON, 1, 2)
    measured.put(Metric.EVENTS_CREATED, NOON + HOUR - timedelta(seconds=1), 4)
    measured.put(Metric.EVENTS_CREATED, NOON + 2 * HOUR, 8)
    measured.put(Metric.DEAD_LETTERS, NOON, 100)

    read = measured.source.read([CREATED], WINDOW)

    assert read == {CREATED: (Point(NOON, 7), Point(NOON + 2 * HOUR, 8))}


def test_a_channels_series_is_its_own(measured: Measured) -> None:
    measured.put(Metric.DELIVERIES_FAILED, NOON, 1, 1, 0)
    measured.put(Metric.DELIVERIES_FAILED, NOON, 1, 0, channel="slack")
    of_all = Series(Metric.DELIVERIES_FAILED, Statistic.SUM, HOUR)
    of_slack, of_email = replace(of_all, channel="slack"), replace(of_all, channel="email")

    read = measured.source.read([of_all, of_slack, of_email], WINDOW)

    assert read == {of_all: (Point(NOON, 2),), of_slack: (Point(NOON, 1),), of_email: ()}


def test_what_lies_outside_the_window_is_not_read(measured: Measured) -> None:
    measured.put(Metric.EVENTS_CREATED, NOON - timedelta(seconds=1), 1)
    measured.put(Metric.EVENTS_CREATED, WINDOW.until, 2)

    assert measured.source.read([CREATED], WINDOW) == {CREATED: ()}


@pytest.mark.parametrize(
    ("statistic", "value"),
    [(Statistic.SUM, 30), (Statistic.COUNT, 5), (Statistic.MAXIMUM, 20)],
)
def test_every_statistic_is_of_the_same_values(
    measured: Measured, statistic: Statistic, value: float
) -> None:
    measured.put(Metric.INBOX_DEPTH, NOON, 1, 2, 3, 4, 20)
    series = Series(Metric.INBOX_DEPTH, statistic, DAY)

    read = measured.source.read([series], Window(NOON, DAY, 1))

    assert read == {series: (Point(NOON, value),)}


def test_several_series_are_told_apart(measured: Measured) -> None:
    measured.put(Metric.API_ERRORS, NOON, 0, 0, 1)
    asked = [
        Series(Metric.API_ERRORS, Statistic.SUM, SLOT),
        Series(Metric.API_ERRORS, Statistic.COUNT, SLOT),
        Series(Metric.API_ERRORS, Statistic.SUM, HOUR),
    ]

    read = measured.source.read(asked, WINDOW)

    assert [read[series][0].value for series in asked] == [1, 3, 1]


@pytest.fixture
def source(cloudwatch: Any) -> CloudWatchMetrics:
    return CloudWatchMetrics(cloudwatch, namespace=NAMESPACE, stack=STACK)


def test_many_series_are_one_call(cloudwatch: Any, source: CloudWatchMetrics) -> None:
    asked = [Series(metric, Statistic.SUM, HOUR) for metric in Metric]

    with recorded(cloudwatch) as calls:
        source.read(asked, WINDOW)

    ((operation, request),) = calls
    assert operation == "GetMetricData"
    assert len(request["MetricDataQueries"]) == len(Metric)
    assert "Expression" not in str(request)


def test_another_stacks_metrics_are_not_ours(cloudwatch: Any, source: CloudWatchMetrics) -> None:
    put_datum(cloudwatch, f"{STACK}-2", Metric.EVENTS_CREATED, NOON, 5)

    assert source.read([CREATED], WINDOW) == {CREATED: ()}


class PagedClient:
    """Answers a point a page, as CloudWatch does with very many."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = list(pages)
        self.tokens: list[str | None] = []

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.tokens.append(request.get("NextToken"))
        return self.pages.pop(0)


def a_page(hour: int, status: str, token: str | None) -> dict[str, Any]:
    result = {
        "Id": "m0",
        "Timestamps": [NOON + hour * HOUR],
        "Values": [float(hour)],
        "StatusCode": status,
    }
    return {"MetricDataResults": [result]} | ({"NextToken": token} if token else {})


def test_pages_are_followed_to_the_end() -> None:
    client = PagedClient(
        a_page(0, "PartialData", "a"), a_page(1, "PartialData", "b"), a_page(2, "Complete", None)
    )

    read = CloudWatchMetrics(client, namespace=NAMESPACE, stack=STACK).read([CREATED], WINDOW)

    assert [point.value for point in read[CREATED]] == [0, 1, 2]
    assert client.tokens == [None, "a", "b"]


@pytest.mark.parametrize("status", ["InternalError", "Forbidden"])
def test_a_metric_that_could_not_be_read_is_not_zero(status: str) -> None:
    source = CloudWatchMetrics(
        PagedClient(a_page(0, status, None)), namespace=NAMESPACE, stack=STACK
    )

    with pytest.raises(MetricsUnavailableError):
        source.read([CREATED], WINDOW)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("status", "code"), [(400, "Throttling"), (400, "ThrottlingException"), (500, "InternalError")]
)
def test_a_busy_cloudwatch_is_unavailable(
    cloudwatch: Any, source: CloudWatchMetrics, status: int, code: str
) -> None:
    with (
        answers_lost(cloudwatch, "GetMetricData", times=99, status=status, code=code),
        pytest.raises(MetricsUnavailableError),
    ):
        source.read([CREATED], WINDOW)
