"""Keeps a stack's data through its updates: `make deploy` does it for staging and prod.

A table that an update would replace is not lost, because it is retained; but the new one is empty,
and the service goes on with that. So no update may replace or delete what holds data: it fails
instead. And the stack cannot be deleted before somebody says so twice.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_SAMCONFIG: Final = Path(__file__).resolve().parent.parent / "samconfig.toml"
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


def protect(cloudformation: Any, stack: str) -> None:
    """Set both; doing it again changes nothing."""
    cloudformation.set_stack_policy(StackName=stack, StackPolicyBody=json.dumps(POLICY))
    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Protect a stage's stack, or end with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m admin.protect", description=__doc__)
    parser.add_argument("--stage", choices=["staging", "prod"], required=True)
    stage = parser.parse_args(arguments).stage
    deployed = tomllib.loads(_SAMCONFIG.read_text())[stage]["deploy"]["parameters"]
    stack = deployed["stack_name"]
    try:
        protect(boto3.Session(region_name=deployed["region"]).client("cloudformation"), stack)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The stack '{stack}' was deployed, but is not protected: {error}")
    print(f"{stack}: no update replaces a table or a key, and nobody deletes it by mistake.")


if __name__ == "__main__":
    main()
