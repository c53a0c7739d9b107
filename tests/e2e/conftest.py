"""One running system for all end-to-end tests: the real template on the emulator."""

from collections.abc import Iterator

import pytest

from local.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Share it: a deployment takes seconds. Tests know their own events by their ids."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
