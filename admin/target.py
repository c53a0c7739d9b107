"""Which deployment a command acts on: the local one that is running, or a stack on AWS."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from triggers_client import Client, Retry

_LOCAL_REGION: Final = "us-east-1"
_LOCAL_USER: Final = ("test", "test")  # the emulator's own; it does not check the secret
OPERATOR_KEY_VARIABLE: Final = "TRIGGERS_OPERATOR_KEY"

Connect = Callable[[str], Any]
"""Makes the low-level client of a service."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What CloudFormation says of a deployment, and how to reach what it names."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    connect: Connect


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment: its API, its DynamoDB client, the names of its tables."""

    dynamodb: Any
    events_table: str
    keys_table: str
    place: str
    api_url: str
    operator_key: str | None = field(default=None, repr=False)
    stack: Stack | None = None

    def api(self) -> Client:
        """Its API, called with an operator's key; or end with a sentence that says how to have one.

        Nothing is tried again: what is wrong is said at once.
        """
        if not self.operator_key:
            sys.exit(
                f"There is no operator key. Set {OPERATOR_KEY_VARIABLE} to one of {self.place};"
                " `create --operator --name NAME` makes the first."
            )
        return Client(self.api_url, self.operator_key, retry=Retry(budget_seconds=0))


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
        found = _from_stack(session.client, options.stack, f"stack {options.stack} on AWS")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The stack '{options.stack}' cannot be read: {error}")
    return replace(found, operator_key=os.environ.get(OPERATOR_KEY_VARIABLE))


def _local() -> Target:
    """What `make run` wrote down of itself in `stack.json`."""
    file = Path(os.environ.get("TRIGGERS_STATE_DIR") or ".local") / "stack.json"
    try:
        running = json.loads(file.read_text())
    except FileNotFoundError:
        sys.exit("No local stack runs here. Start one with `make run`, or name one: --stack.")
    endpoint = running["aws_endpoint"]
    session = boto3.Session(*_LOCAL_USER, region_name=_LOCAL_REGION)
    past_any_proxy = Config(proxies={})

    def connect(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint, config=past_any_proxy)  # type: ignore[call-overload]  # a name that is not spelt out

    try:
        found = _from_stack(connect, running["stack_name"], "the local stack")
    except (BotoCoreError, ClientError):
        sys.exit(f"The local stack does not answer at {endpoint}. Start it: `make run`.")
    # Its output `ApiUrl` is of AWS; and a key of a stack on AWS is not sent here.
    return replace(found, api_url=running["url"], operator_key=running.get("operator_key"))


def _from_stack(connect: Any, stack_name: str, place: str) -> Target:
    found = connect("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    parameters = {
        each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])
    }
    missing = {"ApiUrl", "EventsTableName", "KeysTableName"} - outputs.keys()
    if missing:
        sys.exit(f"The stack '{stack_name}' is none of this service: it has no {min(missing)}.")
    return Target(
        dynamodb=connect("dynamodb"),
        events_table=outputs["EventsTableName"],
        keys_table=outputs["KeysTableName"],
        place=place,
        api_url=outputs["ApiUrl"],
        stack=Stack(stack_name, outputs, parameters, connect),
    )
