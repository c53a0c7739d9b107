"""Writes what `make deploy` has SAM deploy: the stage's parameters, all of them, and a release.

Functions run published versions, and SAM decides by the code alone whether to publish one: a
changed parameter, such as `LogLevel`, would reach no caller. So the template publishes what has
another name: a hash of the built code and the stage's parameters.

Both go into a copy of samconfig.toml, which `sam deploy` is told to read. A parameter that it did
not name would stay what it is on the stack (`admin/plan.py`).
"""

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from admin.plan import SAMCONFIG, TAKEN_BACK, add_arguments, find_deployed, plan_of, section_of

_BUILT: Final = SAMCONFIG.parent / ".aws-sam" / "build"
_COMPILED: Final = ".pyc"  # says nothing that the source does not


def name_of(built: Path, parameters: Sequence[str]) -> str:
    """The same code and parameters have the same name, whenever and wherever they are built."""
    told = hashlib.sha256("\n".join(sorted(parameters)).encode())
    for file in sorted(built.rglob("*")):
        if file.is_file() and file.suffix != _COMPILED:
            told.update(f"\n{file.relative_to(built).as_posix()}\n".encode())
            told.update(hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()


def with_release(
    samconfig: str,
    stage: str,
    built: Path,
    *,
    rollout: str | None = None,
    taken_back_at: str | None = None,
) -> str:
    """The stage's configuration, with every parameter and its release.

    A release that was taken back left its versions, and Lambda publishes nothing that is as the
    last version: so after that, also the same code has another name.
    """
    parameters = dict(plan_of(stage, None, samconfig).parameters)
    told = [f"{name}={value}" for name, value in parameters.items()]
    if taken_back_at:
        told.append(f"taken back at {taken_back_at}")
    parameters["Release"] = name_of(built, told)
    if rollout:  # no part of the name: the next deployment of the same code publishes nothing
        parameters["Rollout"] = rollout
    commands = tomllib.loads(samconfig)[section_of(stage)]
    commands["deploy"]["parameters"]["parameter_overrides"] = parameters
    return _as_toml(section_of(stage), commands)


def _as_toml(section: str, commands: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    lines = ["version = 0.1"]
    for command, tables in commands.items():
        for table, settings in tables.items():
            lines.append(f"[{section}.{command}.{table}]")
            lines += [f"{name} = {_value(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """As TOML, in which a text, a number or a list looks as in JSON.

    A table of parameters spares their values SAM's own quoting, which cuts them at a space.
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def taken_back_at(stack: str, cloudformation: Any) -> str | None:
    """When the stack's last update was taken back, if it was."""
    deployed = find_deployed(stack, cloudformation)
    return deployed.updated_at if deployed and deployed.status == TAKEN_BACK else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `.aws-sam/samconfig.toml`."""
    parser = argparse.ArgumentParser(prog="python -m admin.release", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args(arguments)
    plan = plan_of(options.stage)
    try:
        cloudformation = boto3.Session(region_name=plan.region).client("cloudformation")
        last = taken_back_at(plan.stack, cloudformation)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The stack '{plan.stack}' cannot be read: {error}")
    release = with_release(
        SAMCONFIG.read_text(), options.stage, _BUILT, rollout=options.rollout, taken_back_at=last
    )
    (_BUILT.parent / "samconfig.toml").write_text(release)


if __name__ == "__main__":
    main()
