"""Which deployment a command acts on: the local one that is running, or a stack on AWS."""

import argparse
import sys
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.clients import client as local_client
from local.stack import Stack, stack_file, state_dir_from_environment


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment's DynamoDB client and the names of its tables."""

    dynamodb: Any
    events_table: str
    keys_table: str
    place: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that name a deployment; without them it is the local one."""
    parser.add_argument("--stack", help="a stack on AWS; left out: the local one (make run)")
    parser.add_argument(
        "--region",
        help="its region (samconfig.toml deploys to us-east-1); left out: that of your AWS profile",
    )
    parser.add_argument("--profile", help="the AWS profile to use")


def find(options: argparse.Namespace) -> Target:
    """Connect, or end with a sentence that says what is missing."""
    if options.stack is None:
        return _local()
    try:
        session = boto3.Session(profile_name=options.profile, region_name=options.region)
        return _from_stack(session.client, options.stack, f"stack {options.stack} on AWS")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The stack '{options.stack}' cannot be read: {error}")


def _local() -> Target:
    stack = Stack.load(stack_file(state_dir_from_environment()))
    if stack is None:
        sys.exit("No local stack has run here. Start one with `make run`, or name one: --stack.")

    def connect(service: str) -> Any:
        return local_client(service, stack.aws_endpoint)

    try:
        return _from_stack(connect, stack.stack_name, "the local stack")
    except (BotoCoreError, ClientError):
        sys.exit(f"The local stack does not answer at {stack.aws_endpoint}. Start it: `make run`.")


def _from_stack(connect: Any, stack_name: str, place: str) -> Target:
    found = connect("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    missing = {"EventsTableName", "KeysTableName"} - outputs.keys()
    if missing:
        sys.exit(f"The stack '{stack_name}' is none of this service: it has no {min(missing)}.")
    return Target(
        dynamodb=connect("dynamodb"),
        events_table=outputs["EventsTableName"],
        keys_table=outputs["KeysTableName"],
        place=place,
    )
