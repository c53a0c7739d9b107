"""How many requests a tenant may make: a token bucket that all processes share, paid in chunks.

The bucket is in the store. A process takes tokens from it in chunks of about what it needed in
the last second, and spends one for each request. The first two requests of a second are free,
and are paid for with the next chunk if one is taken in that second. So a quiet tenant costs no
write, and a busy one costs a write for each chunk.

This bounds how much is admitted while `n` processes serve a tenant. Within any `t` seconds at
most `burst + rate * t` tokens leave the bucket. Besides, each process may hold `chunk` tokens
at the start, and gives away two requests in each of the `t + 2` seconds that it touches. So
never more than this is admitted:

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

FREE_A_SECOND: Final = 2  # enough for a poll and its acknowledgement
_SECOND: Final = timedelta(seconds=1)
# Tokens last longer than the second they were taken for, so that uneven traffic loses none.
_KEPT_FOR: Final = timedelta(seconds=5)
_PAUSE: Final = timedelta(milliseconds=500)  # at most two refused writes a second and process
_UNLIMITED_FOR: Final = timedelta(seconds=5)  # after an outage, do not wait for the store again
_REMEMBERED_AT_MOST: Final = 1000  # tenants; a forgotten one starts again, with two free requests


@dataclass(slots=True)
class _Share:
    """What one process knows about one tenant."""

    second_began_at: datetime
    requests: int = 0  # in this second
    requests_before: int = 0  # in the last one
    free: int = 0  # requests given away in this second
    unpaid: int = 0  # those of them that no chunk has paid for
    tokens: int = 0
    kept_until: datetime | None = None
    left: int = 0
    left_at: datetime | None = None
    empty_until: datetime | None = None  # the bucket gave its last tokens
    closed_until: datetime | None = None
    unlimited_until: datetime | None = None

    def count(self, at: datetime) -> None:
        """Count a request. A clock that was set back begins a new second."""
        age = at - self.second_began_at
        if not timedelta(0) <= age < _SECOND:
            self.requests_before = self.requests if timedelta(0) <= age < 2 * _SECOND else 0
            self.second_began_at = at
            self.requests = self.free = self.unpaid = 0
        self.requests += 1


class RateLimiter:
    """Admits or refuses requests."""

    def __init__(self, buckets: TokenBuckets, limit: RateLimit | None, clock: Clock) -> None:
        """Without a limit everybody is admitted, and no bucket is asked."""
        self._buckets = buckets
        self._limit = limit
        self._clock = clock
        self._shares: Cache[str, _Share] = Cache(_REMEMBERED_AT_MOST)

    @property
    def limit(self) -> RateLimit | None:
        """Each tenant's limit; None if there is none."""
        return self._limit

    def admit(self, tenant: str) -> int | None:
        """Count a tenant's request; returns the tokens left, if known. Raises `RateLimitedError`.

        If the store does not answer, requests are admitted: limits protect the service, not the
        bill.
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
        """Take a chunk, and pay for the free requests. Raises `RateLimitedError`."""
        if _is_before(at, share.empty_until):
            share.closed_until = share.empty_until
            raise _refusal(share, at)
        chunk = min(max(share.requests, share.requests_before), limit.chunk)
        try:
            taken = self._buckets.take(tenant, limit, chunk + share.unpaid, at)
        except TransientError:
            share.unlimited_until = at + _UNLIMITED_FOR
            return
        left = taken.tokens - share.unpaid
        # At most half the time the bucket takes to fill, or returning tokens would overflow it.
        pause = at + min(_PAUSE, limit.full_after / 2)
        share.empty_until = pause if taken.tokens < chunk + share.unpaid else None
        share.unpaid = max(0, -left)
        share.left, share.left_at = taken.left, at
        if left < 1:
            share.tokens = 0
            share.closed_until = max(taken.next_at, pause)
            raise _refusal(share, at)
        share.tokens, share.kept_until = left - 1, at + _KEPT_FOR


def _is_before(at: datetime, until: datetime | None) -> bool:
    """Ignores an `until` too far ahead, in case the clock was set back."""
    return until is not None and at < until <= at + _KEPT_FOR


def _left(limit: RateLimit, share: _Share, at: datetime) -> int | None:
    """An estimate: the tokens left when the bucket was last seen, and those returned since."""
    if share.left_at is None or not _is_before(at, share.kept_until):
        return None
    returned = max(0, int((at - share.left_at).total_seconds() * limit.per_second))
    return min(limit.burst, share.left + share.tokens + returned)


def _refusal(share: _Share, at: datetime) -> RateLimitedError:
    assert share.closed_until is not None
    wait = -((at - share.closed_until) // _SECOND)
    message = "Your account makes more requests than its limit allows. Wait, then send it again."
    return RateLimitedError(message, retry_after_seconds=max(1, wait))
