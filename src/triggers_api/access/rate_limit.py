"""How many requests a tenant may make: a token bucket that all processes share, paid in chunks.

The bucket is in the store; a process takes tokens out of it by the chunk, about what it needed
in the last second, and serves requests from these. The first two requests of a second are free,
and are paid for with the next chunk if there is one in that second: so a tenant that is hardly
there costs no write, and a busy one a write for each chunk.

How much more than the bucket allows can be admitted, with `n` processes at work for a tenant:
within any `t` seconds at most `burst + rate * t` tokens leave the bucket, beside them each
process may hold `chunk` tokens when the time begins, and give away two requests in each of the
`t + 2` seconds that it touches. So never more than

    burst + rate * t + n * (chunk + 2 * (t + 2))
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.ports import TokenBuckets
from triggers_api.access.token_bucket import RateLimit
from triggers_api.cache import Cache
from triggers_api.errors import RateLimitedError, TransientError
from triggers_api.timestamps import Clock

FREE_A_SECOND: Final = 2  # what a poll and its acknowledgement take
_SECOND: Final = timedelta(seconds=1)
# Tokens are of use a little longer than the second they were taken for, so that those of an
# uneven second are not lost.
_KEPT_FOR: Final = timedelta(seconds=5)
_PAUSE: Final = timedelta(milliseconds=500)  # so at most two refused writes a second and process
_UNLIMITED_FOR: Final = timedelta(seconds=5)  # while the store is away, nobody waits for it twice
_REMEMBERED_AT_MOST: Final = 1000  # tenants; a forgotten one begins anew, with two free requests


@dataclass(slots=True)
class _Share:
    """What one process knows of one tenant."""

    second_began_at: datetime
    requests: int = 0  # in this second
    requests_before: int = 0  # in the last one
    free: int = 0  # given away in this second
    unpaid: int = 0  # of these, not paid for with a chunk
    tokens: int = 0
    kept_until: datetime | None = None
    left: int = 0
    left_at: datetime | None = None
    empty_until: datetime | None = None  # the bucket gave all it had
    closed_until: datetime | None = None
    unlimited_until: datetime | None = None

    def count(self, at: datetime) -> None:
        """Note a request. A clock that was set back begins a new second."""
        age = at - self.second_began_at
        if not timedelta(0) <= age < _SECOND:
            self.requests_before = self.requests if timedelta(0) <= age < 2 * _SECOND else 0
            self.second_began_at = at
            self.requests = self.free = self.unpaid = 0
        self.requests += 1


class RateLimiter:
    """Admits requests, or refuses them."""

    def __init__(self, buckets: TokenBuckets, limit: RateLimit | None, clock: Clock) -> None:
        """Without a limit everybody is admitted, and no bucket is asked."""
        self._buckets = buckets
        self._limit = limit
        self._clock = clock
        self._shares: Cache[str, _Share] = Cache(_REMEMBERED_AT_MOST)

    @property
    def limit(self) -> RateLimit | None:
        """What each tenant may do; None if nothing limits."""
        return self._limit

    def admit(self, tenant: str) -> int | None:
        """Count a request of this tenant; the tokens left, if known. Raises `RateLimitedError`.

        A store that does not answer admits: limits protect the service, not the bill.
        """
        limit = self._limit
        if limit is None:
            return None
        at = self._clock()
        share = self._shares.get_or_read(tenant, lambda: _Share(at))
        share.count(at)
        if _is_before(at, share.closed_until):
            raise _refusal(share, at)
        if share.tokens and _is_before(at, share.kept_until):
            share.tokens -= 1
        elif share.free < FREE_A_SECOND:
            share.free += 1
            share.unpaid += 1
        elif not _is_before(at, share.unlimited_until):
            self._take(tenant, limit, share, at)
        return _left(limit, share, at)

    def _take(self, tenant: str, limit: RateLimit, share: _Share, at: datetime) -> None:
        """A chunk for what is to come, and what was given away. Raises `RateLimitedError`."""
        if _is_before(at, share.empty_until):
            share.closed_until = share.empty_until
            raise _refusal(share, at)
        chunk = min(max(share.requests, share.requests_before), limit.chunk)
        try:
            grant = self._buckets.take(tenant, limit, chunk + share.unpaid, at)
        except TransientError:
            share.unlimited_until = at + _UNLIMITED_FOR
            return
        left = grant.tokens - share.unpaid
        # No longer than half a bucket takes to fill, or what comes back would run over.
        pause = at + min(_PAUSE, limit.full_after / 2)
        share.empty_until = pause if grant.tokens < chunk + share.unpaid else None
        share.unpaid = max(0, -left)
        share.left, share.left_at = grant.left, at
        if left < 1:
            share.tokens = 0
            share.closed_until = max(grant.next_at, pause)
            raise _refusal(share, at)
        share.tokens, share.kept_until = left - 1, at + _KEPT_FOR


def _is_before(at: datetime, until: datetime | None) -> bool:
    """Never for longer than anything is remembered here, should the clock be set back."""
    return until is not None and at < until <= at + _KEPT_FOR


def _left(limit: RateLimit, share: _Share, at: datetime) -> int | None:
    """What was left when the bucket was last seen, and what has come back since; a guess."""
    if share.left_at is None or not _is_before(at, share.kept_until):
        return None
    returned = max(0, int((at - share.left_at).total_seconds() * limit.per_second))
    return min(limit.burst, share.left + share.tokens + returned)


def _refusal(share: _Share, at: datetime) -> RateLimitedError:
    assert share.closed_until is not None
    wait = -((at - share.closed_until) // _SECOND)
    message = "Your account makes more requests than its limit allows. Wait, then send it again."
    return RateLimitedError(message, retry_after_seconds=max(1, wait))
