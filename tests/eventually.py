"""Waiting for what happens elsewhere, without guessing how long it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(probe: Callable[[], Found | None], seconds: float = 30.0) -> Found:
    """Ask until there is an answer that is not false; fail when the time is up."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, f"{probe} found nothing within {seconds:.0f} s"
        time.sleep(0.1)
    return found
