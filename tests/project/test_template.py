"""Facts about template.yaml and samconfig.toml that no linter knows."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from admin.template import template
from tests.cloudformation import ROOT, properties, resources

FUNCTIONS = resources("AWS::Serverless::Function")
TABLES = resources("AWS::DynamoDB::Table")
LOG_GROUPS = resources("AWS::Logs::LogGroup")
SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
STAGES = {"default": "dev", "staging": "staging", "prod": "prod"}


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role, with the role's name."""
    for role, resource in resources("AWS::IAM::Role").items():
        for policy in resource["Properties"]["Policies"]:
            only_if = policy.get("Fn::If")
            document = (only_if[1] if only_if else policy)["PolicyDocument"]
            for statement in document["Statement"]:
                yield role, statement


def index_of_events(name: str) -> dict[str, Any]:
    indexes = properties("EventsTable")["GlobalSecondaryIndexes"]
    return next(index for index in indexes if index["IndexName"] == name)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_is_a_function_of_a_file_under_src(function: str) -> None:
    code, handler = properties(function)["CodeUri"], properties(function)["Handler"]
    module, name = handler.rsplit(".", 1)
    tree = ast.parse((ROOT / code / f"{module.replace('.', '/')}.py").read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert name in defined | assigned


def test_the_gateway_waits_longer_than_a_cold_start_and_the_function_take() -> None:
    longest_cold_start_seconds = 10
    function_seconds = properties("ApiFunction")["Timeout"]
    gateway_seconds = properties("ApiIntegration")["TimeoutInMillis"] / 1000
    assert longest_cold_start_seconds + function_seconds < gateway_seconds < 30


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_role_and_a_log_group_of_its_own(function: str) -> None:
    role, attribute = properties(function)["Role"]["Fn::GetAtt"]
    group = properties(function)["LoggingConfig"]["LogGroup"]["Ref"]
    others = [other for name, other in FUNCTIONS.items() if name != function]
    assert attribute == "Arn"
    assert template()["Resources"][role]["Type"] == "AWS::IAM::Role"
    assert group in LOG_GROUPS
    assert role not in json.dumps(others)
    assert group not in json.dumps(others)


def test_functions_log_in_json_and_pay_for_no_line_of_lambdas_own_that_tells_nothing() -> None:
    logging = template()["Globals"]["Function"]["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN")


def test_the_log_level_reaches_lambda_which_has_the_last_word() -> None:
    logging = template()["Globals"]["Function"]["LoggingConfig"]
    assert logging["ApplicationLogLevel"] == {"Ref": "LogLevel"}


def test_no_log_level_drops_the_lines_that_hold_metrics_and_tell_what_was_done() -> None:
    assert template()["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_no_action_is_granted_by_a_wildcard() -> None:
    actions = [action for _, one in statements() for action in as_list(one["Action"])]
    assert actions
    assert [action for action in actions if "*" in action] == []


def test_only_what_has_no_resources_to_name_is_granted_on_all() -> None:
    on_everything = {
        action
        for _, statement in statements()
        if "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert on_everything == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "scheduler:ListSchedules",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }


def test_only_the_remover_deletes_many_items_at_once() -> None:
    roles = {role for role, one in statements() if "dynamodb:BatchWriteItem" in one["Action"]}
    assert roles == {"RemoverRole"}


def test_no_function_may_scan_what_is_stored() -> None:
    dynamodb = {
        action
        for _, statement in statements()
        for action in as_list(statement["Action"])
        if action.startswith("dynamodb:")
    }
    of_the_stream = {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }
    assert dynamodb - of_the_stream == {
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_table_outlives_its_stack(table: str) -> None:
    assert TABLES[table]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert TABLES[table]["UpdateReplacePolicy"] == "Retain"
    assert "TableName" not in properties(table)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_restorable_encrypted_and_protected_except_in_dev(table: str) -> None:
    wanted = properties(table)
    assert wanted["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": {"Ref": "RecoveryDays"},
    }
    assert wanted["SSESpecification"] == {"SSEEnabled": True}
    assert wanted["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectsData", True, False]}
    assert template()["Conditions"]["ProtectsData"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "dev"]}]
    }


def test_events_deliveries_and_usage_expire_and_of_keys_those_of_sessions() -> None:
    for table in ("EventsTable", "NotificationsTable", "UsageTable"):
        assert properties(table)["TimeToLiveSpecification"] == {
            "AttributeName": "expires_at",
            "Enabled": True,
        }
    of_keys = properties("KeysTable")["TimeToLiveSpecification"]
    assert of_keys == {"AttributeName": "swept_after", "Enabled": True}


