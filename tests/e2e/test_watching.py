"""Facts about watching a local run: what happens becomes metrics, alarms and a page."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from local import story
from local.clients import client
from local.cloudwatch.alarm_state import State
from local.cloudwatch.dashboard.server import serving_dashboard
from local.cloudwatch.log_group import Positions
from local.cloudwatch.metric_reader import MetricReader, MetricStat
from local.cloudwatch.watcher import Watcher
from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually


@pytest.fixture
def watcher(stack: Stack, tmp_path: Path) -> Watcher:
    positions = Positions.load(tmp_path / "logs.json")
    return Watcher(stack.aws_endpoint, stack.stack_name, positions)


def total(stack: Stack, namespace: str, name: str, dimension: tuple[str, str]) -> float:
    metric = MetricStat(namespace, name, (dimension,), "Sum")
    reader = MetricReader(client("cloudwatch", stack.aws_endpoint))
    return reader.over([metric], 0, time.time() + 1)[metric] or 0.0


def test_a_posted_event_is_counted_once(stack: Stack, watcher: Watcher) -> None:
    service = ("service", stack.stack_name)
    watcher.read_requests()
    before = total(stack, "TriggersAPI", "EventsCreated", service)
    new_tenant(stack).post("/events", {"event_type": "order.fetched", "payload": {}})

    def counted() -> bool:
        watcher.read_requests()
        return total(stack, "TriggersAPI", "EventsCreated", service) > before

    eventually(counted)
    watcher.read_requests()
    assert total(stack, "TriggersAPI", "EventsCreated", service) == before + 1
    assert total(stack, "AWS/ApiGateway", "Count", ("ApiId", watcher.parts.api_id)) > 0


def test_an_alarm_follows_its_own_metric_only(stack: Stack, watcher: Watcher) -> None:
    cloudwatch = client("cloudwatch", stack.aws_endpoint)
    name = f"{stack.stack_name}-warning-of-a-test"
    alarm: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": "local:OfATest",
        "MetricName": "Depth",
        "Dimensions": [{"Name": "Queue", "Value": "mine"}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**alarm)
    now = time.time()
    try:
        for queue, state in (("other", State.OK), ("mine", State.ALARM)):
            dimensions = [{"Name": "Queue", "Value": queue}]
            datum = {"MetricName": "Depth", "Dimensions": dimensions, "Value": 5}
            cloudwatch.put_metric_data(Namespace="OfATest", MetricData=[datum])
            watcher.alarms.evaluate(time.time() + 1, {name})
            (told,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
            assert told["StateValue"] == state
        (change,) = watcher.alarms.evaluate(now + 600, {name})
        assert change.after is State.OK
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])


def test_the_deployed_dashboard_is_a_page_with_all_its_widgets(
    stack: Stack, watcher: Watcher
) -> None:
    dashboard = watcher.parts.dashboard
    with (
        serving_dashboard(stack.aws_endpoint, stack.stack_name, dashboard) as url,
        urllib.request.urlopen(f"{url}/data?minutes=60", timeout=30) as answer,  # noqa: S310  # ours
    ):
        data = json.load(answer)
    assert [each["title"] for each in data["widgets"] if each["problem"]] == []
    assert len(data["alarms"]) == len(list(watcher.alarms.described()))
    body = client("cloudwatch", stack.aws_endpoint).get_dashboard(DashboardName=dashboard)
    assert len(data["widgets"]) == len(json.loads(body["DashboardBody"])["widgets"])


def test_every_alarm_of_the_stack_can_be_evaluated(stack: Stack, watcher: Watcher) -> None:
    described = list(watcher.alarms.described())
    assert described
    before = {each["AlarmName"]: each["StateValue"] for each in described}
    changes = watcher.evaluate()
    for change in changes:  # other tests ask for health: leave the states as they were
        client("cloudwatch", stack.aws_endpoint).set_alarm_state(
            AlarmName=change.name, StateValue=before[change.name], StateReason="as before"
        )


def test_the_story_is_told_twice(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    api = new_tenant(stack)
    for _ in range(2):
        story.tell(api.client)
    told = capsys.readouterr().out
    assert told.count("completed_with_errors: 8 events, 1 failed") == 2
    assert told.count("one alert: ") == 2
