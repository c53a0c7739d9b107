"""Facts about the alarms: who is told of what, when, and what silence means."""

import json
import re

import pytest

from admin.template import template
from local.deploy import parameters
from tests.cloudformation import ROOT, properties, resources
from tests.markdown import Document
from tests.watching import Alarm, alarms, resolved, rollback_alarms

RUNBOOK = Document("docs/runbook.md")
ALARMS = {alarm.name: alarm for alarm in alarms()}
A_DAY_SECONDS = 86_400
# What SPEC asks for, and what a person who is called at night would miss.
EXPECTED = {
    "critical-api-errors",
    "critical-crashed-tasks",
    "critical-delivery-success-rate",
    "critical-failed-deliveries",
    "critical-stream-age",
    "critical-stream-failures",
    "critical-stuck-queue",
    "warning-api-function-errors",
    "warning-api-function-throttles",
    "warning-api-latency",
    "warning-count-failures",
    "warning-counter-age",
    "warning-counter-errors",
    "warning-counter-throttles",
    "warning-crashed-tasks",
    "warning-dead-letters",
    "warning-delivery-errors",
    "warning-delivery-success-rate",
    "warning-delivery-throttles",
    "warning-dispatcher-errors",
    "warning-dispatcher-throttles",
    "warning-events-table-throttled",
    "warning-failed-deliveries",
    "warning-monitor-silent",
    "warning-notifications-table-throttled",
    "warning-oldest-pending",
    "warning-open-circuit",
    "warning-overdue-deliveries",
    "warning-remover-errors",
    "warning-set-aside-counts",
    "warning-set-aside-events",
    "warning-stalled-deletion",
    "warning-stream-age",
    "warning-stuck-queue",
    "warning-rescuer-errors",
    "warning-tasks-in-flight",
}

# Left out of the essential ones: an early warning or a cause, and which of those tells later.
TOLD_BY = {
    "warning-api-function-errors": "critical-api-errors",
    "warning-api-function-throttles": None,  # the gateway's 5xx, on the dashboard
    "warning-api-latency": None,  # on the dashboard
    "warning-count-failures": "warning-counter-age",  # nothing is given up before six hours
    "warning-counter-errors": "warning-counter-age",
    "warning-counter-throttles": "warning-counter-age",
    "warning-crashed-tasks": "warning-dead-letters",  # after a hundred crashes
    "warning-delivery-errors": "critical-stuck-queue",
    "warning-delivery-throttles": "critical-stuck-queue",
    "warning-dispatcher-errors": "critical-stream-age",
    "warning-dispatcher-throttles": "critical-stream-age",
    "warning-events-table-throttled": "critical-api-errors",
    "warning-failed-deliveries": "warning-dead-letters",  # from the first on
    "warning-notifications-table-throttled": "critical-crashed-tasks",
    "warning-overdue-deliveries": None,  # what it tells of has been mended
    "warning-remover-errors": "warning-stalled-deletion",
    "warning-rescuer-errors": None,  # its lines; what it finds is lost already
    "warning-stream-age": "critical-stream-age",
    "warning-stuck-queue": "critical-stuck-queue",
    "warning-tasks-in-flight": "critical-stuck-queue",
}

each_alarm = pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)


def heading_of(alarm: Alarm) -> str:
    (heading,) = [each for each in RUNBOOK.headings if each.lower().replace(" ", "-") == alarm.what]
    return heading


def test_these_are_the_alarms() -> None:
    assert set(ALARMS) == EXPECTED


@each_alarm
def test_an_alarm_is_named_after_stack_severity_and_its_heading(alarm: Alarm) -> None:
    full = resolved(alarm.properties["AlarmName"])
    assert re.fullmatch(r"\$\{AWS::StackName\}-(warning|critical)-[a-z]+(-[a-z]+)*", full)
    assert alarm.logical_id.endswith(alarm.severity.title())


@each_alarm
def test_an_alarm_says_in_one_sentence_what_is_wrong_and_where_to_read_on(alarm: Alarm) -> None:
    text = alarm.properties["AlarmDescription"]
    assert re.fullmatch(rf"[A-Z][^.:]+: docs/runbook\.md#{alarm.what}", text), text


@each_alarm
def test_the_runbook_tells_what_an_alarm_means_where_to_look_and_what_to_do(alarm: Alarm) -> None:
    section = RUNBOOK.section(heading_of(alarm))
    meaning, look, do = (section.index(f"**{part}") for part in ("Meaning.**", "Look.**", "Do"))
    assert meaning < look < do
    assert "```bash" in section[look:do], "there is nothing to look with"
    assert f"`{alarm.severity}`" in section[meaning:look], "it is not said how bad it is"


