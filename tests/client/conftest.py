"""A scripted API for each test."""

from collections.abc import Iterator

import pytest

from tests.client.scripted_api import ScriptedApi, scripted_api


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api() as server:
        yield server
