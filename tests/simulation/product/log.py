"""What the handlers log: a line is written nowhere, but heard, all of them where one may be read."""

import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from unittest.mock import patch

from aws_lambda_powertools import Logger


class Heard:
    """Who hears it: the world that runs."""

    tell: ClassVar[Callable[[str, BaseException], None]]
    keep: ClassVar[Callable[[str, dict[str, Any]], None] | None] = None
    """Takes a line for the log, if the world has one."""


def overheard() -> Iterator[Any]:
    """What lets the world hear each line that tells of an error, in place of writing it."""
    for level in ("critical", "error", "exception"):
        yield patch.object(Logger, level, _hear)
    yield patch.object(Logger, "info", _note)


def _note(
    _logger: object, message: str, *, extra: dict[str, Any] | None = None, **_: object
) -> None:
    if Heard.keep is not None:
        Heard.keep(message, extra or {})


def _hear(
    _logger: object,
    message: str,
    *,
    exc_info: object = None,
    extra: dict[str, Any] | None = None,
    **_: object,
) -> None:
    _note(_logger, message, extra=extra)
    error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
    if error is not None:
        Heard.tell(message, error)
