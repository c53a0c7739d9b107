"""A token bucket, kept as one moment: until when what was taken would take to come back.

At that moment and after it the bucket is full; as long before it as the whole burst takes,
it is empty. So a bucket at rest needs no writing, and taking is one addition.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Tokens that come back each second, and how many a rested tenant has; both at least 1."""

    per_second: int
    burst: int

    @property
    def chunk(self) -> int:
        """The most that a process takes ahead: a tenth of a second's, so that many can share."""
        return max(1, min(self.per_second // 10, self.burst))

    @property
    def full_after(self) -> timedelta:
        """How long an empty bucket takes to be full."""
        return self.time_of(self.burst)

    def time_of(self, tokens: int) -> timedelta:
        """How long so many tokens take to come back, rounded up."""
        return timedelta(microseconds=-(-tokens * _MICROSECONDS // self.per_second))

    def tokens_at(self, at: datetime, spent_until: datetime) -> int:
        """How many are in the bucket."""
        room = at + self.full_after - max(spent_until, at)
        tokens = room // timedelta(microseconds=1) * self.per_second // _MICROSECONDS
        return max(0, min(self.burst, tokens))

    def next_at(self, spent_until: datetime, tokens: int = 1) -> datetime:
        """When a bucket that has fewer tokens has so many again."""
        return spent_until + self.time_of(tokens) - self.full_after


@dataclass(frozen=True, slots=True)
class TokensTaken:
    """What a bucket gave: up to as many tokens as were asked for, and how many are left."""

    tokens: int
    left: int
    next_at: datetime
    """When there are as many again as were wanted at least, if there were fewer."""
