"""Facts about how a new version takes over: who calls it, what takes it back, what is a new one."""

import json
import os
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from local.cloudwatch import with_stand_ins
from local.deploy import published_at_once
from tests.cloudformation import ROOT, properties, resources
from tests.watching import Alarm, alarms, rollback_alarms

TEMPLATE = (ROOT / "template.yaml").read_text()
SHIFTED = {"ApiFunction", "DispatcherFunction", "DeliveryFunction"}
FUNCTIONS = set(resources("AWS::Serverless::Function"))
# What receivers answer, what tenants do, and how much there is, takes no deployment back.
OUR_OWN_FAULTS = {"ApiErrors", "CrashedTasks", "Errors", "EventsSetAside"}
RELEASE = "0123456789abcdef"
MOST_ALARMS_OF_A_GROUP = 10


class NoPolicies:
    """Managed policies, of which no role here has any."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM asks for it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))


@cache
def parsed(template: str) -> dict[str, Any]:
    """The template once it is packaged; reading it takes a second."""
    found: dict[str, Any] = yaml_parse(
        template.replace("CodeUri: src/", "CodeUri: s3://b/code.zip")
    )
    return found


def transformed(template: str = TEMPLATE, **parameters: str) -> dict[str, dict[str, Any]]:
    """The resources that CloudFormation gets from SAM."""
    made = transform(deepcopy(parsed(template)), parameters, NoPolicies())
    found: dict[str, dict[str, Any]] = made["Resources"]
    return found


def of_type(found: dict[str, dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    return {key: one for key, one in found.items() if one["Type"] == name}


def versions(**parameters: str) -> set[str]:
    return set(of_type(transformed(**parameters), "AWS::Lambda::Version"))


def alias_of(function: str) -> dict[str, str]:
    return {"Ref": f"{function}.Alias"}


def rollback_alarm_names() -> list[str]:
    preference = parsed(TEMPLATE)["Globals"]["Function"]["DeploymentPreference"]
    condition, wanted, otherwise = preference["Alarms"]["Fn::If"]
    assert (condition, otherwise) == ("ShiftsTraffic", [{"Ref": "AWS::NoValue"}])
    return [each["Ref"] for each in wanted]


def test_whoever_calls_a_function_calls_its_alias() -> None:
    called = [properties("ApiIntegration")["IntegrationUri"]]
    called += [one["Properties"]["FunctionName"] for one in mappings_and_permissions()]
    rules = resources("AWS::Events::Rule").values()
    called += [target["Arn"] for rule in rules for target in rule["Properties"]["Targets"]]

    assert {json.dumps(each) for each in called} == {json.dumps(alias_of(f)) for f in FUNCTIONS}


def mappings_and_permissions() -> list[dict[str, Any]]:
    kinds = ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission")
    return [one for kind in kinds for one in resources(kind).values()]


def test_the_gateway_may_call_the_alias_before_it_does() -> None:
    made_before = resources("AWS::ApiGatewayV2::Integration")["ApiIntegration"]["DependsOn"]

    assert set(made_before) == {"ApiMayInvokeFunction", "ForeignMayInvokeFunction"}


def test_what_serves_callers_is_shifted_and_what_runs_by_the_minute_is_not() -> None:
    found = transformed()
    groups = of_type(found, "AWS::CodeDeploy::DeploymentGroup")
    aliases = of_type(found, "AWS::Lambda::Alias")

    assert {name.removesuffix("DeploymentGroup") for name in groups} == SHIFTED
    assert {one["Properties"]["FunctionName"]["Ref"] for one in aliases.values()} == FUNCTIONS
    assert {
        one["Properties"]["FunctionName"]["Ref"]
        for one in aliases.values()
        if "UpdatePolicy" in one
    } == SHIFTED


@pytest.mark.parametrize("rollout", ["AllAtOnce", "Canary10Percent5Minutes"])
def test_a_group_shifts_as_the_parameter_says_and_with_the_templates_own_role(rollout: str) -> None:
    found = transformed(Rollout=rollout)

    for group in of_type(found, "AWS::CodeDeploy::DeploymentGroup").values():
        assert rollout in json.dumps(group["Properties"]["DeploymentConfigName"])
        assert group["Properties"]["ServiceRoleArn"] == {"Fn::GetAtt": ["RolloutRole", "Arn"]}
        assert group["Properties"]["AutoRollbackConfiguration"]["Enabled"]
    assert "CodeDeployServiceRole" not in found  # SAM's, which may shift any function's alias


def test_all_at_once_codedeploy_is_sent_no_alarm_rather_than_nothing() -> None:
    """It keeps what an update does not name; that an empty setting clears, staging shows."""
    for group in of_type(transformed(), "AWS::CodeDeploy::DeploymentGroup").values():
        condition, shifted, at_once = group["Properties"]["AlarmConfiguration"]["Fn::If"]
        assert (condition, at_once) == ("ShiftsTraffic", {})
        assert shifted["Enabled"]


def test_another_release_is_another_version_of_every_function_and_the_same_is_none() -> None:
    first, again = versions(Release=RELEASE), versions(Release=RELEASE, LogLevel="DEBUG")
    another = versions(Release=RELEASE[::-1])

    assert first == again
    assert len(another) == len(FUNCTIONS)
    assert first & another == set()


def test_another_release_changes_every_function_or_lambda_would_refuse_to_publish_it() -> None:
    functions = of_type(transformed(Release=RELEASE), "AWS::Lambda::Function")

    assert set(functions) == FUNCTIONS
    for one in functions.values():
        variables = one["Properties"]["Environment"]["Variables"]
        assert variables["RELEASE"] == {"Ref": "Release"}
        assert len(variables) > 1  # its own are there, too


def test_sam_publishes_nothing_for_a_parameter_which_is_what_a_release_is_for() -> None:
    assert versions(LogLevel="DEBUG") == versions(LogLevel="INFO")


def test_a_version_that_was_replaced_stays_to_be_pointed_back_to() -> None:
    policies = {
        one["DeletionPolicy"] for one in of_type(transformed(), "AWS::Lambda::Version").values()
    }

    assert policies == {"Retain"}


def test_a_deployment_is_taken_back_by_these_alarms_and_codedeploy_takes_so_many() -> None:
    named = rollback_alarm_names()

    assert set(named) == {alarm.logical_id for alarm in rollback_alarms()} | {"ApiErrorsCritical"}
    assert len(named) <= MOST_ALARMS_OF_A_GROUP


def test_only_our_own_faults_take_a_deployment_back() -> None:
    asked = [
        alarm
        for alarm in [*alarms(), *rollback_alarms()]
        if alarm.logical_id in rollback_alarm_names()
    ]
    metrics = {metric for alarm in asked for metric in alarm.metrics.values()}
    faults = {metric.name for metric in metrics if metric.stat != "SampleCount"}  # of how many

    assert faults == OUR_OWN_FAULTS


each_rollback_alarm = pytest.mark.parametrize(
    "alarm", rollback_alarms(), ids=lambda alarm: alarm.logical_id
)


@each_rollback_alarm
def test_silence_takes_nothing_back(alarm: Alarm) -> None:
    """At the first deployment nothing was ever measured, at a quiet hour nothing is."""
    assert alarm.properties["TreatMissingData"] == "notBreaching"


@each_rollback_alarm
def test_a_rollback_alarm_tells_nobody_and_makes_nobody_unhealthy(alarm: Alarm) -> None:
    name = alarm.properties["AlarmName"]["Fn::Sub"]

    assert name.startswith("rollback-${AWS::StackName}-")  # /health asks for `<stack>-…`
    assert "AlarmActions" not in alarm.properties


@each_rollback_alarm
def test_a_rollback_alarm_exists_where_traffic_is_shifted_and_fires_within_the_shift(
    alarm: Alarm,
) -> None:
    resource = resources("AWS::CloudWatch::Alarm")[alarm.logical_id]
    shortest_shift_seconds = 300

    assert resource["Condition"] == "ShiftsTraffic"
    assert (
        alarm.properties["Period"] * alarm.properties["DatapointsToAlarm"] < shortest_shift_seconds
    )


@pytest.mark.parametrize("function", sorted(SHIFTED))
def test_a_crash_counts_if_it_is_the_new_versions(function: str) -> None:
    alarm = properties(f"{function.removesuffix('Function')}Rollback")

    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
        "FunctionName": {"Ref": function},
        "Resource": {"Fn::Sub": f"${{{function}}}:live"},
        "ExecutedVersion": {"Fn::GetAtt": [function, "Version.Version"]},
    }


def test_codedeploy_may_shift_these_aliases_and_no_others() -> None:
    (policy,) = properties("RolloutRole")["Policies"]
    aliases, alarms_of_all = policy["PolicyDocument"]["Statement"]
    functions = {each["Fn::GetAtt"][0] for each in aliases["Resource"] if "Fn::GetAtt" in each}

    assert functions == SHIFTED
    assert aliases["Action"] == [
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    ]
    assert alarms_of_all["Action"] == "cloudwatch:DescribeAlarms"


def test_a_local_run_has_aliases_without_codedeploy_and_keeps_no_old_versions() -> None:
    found = transformed(with_stand_ins(published_at_once(TEMPLATE, RELEASE)))
    kinds = {one["Type"] for one in found.values()}
    published = of_type(found, "AWS::Lambda::Version")

    assert not [kind for kind in kinds if "CodeDeploy" in kind]
    assert len(of_type(found, "AWS::Lambda::Alias")) == len(FUNCTIONS)
    assert set(published) == {f"{function}Version{RELEASE[:10]}" for function in FUNCTIONS}
    assert {one["DeletionPolicy"] for one in published.values()} == {"Delete"}
