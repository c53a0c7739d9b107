"""A token bucket, kept as one moment: the time at which all taken tokens will have returned.

From that moment on the bucket is full. It is empty as long before it as the whole burst takes
to return. So a bucket at rest needs no writes, and taking tokens is one addition.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Tokens that return each second, and how many a full bucket holds; both at least 1."""

    per_second: int
    burst: int

    @property
    def chunk(self) -> int:
        """The most a process takes ahead: a tenth of a second's tokens, so that many can share."""
        return max(1, min(self.per_second // 10, self.burst))

    @property
    def full_after(self) -> timedelta:
        """How long an empty bucket takes to fill."""
        return self.time_of(self.burst)

    def time_of(self, tokens: int) -> timedelta:
        """How long this many tokens take to return, rounded up."""
        return timedelta(microseconds=-(-tokens * _MICROSECONDS // self.per_second))

    def tokens_at(self, at: datetime, spent_until: datetime) -> int:
        """How many tokens the bucket holds."""
        room = at + self.full_after - max(spent_until, at)
        tokens = room // timedelta(microseconds=1) * self.per_second // _MICROSECONDS
        return max(0, min(self.burst, tokens))

    def next_at(self, spent_until: datetime, tokens: int = 1) -> datetime:
        """When a bucket with fewer tokens will have this many again."""
        return spent_until + self.time_of(tokens) - self.full_after


@dataclass(frozen=True, slots=True)
class TokensTaken:
    """The tokens taken from a bucket, up to those wanted, and how many are left."""

    tokens: int
    left: int
    next_at: datetime
    """If there were too few: when there will be enough to take again."""
