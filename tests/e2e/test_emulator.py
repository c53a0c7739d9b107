"""Facts about the emulator's process: it keeps its data and ends, however the run ends."""

import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError

from local import emulator
from local.clients import client
from local.emulator import EmulatorError, locked, running_emulator
from tests.cloudformation import ROOT
from tests.eventually import eventually

NOWHERE = "127.0.0.1:9"
ENDLESS = """
import time
from pathlib import Path

def handle(file, _context):
    Path(file).touch()
    time.sleep(60)
"""
RUN = """
import sys, time
from pathlib import Path
from local.emulator import running_emulator

with running_emulator(Path(sys.argv[1]), 0, sys.argv[2]) as endpoint:
    print(endpoint, flush=True)
    time.sleep(60)
"""


def make_role(endpoint: str) -> str:
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    policy = {"Version": "2012-10-17", "Statement": [trusted | {"Action": "sts:AssumeRole"}]}
    answer = client("iam", endpoint).create_role(
        RoleName="endless", AssumeRolePolicyDocument=json.dumps(policy)
    )
    return str(answer["Role"]["Arn"])


def call_an_endless_function(endpoint: str, file: Path) -> None:
    """Call it in the background; it makes the file first."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("endless.py", ENDLESS)
    functions = client("lambda", endpoint)
    functions.create_function(
        FunctionName="endless",
        Runtime="python3.13",
        Role=make_role(endpoint),
        Handler="endless.handle",
        Code={"ZipFile": code.getvalue()},
        Timeout=60,
    )

    def call() -> None:
        with suppress(BotoCoreError):
            functions.invoke(FunctionName="endless", Payload=json.dumps(str(file)))

    threading.Thread(target=call, daemon=True).start()
    eventually(file.exists)


def keeps_the_role(state_dir: Path) -> bool:
    with running_emulator(state_dir, 0, NOWHERE) as endpoint:
        roles = client("iam", endpoint).list_roles()["Roles"]
    return "endless" in {each["RoleName"] for each in roles}


def test_it_waits_for_no_function_that_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "STOP_SECONDS", 0.1)
    state_dir = tmp_path / "data"
    with running_emulator(state_dir, 0, NOWHERE) as endpoint:
        call_an_endless_function(endpoint, tmp_path / "called")
        told_at = time.monotonic()
    assert time.monotonic() - told_at < emulator.WRITE_SECONDS
    assert keeps_the_role(state_dir)


def test_it_ends_with_a_run_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603  # the program above
        [sys.executable, "-c", RUN, str(tmp_path), NOWHERE], stdout=subprocess.PIPE, cwd=ROOT
    ) as run:
        assert run.stdout is not None
        make_role(run.stdout.readline().decode().strip())
        run.kill()

    def ended() -> bool:
        with suppress(EmulatorError), locked(tmp_path):
            return True
        return False

    eventually(ended)
    assert keeps_the_role(tmp_path)
