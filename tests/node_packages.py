"""Whether JavaScript's own libraries are here to test against: `make test` installs them."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "node"
ZAPIER = Path(__file__).parents[1] / "integrations" / "zapier"


def needs_node(directory: Path = TESTS) -> pytest.MarkDecorator:
    """Skip, and say so, where there is no Node or its packages could not be installed."""
    return pytest.mark.skipif(
        shutil.which("node") is None or not (directory / "node_modules").is_dir(),
        reason=f"needs Node.js and the packages of {directory.name}/package.json",
    )


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
    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]
