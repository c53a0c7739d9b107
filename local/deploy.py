"""Deploys the real template.yaml to the emulator: the source as a zip, the stack by boto3."""

import hashlib
import io
import os
import re
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.clients import client
from local.cloudwatch import with_stand_ins

ROOT = Path(__file__).resolve().parent.parent
STACK_NAME = "triggers-local"
API_ID = "c0ffee01"  # eight hex digits, as the emulator wants them; fixed, so that URLs stay
DEPLOY_SECONDS = 120.0  # it takes about 2 s
_CODE_BUCKET = "triggers-local-code"
_TEMPLATE_KEY = "template.yaml"
_CODE_URI = "CodeUri: src/"
# The emulator knows no CodeDeploy: its aliases point to a new version at once.
_SHIFTING = re.compile(r"^    DeploymentPreference:\n(?:      .*\n)+", re.MULTILINE)
# On AWS the old versions stay to go back to; here a run after the other would pile them up.
_OLD_VERSIONS_GO = "    VersionDeletionPolicy: Delete\n"
_RELEASE = "AutoPublishCodeSha256: !Ref Release"
_PARAMETERS = {
    "Stage": "dev",
    "LocalApiId": API_ID,
    "Alarms": "all",  # what they cost here is nothing
    "Tracing": "on",  # the emulator has no X-Ray, but `make trace` shows what would be sent to it
    "AllowPrivateTargets": "1",  # receivers on this very machine
}

# What the environment may set: the variable, and what AWS would refuse, which the emulator takes.
SETTABLE = {
    "AllowPrivateTargets": ("TRIGGERS_ALLOW_PRIVATE_TARGETS", r"[01]", "0 or 1"),
    "RetryScheduleSeconds": (
        "TRIGGERS_RETRY_SCHEDULE",
        r"\d{1,7}(\.\d{1,3})?(,\d{1,7}(\.\d{1,3})?)*",
        "seconds, with commas between them, such as 1,2,4",
    ),
    "Tracing": ("TRIGGERS_TRACING", r"on|off", "on or off"),
}


class DeployError(Exception):
    """The stack could not be made or changed; the message holds its own reasons."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack and what it put out."""

    stack_name: str
    outputs: dict[str, str]


def deploy(endpoint: str) -> Deployment:
    """Create the stack, or bring it up to date with the template and the source."""
    told = parameters() | {"PublicUrl": api_url(endpoint)}
    template_url = _uploaded_template(endpoint, told)
    cloudformation = client("cloudformation", endpoint)
    request = {
        "StackName": STACK_NAME,
        "TemplateURL": template_url,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in told.items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    _create_or_update(cloudformation, request)
    return Deployment(STACK_NAME, _outputs_when_done(cloudformation))


def api_url(endpoint: str) -> str:
    """Where the emulator serves the API, which does not see the path before its own."""
    return f"{endpoint}/_aws/execute-api/{API_ID}"


def parameters() -> dict[str, str]:
    """Return what the template is told: what is local, and what the environment sets."""
    told = dict(_PARAMETERS)
    for name, (variable, pattern, wanted) in SETTABLE.items():
        if value := os.environ.get(variable, "").strip():
            if re.fullmatch(pattern, value, re.ASCII) is None:
                raise DeployError(f"{variable} is '{value}': give {wanted}, or leave it out.")
            told[name] = value
    return told


def allows_private_targets() -> bool:
    """Tell whether pushes may go to this machine."""
    return parameters()["AllowPrivateTargets"] == "1"


def source_zip(source: Path) -> bytes:
    """Zip a directory's source files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix())  # dated 1980
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def published_at_once(template: str, release: str) -> str:
    """The template with functions whose new versions replace the old ones, at each release."""
    text, found = _SHIFTING.subn(_OLD_VERSIONS_GO, template, count=1)
    assert found, "the template shifts traffic no more, or is written in another way"
    return text.replace(_RELEASE, f'AutoPublishCodeSha256: "{release}"')


def _uploaded_template(endpoint: str, told: dict[str, str]) -> str:
    """Upload the source and the template that points to it; return the template's address.

    A template in the request itself may have 51,200 bytes, and ours has more.
    """
    code = source_zip(ROOT / "src")
    key = f"{hashlib.sha256(code).hexdigest()[:32]}.zip"  # unchanged source, unchanged function
    text = (ROOT / "template.yaml").read_text()
    # Its transform sees no parameter's value, as AWS's does: what is told is part of the release.
    release = hashlib.sha256(repr((text, key, sorted(told.items()))).encode()).hexdigest()
    template = with_stand_ins(published_at_once(text, release))
    pointing = template.replace(_CODE_URI, f"CodeUri: s3://{_CODE_BUCKET}/{key}")
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=_CODE_BUCKET)
    s3.put_object(Bucket=_CODE_BUCKET, Key=key, Body=code)
    s3.put_object(Bucket=_CODE_BUCKET, Key=_TEMPLATE_KEY, Body=pointing.encode())
    return f"{endpoint}/{_CODE_BUCKET}/{_TEMPLATE_KEY}"


def _status(cloudformation: Any) -> str | None:
    """Return the stack's status, or None if there is no stack."""
    try:
        stacks = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    status: str = stacks[0]["StackStatus"]
    return status


def _create_or_update(cloudformation: Any, request: dict[str, Any]) -> None:
    """Start what brings the stack up to date, unless it is."""
    is_new = _status(cloudformation) is None
    start = cloudformation.create_stack if is_new else cloudformation.update_stack
    try:
        start(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            hint = "" if is_new else "\n`make clean` starts over, without the data."
            raise DeployError(f"{error}{hint}") from error


def _outputs_when_done(cloudformation: Any) -> dict[str, str]:
    """Wait for the stack to settle and return its outputs."""
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := _status(cloudformation) or "").endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployError(f"{STACK_NAME} is still {status} after {DEPLOY_SECONDS:.0f} s.")
        time.sleep(0.1)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError(f"{STACK_NAME} ended as {status}:\n{_reasons(cloudformation)}")
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _reasons(cloudformation: Any) -> str:
    """Return what the stack says went wrong, a line per resource."""
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    )
