"""What a deployment sets, and what CloudFormation says of the stack that is there.

SAM leaves each parameter that it is not told as it is on the stack: a setting of one deployment
would be that of all later ones, and a changed default would reach no stack. So a plan names every
parameter of the template: with what samconfig.toml says, or else with its default.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from admin.template import template

SAMCONFIG: Final = Path(__file__).resolve().parent.parent / "samconfig.toml"
STAGES: Final = ("dev", "staging", "prod")
# A stack that takes an update, and that is worth protecting.
COMPLETE: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
TAKEN_BACK: Final = "UPDATE_ROLLBACK_COMPLETE"
_NEVER_DEPLOYED: Final = "REVIEW_IN_PROGRESS"
_QUOTES: Final = ("'", '"')


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to be deployed."""

    stack: str
    region: str
    parameters: Mapping[str, str]

    def number(self, parameter: str) -> int:
        """A parameter that is a whole number."""
        return int(self.parameters[parameter])


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack that is there."""

    status: str
    updated_at: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


def section_of(stage: str) -> str:
    """Where samconfig.toml speaks of a stage: SAM has a default section, which is that of dev."""
    return "default" if stage == "dev" else stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say what is deployed."""
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument(
        "--rollout",
        choices=template()["Parameters"]["Rollout"]["AllowedValues"],
        help="how it takes over this time, such as AllAtOnce",
    )


def plan_of(stage: str, rollout: str | None = None, samconfig: str | None = None) -> Plan:
    """All that a deployment of a stage sets, or end with a sentence."""
    sections = tomllib.loads(SAMCONFIG.read_text() if samconfig is None else samconfig)
    told = sections[section_of(stage)]["deploy"]["parameters"]
    parameters = {name: str(each["Default"]) for name, each in template()["Parameters"].items()}
    for each in told["parameter_overrides"]:
        name, has_value, value = each.partition("=")
        if not has_value or name not in parameters:  # SAM would set nothing, and not say so
            sys.exit(
                f"samconfig.toml says '{each}' for {stage}: template.yaml has no such parameter."
            )
        parameters[name] = _unquoted(value)
    if rollout:
        parameters["Rollout"] = rollout
    return Plan(told["stack_name"], told["region"], parameters)


def _unquoted(value: str) -> str:
    """Without the quotes that SAM wants around a value with spaces, and takes off as well."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES
    return value[1:-1] if quoted else value


def find_deployed(stack: str, cloudformation: Any) -> Deployed | None:
    """The stack; None if it is not there, or if nobody executed the change set that named it."""
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if found["StackStatus"] == _NEVER_DEPLOYED:
        return None
    told = {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())}
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
    updated_at = str(found.get("LastUpdatedTime", found["CreationTime"]))
    return Deployed(found["StackStatus"], updated_at, told, outputs)
