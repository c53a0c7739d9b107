"""What keys and limits need from the outside."""

from datetime import datetime
from typing import Protocol

from triggers_api.access.keys import ApiKey
from triggers_api.access.token_bucket import RateLimit, TokensTaken


class ApiKeyStore(Protocol):
    """Keeps API keys, of which it never holds the secret."""

    def find(self, key_id: str) -> ApiKey | None:
        """The key as it is at this moment, read consistently."""
        ...

    def record_use(self, key_id: str, at: datetime) -> None:
        """Remember when the key was last used."""
        ...


class TokenBuckets(Protocol):
    """Keeps token buckets, a tenant's by its name; one that was never seen is full."""

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        """Take as many tokens as there are, up to those wanted; never one twice.

        None if there are not `at_least` so many. Raises `StoreUnavailableError`.
        """
        ...

    def give_back(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> None:
        """Put back tokens that were taken and not needed. Raises `StoreUnavailableError`."""
        ...
