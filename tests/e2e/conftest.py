"""One running system for all end-to-end tests: the real template on the emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack, running_stack


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it keeps its data."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(state_dir: Path) -> Iterator[Stack]:
    """Each worker shares one: a deployment takes seconds. Tests know their own events by their ids."""
    with running_stack(state_dir) as running:
        yield running
