"""The token buckets in memory; `tests/contract` holds them to what the real ones do."""

from datetime import date, datetime

from triggers_api.access.ports import CountTaken
from triggers_api.access.token_bucket import RateLimit, TokensTaken


class InMemoryTokenBuckets:
    """A `TokenBuckets`, which counts how often it was asked."""

    def __init__(self) -> None:
        self._spent_until: dict[str, datetime] = {}
        self.asked = 0

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        self.asked += 1
        spent_until = max(self._spent_until.get(bucket, at), at)
        tokens = min(wanted, limit.tokens_at(at, spent_until))
        if tokens < at_least:
            return TokensTaken(0, tokens, limit.next_at(spent_until, at_least))
        spent_until += limit.time_of(tokens)
        self._spent_until[bucket] = spent_until
        return TokensTaken(tokens, limit.tokens_at(at, spent_until), at)

    def owe(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> TokensTaken:
        self.asked += 1
        spent_until = max(self._spent_until.get(bucket, at), at) + limit.time_of(tokens)
        self._spent_until[bucket] = spent_until
        left = limit.tokens_at(at, spent_until)
        return TokensTaken(tokens, left, max(limit.next_at(spent_until), at))

    def forget(self, bucket: str) -> None:
        """As when its tenant is deleted."""
        self._spent_until.pop(bucket, None)

    def give_back(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> None:
        self._spent_until[bucket] = max(at, self._spent_until[bucket] - limit.time_of(tokens))


class InMemoryDayCounts:
    """A `DayCounts`, which counts how often it was asked."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[date, int]] = {}
        self.asked = 0

    def take(self, tenant: str, day: date, quota: int, wanted: int) -> CountTaken:
        self.asked += 1
        known, used = self._used.get(tenant, (day, 0))
        if known < day:
            known, used = day, 0
        granted = max(0, min(wanted, quota - used))
        self._used[tenant] = known, used + granted
        return CountTaken(granted, max(0, quota - used - granted))

    def forget(self, tenant: str) -> None:
        """As when the tenant is deleted."""
        self._used.pop(tenant, None)
