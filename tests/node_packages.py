"""Whether JavaScript's own libraries are here to test against: `make test` installs them."""

import shutil
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "node"


def needs_node(directory: Path = TESTS) -> pytest.MarkDecorator:
    """Skip, and say so, where there is no Node or its packages could not be installed."""
    return pytest.mark.skipif(
        shutil.which("node") is None or not (directory / "node_modules").is_dir(),
        reason=f"needs Node.js and the packages of {directory.name}/package.json",
    )
