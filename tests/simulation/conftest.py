"""Worlds in which nobody reads the logs: their stories tell more."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_logs() -> Iterator[None]:
    """A sixth of a run's time goes into formatting them, twice."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
