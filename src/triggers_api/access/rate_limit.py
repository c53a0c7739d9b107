"""How much a tenant may ask for: a token bucket that all processes share, paid in chunks.

What an operation costs is declared with it. Each call pays one token when it comes. What is
known to cost more pays the rest before anything is done; what a list read is known afterwards,
and is owed. A debt closes the bucket until it has come back.

The bucket is in the store. A process takes tokens from it in chunks of about what it needed in
the last second. The first two calls of a second are free, and are paid for with the next chunk
if one is taken in that second; so are small debts, up to a chunk, however old. So a quiet
tenant costs no write, and a busy one costs a write for each chunk.

This bounds what is admitted while `n` processes serve a tenant, each one call at a time. Within
any `t` seconds at most `burst + rate * t` tokens leave the bucket. Besides, each process may
hold `chunk` tokens at the start, gives two calls away in each of the `t + 2` seconds that it
touches, and at the end owes a chunk and its last call, which closed the bucket for it until
everything owed so far has come back. So never more tokens' worth than this is admitted, where
`dearest` is the most that one call costs beyond what it paid before it began:

    burst + rate * t + n * (2 * chunk + dearest + 2 * (t + 2))
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.ports import TokenBuckets
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.cache import Cache
from triggers_api.errors import RateLimitedError, TransientError
from triggers_api.timestamps import Clock

FREE_A_SECOND: Final = 2  # enough for a poll and its acknowledgement
_SECOND: Final = timedelta(seconds=1)
# Tokens last longer than the second they were taken for, so that uneven traffic loses none.
_KEPT_FOR: Final = timedelta(seconds=5)
_PAUSE: Final = timedelta(milliseconds=500)  # at most two refused writes a second and process
# Shorter than it takes to delete a tenant: who has its name next pays no debt of an earlier one.
_CLOSED_FOR: Final = timedelta(minutes=1)  # then the bucket is asked again
_UNLIMITED_FOR: Final = timedelta(seconds=5)  # after an outage, do not wait for the store again
_REMEMBERED_AT_MOST: Final = 1000  # tenants; a forgotten one starts again, with two free calls


@dataclass(slots=True)
class _Share:
    """What one process knows about one tenant."""

    limit: RateLimit
    second_began_at: datetime
    needed: int = 0  # tokens, in this second
    needed_before: int = 0  # in the last one
    free: int = 0  # calls given away in this second
    unpaid: int = 0  # those of them that no chunk has paid for
    owed: int = 0  # what calls cost beyond what they paid, however long ago
    tokens: int = 0
    kept_until: datetime | None = None
    left: int = 0
    left_at: datetime | None = None
    empty_until: datetime | None = None  # the bucket gave its last tokens
    closed_at: datetime | None = None
    closed_until: datetime | None = None
    lacked: int = 0  # more than the bucket had, when it was asked for so many
    lacked_at: datetime | None = None
    enough_at: datetime | None = None  # when it will have had so many
    unlimited_until: datetime | None = None

    def count(self, at: datetime) -> None:
        """Count a call. A clock that was set back begins a new second."""
        age = at - self.second_began_at
        if not timedelta(0) <= age < _SECOND:
            self.needed_before = self.needed if timedelta(0) <= age < 2 * _SECOND else 0
            self.second_began_at = at
            self.needed = self.free = self.unpaid = 0
        self.needed += 1

    def is_closed(self, at: datetime) -> bool:
        """Whether everything is refused; not by what was known before a clock was set back."""
        if self.closed_at is None or self.closed_until is None:
            return False
        return self.closed_at <= at < self.closed_until

    def was_closed_lately(self, at: datetime) -> bool:
        """Whether the bucket said so a minute ago at most."""
        return self.closed_at is not None and at - self.closed_at < _CLOSED_FOR

    def spend(self, tokens: int, at: datetime) -> int:
        """Pay with tokens that are held; returns how many are missing."""
        held = self.tokens if _is_before(at, self.kept_until) else 0
        paid = min(tokens, held)
        self.tokens = held - paid
        return tokens - paid

    def settle(self, tokens: int) -> int:
        """Pay old debts, then free calls, with tokens just taken; returns how many remain."""
        for_debts = min(tokens, self.owed)
        self.owed -= for_debts
        for_free = min(tokens - for_debts, self.unpaid)
        self.unpaid -= for_free
        return tokens - for_debts - for_free

    def undo(self) -> None:
        """Give a call that was refused after it had paid its token the token back."""
        if self.unpaid:
            self.free, self.unpaid = self.free - 1, self.unpaid - 1
        else:
            self.tokens += 1


class RateLimiter:
    """Admits calls, charges them, or refuses them."""

    def __init__(self, buckets: TokenBuckets, clock: Clock) -> None:
        """All processes share the buckets."""
        self._buckets = buckets
        self._clock = clock
        self._shares: Cache[str, _Share] = Cache(_REMEMBERED_AT_MOST)

    def admit(self, tenant: str, limit: RateLimit) -> int | None:
        """Take a call's first token; returns the tokens left, if known.

        Raises `RateLimitedError`. If the store does not answer, calls are admitted: limits
        protect the service, not the bill.
        """
        share, at = self._share(tenant, limit)
        share.count(at)
        if share.is_closed(at):
            if share.was_closed_lately(at):
                raise _refusal(share.closed_until, at)
            self._take_chunk(tenant, share, at)
        elif share.spend(1, at) == 0:
            pass
        elif share.free < FREE_A_SECOND:
            share.free += 1
            share.unpaid += 1
        elif not _is_before(at, share.unlimited_until):
            self._take_chunk(tenant, share, at)
        return _left(share, at)

    def charge(self, tenant: str, limit: RateLimit, tokens: int) -> int | None:
        """Take the other tokens of an admitted call before it does anything; see `admit`.

        One that costs about the burst or more needs a bucket that is full but for a chunk, and
        owes the rest. Raises `RateLimitedError`: then it has paid nothing, and cheaper calls of
        the tenant may pass.
        """
        share, at = self._share(tenant, limit)
        share.needed += tokens
        held = share.tokens if _is_before(at, share.kept_until) else 0
        if _is_before(at, share.unlimited_until) or tokens <= held:
            share.spend(tokens, at)
            return _left(share, at)
        due = share.owed + share.unpaid
        needed = min(tokens - held + due, max(1, limit.burst - limit.chunk))
        if _is_before(at, share.lacked_at and share.lacked_at + _PAUSE) and needed >= share.lacked:
            share.undo()
            more = limit.time_of(needed - share.lacked)
            raise _refusal(share.enough_at and share.enough_at + more, at)
        wanted = tokens - held + due
        taken = self._take(tenant, share, wanted, at, at_least=needed)
        if taken is None:
            return None
        if taken.tokens < needed:
            share.lacked, share.lacked_at = needed, at
            # Its first token is taken again when it comes again.
            share.enough_at = taken.next_at + limit.time_of(1)
            share.undo()
            raise _refusal(share.enough_at, at)
        missing = share.spend(tokens, at) - share.settle(taken.tokens)
        return self._owe(tenant, share, missing, at)

    def owe(self, tenant: str, limit: RateLimit, tokens: int) -> int | None:
        """Note what a call turned out to cost beyond what it paid, and what is left then.

        It is done, so it is not refused; a debt closes the bucket to those that follow.
        """
        share, at = self._share(tenant, limit)
        share.needed += tokens
        return self._owe(tenant, share, share.spend(tokens, at), at)

    def closed_for(self, tenant: str, limit: RateLimit) -> int | None:
        """For how many seconds this process refuses the tenant's calls; None if it does not."""
        share, at = self._share(tenant, limit)
        return _seconds_until(share.closed_until, at) if share.is_closed(at) else None

    def _share(self, tenant: str, limit: RateLimit) -> tuple[_Share, datetime]:
        """What is known; a limit that was changed makes what is known of the bucket void."""
        at = self._clock()
        share = self._shares.get_or_read(tenant, lambda: _Share(limit, at))
        if share.limit != limit:
            share.limit = limit
            share.closed_until = share.empty_until = share.lacked_at = share.left_at = None
        return share, at

    def _take_chunk(self, tenant: str, share: _Share, at: datetime) -> None:
        """Take a chunk, and pay with it what is unpaid. Raises `RateLimitedError`."""
        if _is_before(at, share.empty_until):
            share.closed_at, share.closed_until = at, share.empty_until
            raise _refusal(share.closed_until, at)
        limit = share.limit
        chunk = min(max(share.needed, share.needed_before), limit.chunk)
        wanted = chunk + share.owed + share.unpaid
        taken = self._take(tenant, share, wanted, at)
        if taken is None:
            return
        # At most half the time the bucket takes to fill, or returning tokens would overflow it.
        pause = at + min(_PAUSE, limit.full_after / 2)
        share.empty_until = pause if taken.tokens < wanted else None
        left = share.settle(taken.tokens)
        if left < 1:
            share.tokens = 0
            share.closed_at, share.closed_until = at, max(taken.next_at, pause)
            raise _refusal(share.closed_until, at)
        share.tokens, share.kept_until = left - 1, at + _KEPT_FOR

    def _take(
        self, tenant: str, share: _Share, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken | None:
        """Ask the bucket; None if it does not answer, and then is not asked for a while."""
        try:
            taken = self._buckets.take(tenant, share.limit, wanted, at, at_least=at_least)
        except TransientError:
            share.unlimited_until = at + _UNLIMITED_FOR
            return None
        share.left, share.left_at = taken.left, at
        return taken

    def _owe(self, tenant: str, share: _Share, tokens: int, at: datetime) -> int | None:
        share.owed += tokens
        if share.owed <= share.limit.chunk or _is_before(at, share.unlimited_until):
            return _left(share, at)
        try:
            owing = self._buckets.owe(tenant, share.limit, share.owed, at)
        except TransientError:
            share.unlimited_until = at + _UNLIMITED_FOR
            return None
        share.owed = 0
        share.left, share.left_at = owing.left, at
        if owing.next_at > at:
            share.closed_at, share.closed_until = at, owing.next_at
            return 0
        return owing.left


def _is_before(at: datetime, until: datetime | None) -> bool:
    """Ignores an `until` too far ahead, in case the clock was set back."""
    return until is not None and at < until <= at + _KEPT_FOR


def _left(share: _Share, at: datetime) -> int | None:
    """An estimate: the tokens left when the bucket was last seen, and those returned since."""
    if share.left_at is None or not _is_before(at, share.kept_until):
        return None
    limit = share.limit
    returned = max(0, int((at - share.left_at).total_seconds() * limit.per_second))
    return min(limit.burst, share.left + share.tokens + returned)


def _seconds_until(until: datetime | None, at: datetime) -> int:
    assert until is not None
    return max(1, -((at - until) // _SECOND))


def _refusal(until: datetime | None, at: datetime) -> RateLimitedError:
    message = "Your account makes more requests than its limit allows. Wait, then send it again."
    return RateLimitedError(message, retry_after_seconds=_seconds_until(until, at))
