"""What the handlers log when something went wrong: a line is written nowhere, but heard."""

import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from unittest.mock import patch

from aws_lambda_powertools import Logger


class Heard:
    """Who hears it: the world that runs."""

    tell: ClassVar[Callable[[str, BaseException], None]]


def overheard() -> Iterator[Any]:
    """What lets the world hear each line that tells of an error, in place of writing it."""
    for level in ("critical", "error", "exception"):
        yield patch.object(Logger, level, _hear)


def _hear(_logger: object, message: str, *, exc_info: object = None, **_: object) -> None:
    error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
    if error is not None:
        Heard.tell(message, error)
