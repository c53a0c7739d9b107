"""Before a deployment: does the account have room for what the template asks? `make preflight`.

Reads quotas and changes nothing. Each line says what was found, and what to lower or to ask for if
it is too little; a line that begins with `STOP` would make the deployment fail, or the service
starve. What its caller may not read is told, and stops nothing.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from admin.plan import COMPLETE, Deployed, Plan, add_arguments, find_deployed, plan_of
from admin.template import template

# Lambda lets nobody reserve the last hundred of an account.
_NEVER_RESERVED: Final = 100
_FOR_THE_API: Final = 20  # at 50 ms a request, 400 of them a second
_RESERVES_FROM: Final = 200
_FEWEST_WORKERS: Final = 2  # a mapping takes no lower bound
_SHARDS: Final = 4  # a new table takes 4,000 writes a second, and each shard of its stream 1,000
_ASK_FOR_MORE: Final = "ask for more (Service Quotas, L-B99A9384)"
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


Connect = Callable[[str], Any]
"""Makes the low-level client of a service."""


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
    free += _reserved_already(plan, connect)
    workers, reserved = plan.number("DeliveryConcurrency"), plan.number("ApiReservedConcurrency")
    readers = _readers_of_a_shard()
    shared = free - reserved - (0 if reserved else _FOR_THE_API)
    room = shared - _SHARDS * readers
    most = free - max(_NEVER_RESERVED, workers + _SHARDS * readers)
    found = f"Lambda runs {whole} at once here, {free} of them reserved by nobody else"
    if reserved and shared < _NEVER_RESERVED:
        yield Finding(
            Level.STOP,
            f"{found}: ApiReservedConcurrency={reserved} would be refused, since {_NEVER_RESERVED}"
            f" must stay unreserved. Set it to 0, or {_ASK_FOR_MORE}.",
        )
    elif room < workers:
        enough = shared - readers >= _FEWEST_WORKERS
        advice = f"Set DeliveryConcurrency to {max(room, _FEWEST_WORKERS)}"
        yield Finding(
            Level.WARNING if enough else Level.STOP,
            f"{found}: slow receivers could take all of it from"
            f" {'what reads the streams' if reserved else 'the API'}."
            f" {advice if enough else 'Ask for 1,000 first'}, or {_ASK_FOR_MORE}.",
        )
    elif not reserved and whole >= _RESERVES_FROM and most > 0:
        yield Finding(
            Level.WARNING,
            f"{found}: set ApiReservedConcurrency, so that nothing else in the account takes the"
            f" API's share; up to {most}.",
        )
    else:
        yield Finding(Level.FINE, f"{found}, enough for {workers} workers.")


def _reserved_already(plan: Plan, connect: Connect) -> int:
    """What the stack itself took from the account before: it is given back for what it sets now."""
    deployed = find_deployed(plan.stack, connect("cloudformation"))
    name = deployed.outputs.get("ApiFunctionName") if deployed else None
    if name is None:
        return 0
    held = connect("lambda").get_function_concurrency(FunctionName=name)
    reserved: int = held.get("ReservedConcurrentExecutions", 0)
    return reserved


def _readers_of_a_shard() -> int:
    """Executions that the streams take for each of their shards."""
    mappings = (each.get("Properties", {}) for each in template()["Resources"].values())
    return sum(each.get("ParallelizationFactor", 0) for each in mappings)


def _stack(plan: Plan, connect: Connect) -> Iterator[Finding]:
    deployed = find_deployed(plan.stack, connect("cloudformation"))
    if deployed is None:
        yield Finding(Level.FINE, f"{plan.stack} is new.")
        yield from _left_log_groups(plan.stack, connect)
    elif deployed.status in COMPLETE:
        yield Finding(Level.FINE, f"{plan.stack} is {deployed.status}; this updates it.")
        yield from _changed_settings(plan, deployed)
    else:
        cure = _cure(plan.stack, deployed.status)
        yield Finding(Level.STOP, f"{plan.stack} is {deployed.status} and takes no update: {cure}")


def _cure(stack: str, status: str) -> str:
    if status.endswith("_IN_PROGRESS"):
        return "wait until it has ended."
    if status == "UPDATE_ROLLBACK_FAILED":
        return (
            "mend what its events name, then"
            f" `aws cloudformation continue-update-rollback --stack-name {stack}`."
        )
    if status == "UPDATE_FAILED":
        return f"`aws cloudformation rollback-stack --stack-name {stack}` first."
    if status in {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
        return "delete it first (docs/production.md, 'A first deployment that fails')."
    return "CloudFormation's console says what is the matter."


def _changed_settings(plan: Plan, deployed: Deployed) -> Iterator[Finding]:
    """What was set by hand, or only for one deployment, is told before it goes."""
    for name, now in deployed.parameters.items():
        then = plan.parameters.get(name, now)
        if then != now and name != "Release":
            yield Finding(
                Level.WARNING,
                f"{name} is '{now}' on the stack, and this makes it '{then}'."
                " What shall stay is set in samconfig.toml.",
            )


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
    deployed = find_deployed(plan.stack, connect("cloudformation"))
    ours = set(deployed.outputs.values()) if deployed else set()
    needed = sum(
        each["Type"] == "AWS::DynamoDB::Table" for each in template()["Resources"].values()
    )
    pages = connect("dynamodb").get_paginator("list_tables").paginate()
    others = sum(name not in ours for page in pages for name in page["TableNames"])
    room = _quota(connect, "dynamodb", "L-F98FE922") - others
    level = Level.FINE if room >= needed else Level.STOP
    yield Finding(
        level, f"DynamoDB has room for {room:.0f} tables of this stack, which needs {needed}."
    )


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
    plan = plan_of(options.stage, options.rollout)
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
    add_arguments(parser)
    parser.add_argument("--profile", help="the AWS profile to use")
    return parser


if __name__ == "__main__":
    main()
