"""Facts about the Watch chapter of template.yaml that no linter knows."""

import json
from typing import Any

import pytest

from tests.cloudformation import properties
from tests.project.test_template import as_list
from triggers_api.handlers.monitor import _WITHIN

EVENTS = {"Fn::GetAtt": ["EventsTable", "Arn"]}
USAGE = {"Fn::GetAtt": ["UsageTable", "Arn"]}
NOTIFICATIONS = {"Fn::GetAtt": ["NotificationsTable", "Arn"]}
LOGS = {"Fn::GetAtt": ["MonitorLogGroup", "Arn"]}


def policies(role: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of each policy by its name."""
    named = [each.get("Fn::If", [None, each])[1] for each in properties(role)["Policies"]]
    return {each["PolicyName"]: each["PolicyDocument"]["Statement"] for each in named}


def test_the_monitor_may_do_exactly_this() -> None:
    granted = {
        (action, json.dumps(statement["Resource"]))
        for name, statements in policies("MonitorRole").items()
        if name != "trace"
        for statement in statements
        for action in as_list(statement["Action"])
    }

    assert granted == {
        ("dynamodb:DeleteItem", json.dumps(USAGE)),
        ("dynamodb:Query", json.dumps(USAGE)),
        ("dynamodb:GetItem", json.dumps(EVENTS)),
        ("dynamodb:PutItem", json.dumps(EVENTS)),
        ("dynamodb:Query", json.dumps({"Fn::Sub": "${EventsTable.Arn}/index/StatusIndex"})),
        ("dynamodb:Query", json.dumps(NOTIFICATIONS)),
        (
            "dynamodb:Query",
            json.dumps({"Fn::Sub": "${NotificationsTable.Arn}/index/UnsuccessfulIndex"}),
        ),
        ("cloudwatch:DescribeAlarms", json.dumps("*")),
        ("logs:CreateLogStream", json.dumps(LOGS)),
        ("logs:PutLogEvents", json.dumps(LOGS)),
    }


def condition_of(action: str) -> dict[str, Any]:
    (statement,) = [
        each for each in policies("MonitorRole")["observe"] if action in as_list(each["Action"])
    ]
    condition: dict[str, Any] = statement["Condition"]
    return condition


def test_of_usage_the_monitor_sees_who_is_active_only() -> None:
    assert condition_of("dynamodb:DeleteItem") == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["#active"]}
    }


def test_of_events_the_monitor_writes_its_report_only() -> None:
    assert condition_of("dynamodb:PutItem") == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["#health"]}
    }


def test_the_api_reads_metrics_and_nothing_else_of_cloudwatch() -> None:
    (statement,) = policies("ApiRole")["watch"]

    assert statement["Action"] == "cloudwatch:GetMetricData"


def test_the_monitor_runs_once_a_minute_and_an_old_run_is_not_made_up_for() -> None:
    function = properties("MonitorFunction")

    assert properties("MonitorSchedule")["ScheduleExpression"] == "rate(1 minute)"
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    assert function["Timeout"] < 60


def test_the_monitor_ends_by_itself_before_it_is_ended() -> None:
    longest_calls_around = 2 * 7  # the alarms, the report: two tries of up to three seconds each

    assert _WITHIN.total_seconds() + longest_calls_around < properties("MonitorFunction")["Timeout"]


def test_only_the_schedule_may_invoke_the_monitor() -> None:
    permission = properties("ScheduleMayInvokeMonitor")

    assert permission["SourceArn"] == {"Fn::GetAtt": ["MonitorSchedule", "Arn"]}
    assert permission["FunctionName"] == {"Ref": "MonitorFunction.Alias"}


@pytest.mark.parametrize("function", ["MonitorFunction", "ApiFunction"])
def test_a_function_that_watches_knows_its_stack_by_name(function: str) -> None:
    given = properties(function)["Environment"]["Variables"]

    assert given["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
