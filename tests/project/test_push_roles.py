"""Facts about who may do what to push, beside what the functions' code does by itself."""

import json

import pytest

from admin.template import template
from tests.cloudformation import properties
from tests.project.test_template import as_list
from triggers_api.channels.receivers_roles import ROLE_PREFIX
from triggers_api.push.external_id import PREFIX

QUEUE = {"Fn::GetAtt": ["DeliveryQueue", "Arn"]}

# What is not for a function's code, which `tests/functional/test_roles.py` knows: by the resource,
# every action of the role that schedules have, and of the mappings that run under functions' roles.
GRANTS: dict[str, dict[str, set[str]]] = {
    "DispatcherRole": {
        # Whichever stream the table has: one that is restored has a new one.
        "${EventsTable.Arn}/stream/*": {
            "DescribeStream",
            "GetRecords",
            "GetShardIterator",
            "ListStreams",
        },
        json.dumps({"Ref": "StreamFailuresTopic"}): {"Publish"},
    },
    "SchedulerRole": {
        json.dumps(QUEUE): {"SendMessage"},
        json.dumps({"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}): {"SendMessage"},
    },
}
NOT_OF_THE_CODE = {"mapping", "send"}


def granted(role: str) -> dict[str, set[str]]:
    """What a role may do for others than its function's code, by resource."""
    found: dict[str, set[str]] = {}
    for policy in properties(role)["Policies"]:
        named = policy["Fn::If"][1] if "Fn::If" in policy else policy
        if named["PolicyName"] not in NOT_OF_THE_CODE:
            continue
        for statement in named["PolicyDocument"]["Statement"]:
            resource = statement["Resource"]
            actions = {action.split(":")[1] for action in as_list(statement["Action"])}
            for each in as_list(resource):
                place = each.get("Fn::Sub") or json.dumps(each)
                found[place] = found.get(place, set()) | actions
    return found


@pytest.mark.parametrize("role", GRANTS)
def test_a_role_may_do_exactly_this(role: str) -> None:
    assert granted(role) == GRANTS[role]


def test_email_is_granted_only_where_an_identity_is_named() -> None:
    for role in ("ApiRole", "DeliveryRole"):
        (conditions,) = [
            policy["Fn::If"]
            for policy in properties(role)["Policies"]
            if "ses:" in json.dumps(policy)
        ]
        assert conditions[0] == "SendsBySes"
    assert template()["Parameters"]["SesIdentity"]["Default"] == ""


def test_what_only_the_emulator_asks_for_is_granted_only_there() -> None:
    roles = ("ApiRole", "DispatcherRole", "DeliveryRole", "RescuerRole")
    policies = [policy for role in roles for policy in properties(role)["Policies"]]
    locally = [policy for policy in policies if '"emulator"' in json.dumps(policy)]
    assert len(locally) == 4
    for policy in locally:
        condition, _, other = policy["Fn::If"]
        assert (condition, other) == ("RunsLocally", {"Ref": "AWS::NoValue"})


def test_the_rescuer_sees_who_is_active_and_puts_no_row_but_its_own() -> None:
    (policy,) = [
        each for each in properties("RescuerRole")["Policies"] if "rescue" in each.values()
    ]
    keys = {
        each["Sid"]: each["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
        for each in policy["PolicyDocument"]["Statement"]
        if "Condition" in each
    }

    assert keys == {"WhoIsActive": ["#active"], "WhereTheLastRunStopped": ["#rescue"]}


def test_a_role_is_lent_to_schedules_of_our_group_only() -> None:
    statement = next(
        one
        for policy in properties("DeliveryRole")["Policies"]
        for one in policy.get("PolicyDocument", {}).get("Statement", [])
        if one["Action"] == "iam:PassRole"
    )
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}
    }
    (trust,) = properties("SchedulerRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:SourceArn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]},
    }


def test_of_the_table_of_keys_the_worker_reads_the_records_of_tenants_alone() -> None:
    statements = [
        statement
        for policy in properties("DeliveryRole")["Policies"]
        if "PolicyDocument" in policy
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Resource"] == {"Fn::GetAtt": ["KeysTable", "Arn"]}
    ]

    (statement,) = statements
    assert statement["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["tenant#*"]}
    }


@pytest.mark.parametrize("role", ["ApiRole", "DeliveryRole"])
def test_a_receivers_role_is_assumed_for_a_tenant_only(role: str) -> None:
    (statement,) = [
        statement
        for policy in properties(role)["Policies"]
        for statement in policy.get("PolicyDocument", {}).get("Statement", [])
        if statement["Action"] == "sts:AssumeRole"
    ]

    assert statement["Condition"] == {"StringLike": {"sts:ExternalId": f"{PREFIX}*"}}
    assert statement["Resource"]["Fn::Sub"].endswith(f":role/{ROLE_PREFIX}*")
