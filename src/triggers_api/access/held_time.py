"""How long a tenant may keep functions waiting for somebody outside: seconds, not requests.

A limit of requests does not see that one of them holds a function for seconds while a receiver
is silent, and the account's functions are everybody's. So whoever is about to wait takes the
longest that it may take out of a bucket of seconds, and puts back what was not needed: of a
receiver that answers at once there can be many, of one that never does two at a time.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from triggers_api.access.ports import TokenBuckets
from triggers_api.access.token_bucket import RateLimit
from triggers_api.errors import RateLimitedError, TransientError
from triggers_api.timestamps import Clock

LONGEST: Final = 5  # seconds that one wait may take
HELD_SECONDS: Final = RateLimit(per_second=2, burst=10)  # two at a time, in the long run too
_SECOND: Final = timedelta(seconds=1)


class HeldTime:
    """Seconds that each tenant has left to hold."""

    def __init__(self, buckets: TokenBuckets, clock: Clock) -> None:
        """All processes share the buckets."""
        self._buckets = buckets
        self._clock = clock

    @contextmanager
    def hold(self, tenant: str) -> Iterator[None]:
        """Wait inside it, for `LONGEST` at most. Raises `RateLimitedError`.

        A store that does not answer admits nobody: what is protected is everybody else.
        """
        bucket, begun = f"{tenant}#held", self._clock()
        most = LONGEST
        grant = self._buckets.take(bucket, HELD_SECONDS, most, begun, at_least=most)
        if grant.tokens < most:
            message = "Your account waits for too many receivers at once. Try again in a moment."
            wait = -((begun - grant.next_at) // _SECOND)
            raise RateLimitedError(message, retry_after_seconds=max(1, wait))
        try:
            yield
        finally:
            ended = self._clock()
            unused = most - max(1, -((begun - ended) // _SECOND))
            if unused > 0:
                with suppress(TransientError):  # they come back with time
                    self._buckets.give_back(bucket, HELD_SECONDS, unused, ended)
