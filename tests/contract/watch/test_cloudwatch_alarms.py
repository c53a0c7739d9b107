"""How the alarms of a deployment are read. (The fake only holds what a test gives it.)"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract.push.calls import answers_lost, recorded
from triggers_api.aws.alarms import CloudWatchAlarms
from triggers_api.errors import MetricsUnavailableError
from triggers_api.watch.alarms import Alarm, AlarmSeverity, AlarmState


def put_alarm(client: Any, name: str, state: str = "OK", reason: str = "just so") -> None:
    client.put_metric_alarm(
        AlarmName=name,
        AlarmDescription=f"what {name} means",
        Namespace="TriggersAPI",
        MetricName="DeadLetters",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)


def named(alarms: tuple[Alarm, ...]) -> list[str]:
    return sorted(alarm.name for alarm in alarms)


def test_an_alarm_is_told_with_all_that_is_known(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "one-critical-dead-letters", "ALARM", "1 datapoint was too much")

    (alarm,) = CloudWatchAlarms(cloudwatch, "one").alarms()

    assert (alarm.name, alarm.severity, alarm.what, alarm.state) == (
        "one-critical-dead-letters",
        AlarmSeverity.CRITICAL,
        "dead-letters",
        AlarmState.ALARM,
    )
    assert alarm.reason == "1 datapoint was too much"
    assert alarm.description == "what one-critical-dead-letters means"
    assert alarm.since is not None
    assert alarm.since.tzinfo is UTC
    assert abs((alarm.since - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize("state", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_every_state_is_read(cloudwatch: Any, state: str) -> None:
    stack = f"states{state.lower().replace('_', '')}"
    put_alarm(cloudwatch, f"{stack}-warning-x", state)

    (alarm,) = CloudWatchAlarms(cloudwatch, stack).alarms()

    assert alarm.state == state.lower()
    assert alarm.rings is (state == "ALARM")


def test_only_the_stacks_own_alarms_are_read(cloudwatch: Any) -> None:
    for name in ("two-warning-x", "two-bill", "two-eu-critical-x", "twofold-critical-x"):
        put_alarm(cloudwatch, name)

    assert named(CloudWatchAlarms(cloudwatch, "two").alarms()) == ["two-bill", "two-warning-x"]


def test_a_stack_without_alarms_has_none(cloudwatch: Any) -> None:
    assert CloudWatchAlarms(cloudwatch, "none").alarms() == ()


def test_a_long_reason_is_cut(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "long-warning-x", reason="x" * 1000)

    (alarm,) = CloudWatchAlarms(cloudwatch, "long").alarms()

    assert len(alarm.reason) == 500


class PagedClient:
    """A page an alarm, composite ones too."""

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = [
            {"MetricAlarms": [a_description("s-warning-a")], "NextToken": "1"},
            {"CompositeAlarms": [a_description("s-critical-b")], "NextToken": "2"},
            {"MetricAlarms": [a_description("s-warning-c")], "CompositeAlarms": []},
        ]
        self.tokens: list[str | None] = []

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        self.tokens.append(request.get("NextToken"))
        return self.pages.pop(0)


def a_description(name: str) -> dict[str, Any]:
    """The least that CloudWatch says of an alarm."""
    return {"AlarmName": name, "StateValue": "OK"}


def test_pages_are_followed_to_the_end() -> None:
    client = PagedClient()

    alarms = CloudWatchAlarms(client, "s").alarms()

    assert named(alarms) == ["s-critical-b", "s-warning-a", "s-warning-c"]
    assert client.tokens == [None, "1", "2"]
    assert {(alarm.since, alarm.reason, alarm.description) for alarm in alarms} == {(None, "", "")}


def test_a_few_alarms_are_one_call(cloudwatch: Any) -> None:
    with recorded(cloudwatch) as calls:
        CloudWatchAlarms(cloudwatch, "few").alarms()

    assert [operation for operation, _ in calls] == ["DescribeAlarms"]


@pytest.mark.usefixtures("no_waiting")
def test_a_busy_cloudwatch_is_unavailable(cloudwatch: Any) -> None:
    with (
        answers_lost(cloudwatch, "DescribeAlarms", times=99, status=400, code="Throttling"),
        pytest.raises(MetricsUnavailableError),
    ):
        CloudWatchAlarms(cloudwatch, "busy").alarms()