def test_the_inbox_is_spread_over_tenants_and_shards_in_order_of_time() -> None:
    index = index_of_events("StatusIndex")
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert keys == [
        ("tenant", "HASH"),
        ("status", "HASH"),
        ("shard", "HASH"),
        ("created_at", "RANGE"),
        ("id", "RANGE"),
    ]


def test_executions_are_spread_over_tenants_and_nothing_in_their_index_ever_changes() -> None:
    index = index_of_events("ExecutionIndex")
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert keys == [
        ("tenant", "HASH"),
        ("execution_id", "HASH"),
        ("created_at", "RANGE"),
        ("id", "RANGE"),
    ]
    assert index["Projection"] == {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": ["event_type"],
    }


@pytest.mark.parametrize("group", LOG_GROUPS)
def test_log_lines_are_not_kept_for_ever(group: str) -> None:
    assert properties(group)["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_is_json_without_paths_query_strings_and_headers() -> None:
    text = properties("ApiStage")["AccessLogSettings"]["Format"]
    assert "\n" not in text
    assert {"request_id", "method", "route", "status"} <= set(json.loads(text))
    assert not re.search(r"\bpath|queryString|header", text, re.IGNORECASE)


def test_the_local_tag_is_never_set_on_aws() -> None:
    assert template()["Parameters"]["LocalApiId"]["Default"] == ""
    assert properties("Api")["Tags"]["Fn::If"][0] == "RunsLocally"
    assert "LocalApiId" not in json.dumps(SAMCONFIG)


def test_browsers_call_from_listed_origins_only_and_read_what_the_clients_need() -> None:
    condition, rule, otherwise = properties("Api")["CorsConfiguration"]["Fn::If"]

    assert template()["Parameters"]["ConsoleOrigins"]["Default"] == ""
    assert (condition, otherwise) == ("IsCalledFromElsewhere", {"Ref": "AWS::NoValue"})
    assert rule["AllowOrigins"] == {"Ref": "ConsoleOrigins"}
    assert "AllowCredentials" not in rule
    assert {"date", "link", "retry-after", "etag", "x-request-id"} <= set(rule["ExposeHeaders"])


@pytest.mark.parametrize("origin", ["*", "https://*.example.com", "https://a.example/path", "a.b"])
def test_an_origin_is_named_whole(origin: str) -> None:
    pattern = template()["Parameters"]["ConsoleOrigins"]["AllowedPattern"]

    assert re.fullmatch(pattern, origin) is None
    assert re.fullmatch(pattern, "https://console.example.com:8443")


@pytest.mark.parametrize("parameter", template()["Parameters"])
def test_a_parameter_is_used_and_says_what_it_is_for(parameter: str) -> None:
    used_in = {name: part for name, part in template().items() if name != "Parameters"}
    text = json.dumps(used_in)
    assert f'{{"Ref": "{parameter}"}}' in text or f"${{{parameter}}}" in text
    assert template()["Parameters"][parameter]["Description"]


def test_there_is_a_configuration_for_every_stage() -> None:
    assert set(SAMCONFIG) - {"version"} == set(STAGES)
    assert set(STAGES.values()) == set(template()["Parameters"]["Stage"]["AllowedValues"])


@pytest.mark.parametrize("environment", STAGES)
def test_every_build_ships_the_dependencies_at_the_root(environment: str) -> None:
    assert SAMCONFIG[environment]["build"]["parameters"]["manifest"] == "requirements.txt"


@pytest.mark.parametrize("environment", STAGES)
def test_every_deployment_sets_its_stage_and_only_what_the_template_takes(environment: str) -> None:
    deploy = SAMCONFIG[environment]["deploy"]["parameters"]
    values = dict(pair.split("=", 1) for pair in deploy["parameter_overrides"])
    assert values["Stage"] == STAGES[environment]
    assert deploy["stack_name"] == f"triggers-{STAGES[environment]}"
    for name, value in values.items():
        allowed = template()["Parameters"][name].get("AllowedValues", [value])
        assert value in map(str, allowed)


def test_make_check_lints_the_template() -> None:
    recipe = (ROOT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    assert "cfn-lint template.yaml docs/integrations/receivers-role.yaml" in recipe
