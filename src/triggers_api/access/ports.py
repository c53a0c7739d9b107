"""What keys and limits need from the outside."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from triggers_api.access.keys import ApiKey
from triggers_api.access.tenants import Overrides, Tenant, TenantPage, TenantState
from triggers_api.access.token_bucket import RateLimit, TokensTaken


class ApiKeyStore(Protocol):
    """Keeps API keys, never their secrets."""

    def find(self, key_id: str) -> ApiKey | None:
        """The key as it is now, read consistently."""
        ...

    def record_use(self, key_id: str, at: datetime) -> None:
        """Remember when the key was last used."""
        ...


class TenantStore(Protocol):
    """Keeps the records of tenants."""

    def find(self, tenant: str) -> Tenant | None:
        """The record as it is now, read consistently."""
        ...

    def add(self, tenant: Tenant) -> bool:
        """Keep a new record; False if there is one already."""
        ...

    def change(
        self,
        tenant: str,
        *,
        name: str | None = None,
        own_limits: Overrides | None = None,
        back_to_default: Collection[str] = (),
        state: TenantState | None = None,
    ) -> Tenant | None:
        """Change what is given, and answer the record; None if it is gone or being deleted.

        Of the limits, only those named change: two changes at once lose nothing of each other.
        """
        ...

    def remove(self, tenant: str) -> None:
        """Forget a record, once nothing else is left of its tenant."""
        ...

    def list_tenants(self, prefix: str, *, limit: int, after: str | None) -> TenantPage:
        """Up to `limit` tenants that are called so at the beginning, in the order of their names.

        From an index, a moment late, but each as it is now.
        """
        ...

    def list_deleting(self, *, limit: int) -> tuple[str, ...]:
        """Tenants that are being deleted, from an index that holds them apart; a moment late."""
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

    def owe(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> TokensTaken:
        """Take so many whether or not they are there: the bucket then owes the others.

        It gives nothing until they have come back; `next_at` is when it gives the next one.
        Raises `StoreUnavailableError`.
        """
        ...

    def give_back(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> None:
        """Put back unused tokens. Raises `StoreUnavailableError`."""
        ...
