"""How many events a tenant may post on a day (UTC): one count that all processes share.

The count is in the store. A process takes from it what a call needs, and ahead of that what it
needed in the last second, but never more ahead than a hundredth of what is left: so a busy
tenant costs a write for many events, and the last hundred are counted one by one. Never more
than the quota is given out; and who is refused misses at most what other processes hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from triggers_api.access.ports import DayCounts
from triggers_api.cache import Cache
from triggers_api.errors import QuotaExceededError, TransientError
from triggers_api.timestamps import Clock

_AHEAD_AT_MOST: Final = 100  # the hundredth part of what is left
_SECOND: Final = timedelta(seconds=1)
# Shorter than it takes to delete a tenant: who has its name next has a day's quota of its own.
_USED_UP_FOR: Final = timedelta(minutes=1)  # then the store is asked again
_UNCOUNTED_FOR: Final = timedelta(seconds=5)  # after an outage, do not wait for the store again
_REMEMBERED_AT_MOST: Final = 1000  # tenants; what was held for a forgotten one is lost to it


@dataclass(slots=True)
class _Share:
    """What one process knows about one tenant's day."""

    day: date
    quota: int
    left: int  # in the store, when it was last asked
    second_began_at: datetime
    needed: int = 0  # in this second
    needed_before: int = 0  # in the last one
    held: int = 0
    used_up_at: datetime | None = None  # when nothing was left
    uncounted_until: datetime | None = None

    def count(self, wanted: int, at: datetime) -> None:
        """Note what is needed."""
        age = at - self.second_began_at
        if not timedelta(0) <= age < _SECOND:
            self.needed_before = self.needed if timedelta(0) <= age < 2 * _SECOND else 0
            self.second_began_at, self.needed = at, 0
        self.needed += wanted

    def is_used_up(self, at: datetime) -> bool:
        """Whether nothing was left when the store was last asked, a minute ago at most."""
        if self.used_up_at is None:
            return False
        return timedelta(0) <= at - self.used_up_at < _USED_UP_FOR

    @property
    def ahead(self) -> int:
        """How much to take beyond what is needed now."""
        return min(max(self.needed, self.needed_before), self.left // _AHEAD_AT_MOST)


@dataclass(slots=True)
class Posting:
    """Events that are about to be stored."""

    allowed: int
    """How many of them may be; the first ones."""
    refusal: QuotaExceededError
    """For the others."""
    stored: int = 0
    """How many were, not counting those stored before: the rest is not used up."""


class DailyQuota:
    """Counts events before they are stored."""

    def __init__(self, counts: DayCounts, clock: Clock) -> None:
        """All processes share `counts`."""
        self._counts = counts
        self._clock = clock
        self._shares: Cache[str, _Share] = Cache(_REMEMBERED_AT_MOST)

    @contextmanager
    def posting(self, tenant: str, quota: int | None, wanted: int) -> Iterator[Posting]:
        """Store so many events inside this context, as far as they are allowed.

        Without a quota all are, and nothing is counted. If the store does not answer they are
        too: limits protect the service, not the bill.
        """
        at = self._clock()
        if quota is None:
            yield Posting(wanted, _refusal(at))
            return
        share = self._share(tenant, quota, at)
        counted, allowed = self._take(tenant, share, wanted, at)
        posting = Posting(allowed, _refusal(at))
        try:
            yield posting
        finally:
            share.held += max(0, counted - posting.stored)

    def _share(self, tenant: str, quota: int, at: datetime) -> _Share:
        """What is known; of another day, or another quota, nothing is."""
        day = at.astimezone(UTC).date()
        share = self._shares.get_or_read(tenant, lambda: _Share(day, quota, quota, at))
        if (share.day, share.quota) != (day, quota):
            share = _Share(day, quota, quota, at)
            self._shares.put(tenant, share)
        return share

    def _take(self, tenant: str, share: _Share, wanted: int, at: datetime) -> tuple[int, int]:
        """How many are counted, and how many allowed: in an outage those that are not, too."""
        share.count(wanted, at)
        missing = wanted - share.held
        is_away = share.uncounted_until is not None and at < share.uncounted_until
        if missing > 0 and not share.is_used_up(at) and not is_away:
            asked = missing + share.ahead
            try:
                taken = self._counts.take(tenant, share.day, share.quota, asked)
            except TransientError:
                share.uncounted_until, is_away = at + _UNCOUNTED_FOR, True
            else:
                share.held += taken.granted
                share.left = taken.left
                share.used_up_at = None if taken.left else at
        counted = min(wanted, share.held)
        share.held -= counted
        return counted, wanted if is_away else counted


def _refusal(at: datetime) -> QuotaExceededError:
    """It ends with the day, to the second."""
    at = at.astimezone(UTC)
    midnight = datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=1)
    message = "Your account has posted as many events as it may on a day. It ends at midnight UTC."
    return QuotaExceededError(message, retry_after_seconds=-((at - midnight) // _SECOND))
