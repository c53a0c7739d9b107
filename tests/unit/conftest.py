"""What all unit tests share."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _lines_have_their_texts() -> Iterator[None]:
    """A handler that another test wired in this process leaves out the texts of others' lines."""
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    yield
    logging.setLogRecordFactory(factory)
