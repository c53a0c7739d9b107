"""An answer's rate limit headers, as in draft-ietf-httpapi-ratelimit-headers-11."""

from functools import lru_cache

from triggers_api.access.token_bucket import RateLimit

Headers = tuple[tuple[bytes, bytes], ...]


# In every answer, and of one limit only: a pure function of it, which neither ages nor grows.
@lru_cache(maxsize=8)
def policy(limit: RateLimit) -> Headers:
    """The limit: how many requests may come at once, and how long that many take to return."""
    window = -(-limit.burst // limit.per_second)
    return ((b"ratelimit-policy", b'"tenant";q=%d;w=%d' % (limit.burst, window)),)


def standing(limit: RateLimit, left: int | None, seconds: int | None = None) -> Headers:
    """The limit, and how much is left if that is known; `seconds` until more returns."""
    if left is None:
        return policy(limit)
    if seconds is None:
        seconds = max(1, -(-(limit.burst - left) // limit.per_second))
    return (*policy(limit), (b"ratelimit", b'"tenant";r=%d;t=%d' % (left, seconds)))
