"""Which secrets from before rotations count on, beside the new one.

A rotation makes a secret that its answer alone tells. If the answer is lost, it is asked for
again, and of the secrets from before all but one are in nobody's hands; which one is, nobody can
tell. So all that still count are kept, up to a number; beyond it the oldest, which was in use
before the first, and the newest.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

MOST_OLD: Final = 5

Old = TypeVar("Old")


def kept(running: Sequence[Old]) -> tuple[Old, ...]:
    """Those of them, the newest first, that count on until their own ends."""
    if len(running) <= MOST_OLD:
        return tuple(running)
    return (*running[: MOST_OLD - 1], running[-1])
