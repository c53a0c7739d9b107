"""What others may want to know of a request to a receiver: when, to whom, how it ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Watch = Callable[[str, str], AbstractContextManager[Callable[[int], None]]]
"""Goes around a request, by its method and host, and is told the status of the answer."""


def unwatched(_method: str, _host: str) -> AbstractContextManager[Callable[[int], None]]:
    """Nobody wants to know."""
    return nullcontext(lambda _status: None)