def test_the_runbook_lists_all_alarms_and_no_other() -> None:
    start = RUNBOOK.section("Which alarm")
    assert set(re.findall(r"`((?:warning|critical)-[a-z-]+)`", start)) == EXPECTED


@each_alarm
def test_an_alarm_is_told_when_it_fires_and_when_it_clears(alarm: Alarm) -> None:
    assert alarm.properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm.properties["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert "ActionsEnabled" not in alarm.properties
    assert "InsufficientDataActions" not in alarm.properties


@each_alarm
def test_silence_means_what_the_metric_means(alarm: Alarm) -> None:
    """Depths and what the monitor measures keep their state; counters and ages are quiet."""
    keeps = {"ApproximateNumberOfMessagesVisible", "CircuitsOpen", "OldestPendingAge"}
    keeps |= {"WidespreadFailures"}
    names = {metric.name for metric in alarm.metrics.values()}
    expected = "ignore" if names <= keeps else "notBreaching"
    if alarm.what == "monitor-silent":
        expected = "breaching"
    assert alarm.properties["TreatMissingData"] == expected


@each_alarm
def test_cloudwatch_takes_an_alarms_periods(alarm: Alarm) -> None:
    evaluated = alarm.properties["EvaluationPeriods"]
    periods = {metric.period for metric in alarm.metrics.values()}
    assert len(periods) == 1
    assert all(period % 60 == 0 for period in periods)
    assert evaluated * max(periods) <= A_DAY_SECONDS
    assert alarm.properties.get("DatapointsToAlarm", evaluated) <= evaluated


@each_alarm
def test_metric_math_returns_one_series_of_what_it_names(alarm: Alarm) -> None:
    if alarm.expression is None:
        return
    returned = [name for name, query in alarm.queries.items() if query.get("ReturnData", True)]
    assert [alarm.queries[name]["Expression"] for name in returned] == [alarm.expression]
    named = set(re.findall(r"\b[a-z]\w*\b", alarm.expression))
    assert named == set(alarm.metrics)


@each_alarm
def test_an_alarm_on_dynamodb_fills_what_is_missing(alarm: Alarm) -> None:
    """CloudWatch ignores what is missing there, whatever the alarm says: it would never clear."""
    if any(metric.namespace == "AWS/DynamoDB" for metric in alarm.metrics.values()):
        assert (alarm.expression or "").startswith("FILL(")
        assert alarm.properties["DatapointsToAlarm"] < alarm.properties["EvaluationPeriods"]


def test_every_function_is_watched_for_errors_and_throttles() -> None:
    """All but the monitor, whose silence has an alarm of its own; the remover and the rescuer may miss a run."""
    functions = set(resources("AWS::Serverless::Function")) - {"MonitorFunction"}
    watched_for = {
        "Errors": functions,
        "Throttles": functions - {"RemoverFunction", "RescuerFunction"},
    }
    for name, expected in watched_for.items():
        watched = {
            metric.dimensions
            for alarm in ALARMS.values()
            for metric in alarm.metrics.values()
            if metric.name == name
        }
        assert watched == {(("FunctionName", f"${{{each}}}"),) for each in expected}


def test_a_stuck_queue_is_one_that_waits_longer_than_any_task_on_purpose() -> None:
    longest_delay, crash = 900, properties("DeliveryQueue")["VisibilityTimeout"]
    warning = ALARMS["warning-stuck-queue"].properties["Threshold"]
    critical = ALARMS["critical-stuck-queue"].properties["Threshold"]
    kept = properties("DeliveryQueue")["MessageRetentionPeriod"]
    assert longest_delay + crash < warning < critical < kept / 4


def test_a_task_that_always_crashes_does_so_in_every_period_of_its_alarm() -> None:
    comes_again = properties("DeliveryQueue")["VisibilityTimeout"]
    alarm = ALARMS["warning-crashed-tasks"].properties
    given_up = properties("DeliveryQueue")["RedrivePolicy"]["maxReceiveCount"] * comes_again
    assert alarm["Period"] >= 2 * comes_again
    assert alarm["Period"] * alarm["EvaluationPeriods"] < given_up / 10


def test_a_stream_that_is_behind_is_told_long_before_records_are_given_up() -> None:
    given_up = properties("DispatcherMapping")["MaximumRecordAgeInSeconds"] * 1000
    warning = ALARMS["warning-stream-age"].properties["Threshold"]
    critical = ALARMS["critical-stream-age"].properties["Threshold"]
    assert warning < critical < given_up / 4


OF_ONE_TENANTS_OWN = {
    "ApproximateAgeOfOldestMessage",  # a tenant that sends more than all others waits for itself
    "CircuitsOpen",
    "DeadLetters",
    "InboxDepth",
    "OldestPendingAge",
    "Throttles",  # a burst of one tenant's, where the account has little concurrency
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_one_tenant_can_do_alone_rings_no_critical_alarm(name: str) -> None:
    alarm = ALARMS[name]
    names = {metric.name for metric in alarm.metrics.values()}
    if alarm.severity == "critical":
        assert not names & OF_ONE_TENANTS_OWN
        assert "DeliveriesFailed" not in names or "WidespreadFailures" in names


def test_no_alarm_counts_what_health_answers_because_it_rings() -> None:
    """The gateway cannot tell its routes apart: a poll of `/health` would keep it ringing."""
    for alarm in ALARMS.values():
        assert {metric.namespace for metric in alarm.metrics.values()}.isdisjoint(
            {"AWS/ApiGateway"}
        )


def test_what_lies_for_two_weeks_does_not_make_health_fail() -> None:
    assert ALARMS["warning-dead-letters"].severity == "warning"


def test_the_topic_takes_messages_from_alarms_of_this_stack_only() -> None:
    policy = properties("AlarmTopicPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Topics"] == [{"Ref": "AlarmTopic"}]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }
    source = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert resolved(source).endswith(":${AWS::AccountId}:alarm:${AWS::StackName}-*")


def test_an_address_is_subscribed_only_if_there_is_one() -> None:
    parameter = template()["Parameters"]["AlarmEmail"]
    subscription = template()["Resources"]["AlarmEmailSubscription"]
    assert parameter["Default"] == ""
    assert re.fullmatch(parameter["AllowedPattern"], "")
    assert re.fullmatch(parameter["AllowedPattern"], "ops@example.com")
    assert not re.fullmatch(parameter["AllowedPattern"], "ops")
    assert subscription["Condition"] == "SendsAlarms"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}


