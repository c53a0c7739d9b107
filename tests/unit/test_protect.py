"""Facts about what an update of a stack may not do."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from admin.protect import HOLDS_DATA, POLICY, NotDeployedError, protect
from tests.cloudformation import resources


def is_there(aws: Stubber, status: str) -> None:
    """The stack, the next time that somebody asks."""
    stack = {"StackName": "triggers-prod", "CreationTime": "2026-11-29", "StackStatus": status}
    aws.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "triggers-prod"})


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_a_stack_is_kept_from_replacing_what_holds_data_and_from_being_deleted(status: str) -> None:
    client: Any = boto3.client("cloudformation", region_name="us-east-1")
    with Stubber(client) as aws:
        is_there(aws, status)
        policy = {"StackName": "triggers-prod", "StackPolicyBody": json.dumps(POLICY)}
        deleting = {"StackName": "triggers-prod", "EnableTerminationProtection": True}
        aws.add_response("set_stack_policy", {}, policy)
        aws.add_response("update_termination_protection", {}, deleting)

        protect(client, "triggers-prod")

        aws.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("REVIEW_IN_PROGRESS", "triggers-prod was not deployed"),  # somebody answered "n"
        ("ROLLBACK_COMPLETE", "triggers-prod is ROLLBACK_COMPLETE"),  # it can only be deleted
        ("UPDATE_IN_PROGRESS", "triggers-prod is UPDATE_IN_PROGRESS"),
    ],
)
def test_what_was_not_deployed_can_still_be_deleted(status: str, sentence: str) -> None:
    client: Any = boto3.client("cloudformation", region_name="us-east-1")
    with Stubber(client) as aws:
        is_there(aws, status)

        with pytest.raises(NotDeployedError, match=sentence):  # any other call would fail
            protect(client, "triggers-prod")


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
