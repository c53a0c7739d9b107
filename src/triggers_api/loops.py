"""Loops: a push of ours that comes back to us must change nothing.

Every request that we send to a receiver says so in `CDN-Loop` (RFC 8586), a header that
intermediaries pass on and that a config cannot set.
"""

from collections.abc import Iterable
from typing import Final

HEADER: Final = "CDN-Loop"
MARK: Final = "triggers-api"


def is_our_own(values: Iterable[str]) -> bool:
    """Whether a request with these lines of the header began as a push, here or elsewhere."""
    marks = (mark for value in values for mark in value.split(","))
    return any(mark.partition(";")[0].strip().lower() == MARK for mark in marks)
