"""The running API against its own OpenAPI document, by schemathesis with all its checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import Stack
from tests.e2e.tenants import new_tenant

pytestmark = pytest.mark.xdist_group("stack")

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("TRIGGERS_CONTRACT_EXAMPLES", "20")  # for each operation and phase


def test_no_request_gets_a_server_error_or_an_answer_outside_the_contract(
    stack: Stack, tmp_path: Path
) -> None:
    api = new_tenant(stack)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
        *("run", f"{api.url}/openapi.json"),
        *("--url", api.url, "--header", f"Authorization: Bearer {api.api_key}"),
        *("--checks", "all", "--max-examples", EXAMPLES, "--seed", "1", "--no-color"),
    ]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.e2e.contract_hooks",
    }

    run = subprocess.run(  # noqa: S603  # our own command
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout[-5000:]
