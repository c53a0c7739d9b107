"""The handler with X-Ray on; in a process of its own, because it patches botocore for good."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.cloudformation import ROOT

ASK = """
import json, sys
from tests.http_api import Api
from triggers_api.handlers.api import handler
answer = Api(handler).get("/nowhere")
modules = {name.split(".")[0] for name in sys.modules}
print(json.dumps({"status": answer.status, "modules": sorted(modules)}))
"""


@pytest.fixture(scope="module")
def traced() -> dict[str, Any]:
    """What a traced handler answered, and what it had loaded by then."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(("src", ".")), "TRACING": "on"}
    run = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_a_traced_request_is_answered_as_any_other(traced: dict[str, Any]) -> None:
    assert traced["status"] == 404


def test_tracing_loads_the_sdk_and_none_of_the_libraries_it_could_patch(
    traced: dict[str, Any],
) -> None:
    assert "aws_xray_sdk" in traced["modules"]
    assert not {"boto3", "requests", "httpx", "sqlite3"} & set(traced["modules"])
