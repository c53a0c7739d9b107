"""The token buckets in memory; `tests/contract` holds them to what the real ones do."""

from datetime import datetime

from triggers_api.token_bucket import Grant, RateLimit


class InMemoryTokenBuckets:
    """A `TokenBuckets`, which counts how often it was asked."""

    def __init__(self) -> None:
        self._spent_until: dict[str, datetime] = {}
        self.asked = 0

    def take(self, tenant: str, limit: RateLimit, wanted: int, at: datetime) -> Grant:
        self.asked += 1
        spent_until = max(self._spent_until.get(tenant, at), at)
        tokens = min(wanted, limit.tokens_at(at, spent_until))
        if tokens < 1:
            return Grant(0, 0, limit.next_at(spent_until))
        spent_until += limit.time_of(tokens)
        self._spent_until[tenant] = spent_until
        return Grant(tokens, limit.tokens_at(at, spent_until), at)
