"""How much of a list one answer carries."""

from collections.abc import Iterable
from typing import Final

# Of what callers may fill at will. A function may answer 6,291,556 bytes, and quoting can double
# these: what is left, 2.9 KB for each of a hundred events, holds other members and the headers.
PAGE_BYTES: Final = 3_000_000


def fitting(sizes: Iterable[int], *, share: int = 1) -> int:
    """How many of the first things an answer, or one of so many shares, carries, at least one."""
    total = count = 0
    for size in sizes:
        total += size
        if total > PAGE_BYTES // share and count > 0:
            break
        count += 1
    return count
