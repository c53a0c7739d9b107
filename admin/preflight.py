"""Before a deployment: does the account have room for what the template asks? `make preflight`.

Reads quotas and changes nothing. Each line says what was found, and what to lower or to ask for if
it is too little; a line that begins with `STOP` would make the deployment fail, or the service
starve. What its caller may not read is told, and stops nothing.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from admin.template import template

_SAMCONFIG: Final = Path(__file__).resolve().parent.parent / "samconfig.toml"
# Lambda lets nobody reserve the last hundred of an account.
_NEVER_RESERVED: Final = 100
_FOR_THE_API: Final = 20  # at 50 ms a request, 400 of them a second
_RESERVES_FROM: Final = 200
_FEWEST_WORKERS: Final = 2  # a mapping takes no lower bound
_LOG_IN: Final = (
    "Run `aws configure` or `aws sso login`; or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY. Then try again: this only reads."
)
_SHARED: Final = (  # service, quota, what uses it
    ("scheduler", "Number of schedules", "each long wait of a push is one"),
    (
        "kms",
        "Cryptographic operations (symmetric) request rate",
        "a worker opens a config's secrets once in five minutes",
    ),
)


class Level(StrEnum):
    """How bad it is."""

    FINE = "ok"
    WARNING = "note"
    STOP = "STOP"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for whoever deploys."""

    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to be deployed."""

    stack: str
    region: str
    parameters: Mapping[str, str]

    def number(self, parameter: str) -> int:
        """A parameter that is a whole number."""
        return int(self.parameters[parameter])


Connect = Callable[[str], Any]
"""Makes the low-level client of a service."""


def plan_of(stage: str) -> Plan:
    """What samconfig.toml says of a stage, over the template's defaults."""
    section = "default" if stage == "dev" else stage
    told = tomllib.loads(_SAMCONFIG.read_text())[section]["deploy"]["parameters"]
    overrides = dict(each.split("=", 1) for each in told["parameter_overrides"])
    defaults = {
        name: str(each["Default"])
        for name, each in template()["Parameters"].items()
        if "Default" in each
    }
    return Plan(told["stack_name"], told["region"], defaults | overrides)


def findings(plan: Plan, connect: Connect) -> Iterator[Finding]:
    """Everything that was looked at; the account first, for nothing can be read without it."""
    try:
        account = connect("sts").get_caller_identity()["Account"]
    except NoCredentialsError:
        yield Finding(Level.STOP, f"No AWS credentials were found. {_LOG_IN}")
        return
    except (BotoCoreError, ClientError) as error:
        said = str(error).rstrip(".")
        yield Finding(Level.STOP, f"AWS does not know you: {said}. {_LOG_IN}")
        return
    yield Finding(Level.FINE, f"account {account}, region {plan.region}, stack {plan.stack}")
    for look in (_concurrency, _stack, _gateway, _tables, _rates, _emails):
        try:
            yield from look(plan, connect)
        except (BotoCoreError, ClientError) as error:
            subject = look.__name__.strip("_").replace("_", " ")
            yield Finding(Level.WARNING, f"{subject}: could not be read: {error}")


def _concurrency(plan: Plan, connect: Connect) -> Iterator[Finding]:
    limits = connect("lambda").get_account_settings()["AccountLimit"]
    whole, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    workers, reserved = plan.number("DeliveryConcurrency"), plan.number("ApiReservedConcurrency")
    dispatchers = template()["Resources"]["DispatcherMapping"]["Properties"][
        "ParallelizationFactor"
    ]
    found = f"Lambda runs {whole} at once here, {free} of them unreserved"
    if reserved and free - reserved < _NEVER_RESERVED:
        yield Finding(
            Level.STOP,
            f"{found}: ApiReservedConcurrency={reserved} would be refused, since {_NEVER_RESERVED}"
            " must stay unreserved. Set it to 0, or ask for more (Service Quotas, L-B99A9384).",
        )
    elif not reserved and free < workers + dispatchers + _FOR_THE_API:
        room = free - dispatchers - _FOR_THE_API
        advice = (
            f"Set DeliveryConcurrency to {room}"
            if room >= _FEWEST_WORKERS
            else "Ask for 1,000 first"
        )
        yield Finding(
            Level.WARNING if room >= _FEWEST_WORKERS else Level.STOP,
            f"{found}: slow receivers could take all of it from the API. {advice}, or ask for more"
            " (Service Quotas, L-B99A9384).",
        )
    elif not reserved and whole >= _RESERVES_FROM:
        yield Finding(
            Level.WARNING,
            f"{found}: set ApiReservedConcurrency, so that nothing else in the account takes the"
            f" API's share; up to {free - _NEVER_RESERVED}.",
        )
    else:
        yield Finding(Level.FINE, f"{found}, enough for {workers} workers.")


