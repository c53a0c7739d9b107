"""Lines that anybody could cause, as often as they like: a few are written, the others counted."""

from collections.abc import Callable
from time import monotonic
from typing import Final

LINES: Final = 10  # of a process
WITHIN: Final = 60.0  # seconds


class SparedLines:
    """Says which lines are written."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        """`seconds` go forward only."""
        self._seconds = seconds
        self._began_at = seconds()
        self._written = 0
        self._spared = 0

    def next(self) -> int | None:
        """How many lines were spared before this one; None if it is to be spared, too."""
        at = self._seconds()
        if at - self._began_at >= WITHIN:
            self._began_at, self._written = at, 0
        if self._written >= LINES:
            self._spared += 1
            return None
        self._written += 1
        spared, self._spared = self._spared, 0
        return spared
