"""The template that receivers are given makes a role that our channels take, and nobody else may."""

import re

from admin.template import read_template
from tests.cloudformation import ROOT
from triggers_api.access.keys import TENANT
from triggers_api.channels.receivers_roles import ROLE_FIELD, ROLE_PREFIX
from triggers_api.push.external_id import PREFIX

TEMPLATE = read_template(ROOT / "docs" / "integrations" / "receivers-role.yaml")
ROLE = TEMPLATE["Resources"]["Role"]["Properties"]


def test_the_role_trusts_one_account_for_one_tenant() -> None:
    (statement,) = ROLE["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {
        "AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AccountId}:root"}
    }
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    assert TEMPLATE["Parameters"]["ExternalId"]["AllowedPattern"] == f"{PREFIX}{TENANT.pattern}"


def test_the_role_has_a_name_that_the_channels_take() -> None:
    assert ROLE["RoleName"] == {"Fn::Sub": f"{ROLE_PREFIX}${{RoleSuffix}}"}
    suffix = TEMPLATE["Parameters"]["RoleSuffix"]
    longest = "x" * 46
    for name in (suffix["Default"], longest):
        assert re.fullmatch(suffix["AllowedPattern"], name)
        arn = f"arn:aws:iam::123456789012:role/{ROLE_PREFIX}{name}"
        assert ROLE_FIELD.rule(arn) == arn


def test_the_role_may_do_nothing_but_send_to_what_is_named() -> None:
    (policy,) = ROLE["Policies"]
    granted = [each["Fn::If"][1] for each in policy["PolicyDocument"]["Statement"]]

    assert [(each["Action"], each["Resource"]) for each in granted] == [
        ("sqs:SendMessage", {"Ref": "QueueArn"}),
        ("sns:Publish", {"Ref": "TopicArn"}),
        ("events:PutEvents", {"Ref": "EventBusArn"}),
        (["kms:Decrypt", "kms:GenerateDataKey"], {"Ref": "KeyArn"}),
    ]
