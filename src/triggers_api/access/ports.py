"""What keys and limits need from the outside."""

from datetime import datetime
from typing import Protocol

from triggers_api.access.keys import ApiKey
from triggers_api.access.token_bucket import RateLimit, TokensTaken


class ApiKeyStore(Protocol):
    """Keeps API keys, never their secrets."""

    def find(self, key_id: str) -> ApiKey | None:
        """The key as it is now, read consistently."""
        ...

    def record_use(self, key_id: str, at: datetime) -> None:
        """Remember when the key was last used."""
        ...


class TokenBuckets(Protocol):
    """Keeps token buckets by tenant; a new bucket is full."""

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        """Take up to `wanted` tokens, as many as there are; no token is taken twice.

        Takes none if there are fewer than `at_least`. Raises `StoreUnavailableError`.
        """
        ...

    def give_back(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> None:
        """Put back unused tokens. Raises `StoreUnavailableError`."""
        ...
