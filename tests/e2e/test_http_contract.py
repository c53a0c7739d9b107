"""The running API against its own OpenAPI document, by schemathesis with all its checks."""

import os
import subprocess
import sys
from pathlib import Path

from local.stack import running_stack
from tests.e2e.tenants import new_tenant
from tests.raw_http import RawApi

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("TRIGGERS_CONTRACT_EXAMPLES", "4")  # for each operation and phase
# By hand also `coverage`: some 2,000 requests, which take minutes on the emulator.
PHASES = os.environ.get("TRIGGERS_CONTRACT_PHASES", "examples,fuzzing,stateful")


def test_no_request_gets_a_server_error_or_an_answer_outside_the_contract(tmp_path: Path) -> None:
    # Not on the stack of the other tests: its many configs and events leave thousands of pushes
    # behind, which come back minutes later and would delay what those tests wait for.
    with running_stack(tmp_path) as stack:
        _run(new_tenant(stack), tmp_path)


def _run(api: RawApi, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
        *("run", f"{api.url}/openapi.json"),
        *("--url", api.url, "--header", f"Authorization: Bearer {api.api_key}"),
        *("--request-timeout", "30"),  # of a cold start on a busy machine, too
        *(
            "--checks",
            "all",
            "--max-examples",
            EXAMPLES,
            "--phases",
            PHASES,
            "--seed",
            "1",
            "--no-color",
        ),
    ]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.e2e.contract_hooks",
    }

    run = subprocess.run(  # noqa: S603  # our own command
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout[-5000:]
