"""What AWS does one time and not another, and promises nothing about; each by chance of its own."""

import random
from collections.abc import Callable
from typing import Final

_LENIENT: Final = 0.5  # of the calls with an old receipt


class Whims:
    """Of one world."""

    def __init__(self, branch: Callable[[str], random.Random]) -> None:
        """`branch` is chance of that name."""
        self._receipts = branch("receipts")

    def is_lenient(self) -> bool:
        """Whether a message is deleted by an old receipt, too."""
        return self._receipts.random() < _LENIENT
