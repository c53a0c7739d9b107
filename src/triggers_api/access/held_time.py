"""How long a tenant may keep functions waiting for outside receivers: seconds, not requests.

A request limit does not see that one request holds a function for seconds while a receiver is
silent, and all tenants share the account's functions. So before it waits, a request takes the
longest wait out of a bucket of seconds, and afterwards puts back what it did not need. Many
requests can run if their receivers answer at once, but only two at a time if they never do.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import StrEnum
from typing import Final

from triggers_api.access.ports import TokenBuckets
from triggers_api.access.token_bucket import RateLimit
from triggers_api.errors import RateLimitedError, TransientError
from triggers_api.timestamps import Clock


class Kind(StrEnum):
    """What is waited for; each is counted apart."""

    TESTS = "held"  # test messages
    LOOK_UPS = "looking-up"  # the addresses of a config's receiver


LONGEST: Final = 5  # seconds that one wait may take
HELD_SECONDS: Final = RateLimit(per_second=2, burst=10)  # two at a time, in the long run too
_SECOND: Final = timedelta(seconds=1)


class HeldTime:
    """Seconds that each tenant has left to hold."""

    def __init__(self, buckets: TokenBuckets, clock: Clock, *, kind: Kind = Kind.TESTS) -> None:
        """All processes share the buckets."""
        self._buckets = buckets
        self._clock = clock
        self._kind = kind

    @contextmanager
    def hold(self, tenant: str) -> Iterator[None]:
        """Wait inside this context, for `LONGEST` at most. Raises `RateLimitedError`.

        If the store does not answer nobody is admitted, because this protects everybody else.
        """
        bucket, begun = bucket_of(tenant, self._kind), self._clock()
        most = LONGEST
        taken = self._buckets.take(bucket, HELD_SECONDS, most, begun, at_least=most)
        if taken.tokens < most:
            message = "Your account waits for too many receivers at once. Try again in a moment."
            wait = -((begun - taken.next_at) // _SECOND)
            raise RateLimitedError(message, retry_after_seconds=max(1, wait))
        try:
            yield
        finally:
            ended = self._clock()
            unused = most - max(1, -((begun - ended) // _SECOND))
            if unused > 0:
                with suppress(TransientError):  # they come back with time
                    self._buckets.give_back(bucket, HELD_SECONDS, unused, ended)


def bucket_of(tenant: str, kind: Kind) -> str:
    """The name of a tenant's bucket."""
    return f"{tenant}#{kind}"
