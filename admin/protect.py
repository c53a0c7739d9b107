"""Keeps a stack's data through its updates: `make deploy` does it for staging and prod.

A table that an update would replace is not lost, because it is retained; but the new one is empty,
and the service goes on with that. So no update may replace or delete what holds data: it fails
instead. And the stack cannot be deleted before somebody says so twice.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from admin.plan import COMPLETE, find_deployed, plan_of

HOLDS_DATA: Final = ("AWS::DynamoDB::Table", "AWS::KMS::Key")
POLICY: Final[dict[str, Any]] = {
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["Update:Replace", "Update:Delete"],
            "Resource": "*",
            "Condition": {"StringEquals": {"ResourceType": list(HOLDS_DATA)}},
        },
    ]
}


class NotDeployedError(Exception):
    """There is nothing to protect, and what is there half can only be deleted or finished."""


def protect(cloudformation: Any, stack: str) -> None:
    """Set both on a stack that is complete; doing it again changes nothing."""
    deployed = find_deployed(stack, cloudformation)
    if deployed is None:
        raise NotDeployedError(f"{stack} was not deployed, so there is nothing to protect.")
    if deployed.status not in COMPLETE:
        raise NotDeployedError(f"{stack} is {deployed.status}, so it is left unprotected.")
    cloudformation.set_stack_policy(StackName=stack, StackPolicyBody=json.dumps(POLICY))
    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Protect a stage's stack, or end with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m admin.protect", description=__doc__)
    parser.add_argument("--stage", choices=["staging", "prod"], required=True)
    plan = plan_of(parser.parse_args(arguments).stage)
    try:
        protect(boto3.Session(region_name=plan.region).client("cloudformation"), plan.stack)
    except NotDeployedError as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The stack '{plan.stack}' is not protected: {error}")
    print(f"{plan.stack}: no update replaces a table or a key, and nobody deletes it by mistake.")


if __name__ == "__main__":
    main()