def test_only_metric_math_is_left_out_on_the_emulator_and_only_while_it_must_be() -> None:
    """Its CloudFormation refuses it; local/cloudwatch/stand_ins.py, where it is, finds a way."""
    assert parameters()["Alarms"] == "all"
    conditional = {
        name
        for name, one in resources("AWS::CloudWatch::Alarm").items()
        if one.get("Condition", "HasAllAlarms") != "HasAllAlarms"
    }
    left_out = conditional & {alarm.logical_id for alarm in ALARMS.values()}
    refused = {alarm.logical_id for alarm in ALARMS.values() if alarm.expression}
    stands_in = (ROOT / "local" / "cloudwatch" / "stand_ins.py").exists()
    assert left_out == (set() if stands_in else refused)


def has_condition(alarm: Alarm) -> bool:
    return resources("AWS::CloudWatch::Alarm")[alarm.logical_id].get("Condition") == "HasAllAlarms"


def test_what_is_left_out_of_the_essential_alarms_is_told_by_one_of_those() -> None:
    left_out = {name for name, alarm in ALARMS.items() if has_condition(alarm)}
    assert left_out == set(TOLD_BY)
    assert {told for told in TOLD_BY.values() if told} <= ALARMS.keys() - left_out
    assert not any(ALARMS[name].severity == "critical" for name in left_out)


def test_the_runbook_says_which_alarms_are_not_essential() -> None:
    told = RUNBOOK.section("Which alarm").partition("`Alarms=all`")[2]
    assert {name for name in TOLD_BY if f"`{name}`" in told} == set(TOLD_BY)


def test_the_documents_tell_what_the_alarms_cost() -> None:
    essential = [alarm for alarm in ALARMS.values() if not has_condition(alarm)]
    all_cents, cents = (
        sum(10 * len(alarm.metrics) for alarm in which) for which in (ALARMS.values(), essential)
    )
    told = f"{len(essential)} alarms cost ${cents / 100:.2f} a month, all {len(ALARMS)} ${all_cents / 100:.2f}"
    assert told in (ROOT / "docs" / "architecture.md").read_text()
    assert len(rollback_alarms()) == 5, "they are told there, too"
    assert "AlarmTopicArn" in json.dumps(template()["Outputs"])