def _stack(plan: Plan, connect: Connect) -> Iterator[Finding]:
    status = _status_of(plan.stack, connect)
    if status is None:
        yield Finding(Level.FINE, f"{plan.stack} is new.")
        yield from _left_log_groups(plan.stack, connect)
    elif status.endswith("_IN_PROGRESS"):
        yield Finding(Level.STOP, f"{plan.stack} is {status}: wait until it has ended.")
    elif status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
        yield Finding(
            Level.STOP,
            f"{plan.stack} is {status} and takes no update: delete it first. If a table is protected,"
            " `aws dynamodb update-table --no-deletion-protection-enabled` ends that.",
        )
    else:
        yield Finding(Level.FINE, f"{plan.stack} is {status}; this updates it.")


def _status_of(stack: str, connect: Connect) -> str | None:
    try:
        status: str = connect("cloudformation").describe_stacks(StackName=stack)["Stacks"][0][
            "StackStatus"
        ]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return status


def _left_log_groups(stack: str, connect: Connect) -> Iterator[Finding]:
    """A first deployment fails on a log group of the same name, which somebody made or left."""
    logs = connect("logs")
    for prefix in (f"/aws/lambda/{stack}/", f"/aws/vendedlogs/{stack}/"):
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            yield Finding(
                Level.STOP, f"The log group {group['logGroupName']} is there already: delete it."
            )


def _gateway(plan: Plan, connect: Connect) -> Iterator[Finding]:
    del plan
    settings = template()["Resources"]["ApiStage"]["Properties"]["DefaultRouteSettings"]
    ours, account = settings["ThrottlingRateLimit"], _quota(connect, "apigateway", "L-8A5B8E43")
    level = Level.FINE if ours <= account else Level.WARNING
    yield Finding(
        level, f"API Gateway lets {account:.0f} requests a second in for all APIs, {ours} for this."
    )


def _tables(plan: Plan, connect: Connect) -> Iterator[Finding]:
    del plan
    needed = sum(
        each["Type"] == "AWS::DynamoDB::Table" for each in template()["Resources"].values()
    )
    pages = connect("dynamodb").get_paginator("list_tables").paginate()
    there = sum(len(page["TableNames"]) for page in pages)
    room = _quota(connect, "dynamodb", "L-F98FE922") - there
    level = Level.FINE if room >= needed else Level.STOP
    yield Finding(level, f"DynamoDB has room for {room:.0f} more tables; a stack needs {needed}.")


def _rates(plan: Plan, connect: Connect) -> Iterator[Finding]:
    del plan
    for service, name, words in _SHARED:
        value = _quota_named(connect, service, name)
        yield Finding(Level.FINE, f"{name}: {value:,.0f} for the whole account; {words}.")


def _emails(plan: Plan, connect: Connect) -> Iterator[Finding]:
    identity = plan.parameters["SesIdentity"]
    if not identity:
        return
    ses = connect("sesv2")
    if not ses.get_account()["ProductionAccessEnabled"]:
        yield Finding(
            Level.WARNING,
            "SES is in its sandbox: it sends to verified addresses only. Ask for production access.",
        )
    verified = ses.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"]
    level = Level.FINE if verified else Level.STOP
    yield Finding(level, f"SES {'knows' if verified else 'has not verified'} {identity}.")


def _quota(connect: Connect, service: str, code: str) -> float:
    """What the account has; what every account has, if it has no value of its own."""
    quotas = connect("service-quotas")
    try:
        answer = quotas.get_service_quota(ServiceCode=service, QuotaCode=code)
    except quotas.exceptions.NoSuchResourceException:
        answer = quotas.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)
    value: float = answer["Quota"]["Value"]
    return value


def _quota_named(connect: Connect, service: str, name: str) -> float:
    pages = connect("service-quotas").get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode=service):
        for quota in page["Quotas"]:
            if quota["QuotaName"] == name:
                value: float = quota["Value"]
                return value
    return 0.0


def main(arguments: Sequence[str] | None = None, connect: Connect | None = None) -> None:
    """Print a line for each finding; end with 1 if one of them stops the deployment."""
    options = _parser().parse_args(arguments)
    plan = plan_of(options.stage)
    try:
        session = boto3.Session(profile_name=options.profile, region_name=plan.region)
        on_aws: Connect = session.client  # type: ignore[assignment]  # overloaded by each name
        found = list(findings(plan, connect or on_aws))
    except ProfileNotFound as error:  # AWS_PROFILE names one, too
        hint = "`aws configure list-profiles` names those that there are."
        found = [Finding(Level.STOP, f"{error}. {hint}")]
    for each in found:
        sys.stdout.write(f"{each.level:5} {each.sentence}\n")
    if any(each.level is Level.STOP for each in found):
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make preflight", description=__doc__)
    parser.add_argument("--stage", choices=("dev", "staging", "prod"), default="dev")
    parser.add_argument("--profile", help="the AWS profile to use")
    return parser


if __name__ == "__main__":
    main()
