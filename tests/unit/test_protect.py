"""Facts about what an update of a stack may not do."""

import json
from typing import Any

import boto3
from botocore.stub import Stubber

from admin.protect import HOLDS_DATA, POLICY, protect
from tests.cloudformation import resources


def test_a_stack_is_kept_from_replacing_what_holds_data_and_from_being_deleted() -> None:
    client: Any = boto3.client("cloudformation", region_name="us-east-1")
    with Stubber(client) as aws:
        policy = {"StackName": "triggers-prod", "StackPolicyBody": json.dumps(POLICY)}
        deleting = {"StackName": "triggers-prod", "EnableTerminationProtection": True}
        aws.add_response("set_stack_policy", {}, policy)
        aws.add_response("update_termination_protection", {}, deleting)

        protect(client, "triggers-prod")

        aws.assert_no_pending_responses()


def test_everything_but_replacing_and_deleting_what_holds_data_is_allowed() -> None:
    allow, deny = POLICY["Statement"]

    assert (allow["Effect"], allow["Action"]) == ("Allow", "Update:*")
    assert (deny["Effect"], deny["Action"]) == ("Deny", ["Update:Replace", "Update:Delete"])
    assert deny["Condition"] == {"StringEquals": {"ResourceType": list(HOLDS_DATA)}}


def test_what_is_retained_is_what_no_update_may_replace() -> None:
    retained = {
        one["Type"]
        for kind in HOLDS_DATA
        for one in resources(kind).values()
        if one.get("UpdateReplacePolicy") == "Retain"
    }

    assert retained == set(HOLDS_DATA)
