"""Whether JavaScript's own libraries are here to test against: `make test` installs them."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "node"
ZAPIER = Path(__file__).parents[1] / "integrations" / "zapier"
OLDEST_NODE = (20, 11)  # the first whose test runner can set the clock


def needs_node(directory: Path = TESTS, package: str = "") -> pytest.MarkDecorator:
    """Skip, and say so, where there is no Node or its packages could not be installed."""
    return pytest.mark.skipif(
        _node_version() < OLDEST_NODE or not (directory / "node_modules" / package).is_dir(),
        reason=f"needs Node.js 20.11 and the packages of {directory.name}/package.json",
    )


@cache
def _node_version() -> tuple[int, ...]:
    """Empty if there is none."""
    node = shutil.which("node")
    if node is None:
        return ()
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return tuple(int(number) for number in re.findall(r"\d+", said.stdout))


def run_node_tests(file: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run a file of Node's own tests; what fails there fails here, with what it said."""
    run = subprocess.run(  # noqa: S603  # our own files
        ["node", "--test", "--test-reporter=spec", str(file)],  # noqa: S607  # whichever there is
        cwd=ZAPIER,
        env=os.environ | {"NODE_ENV": "test"} | dict(environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in run.stdout.splitlines() if "✖" in line]
    assert run.returncode == 0, "\n".join([*faults, run.stdout[-4000:], run.stderr[-2000:]])
