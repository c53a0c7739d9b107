"""What keys and limits need from the outside."""

from datetime import datetime
from typing import Protocol

from triggers_api.access.keys import ApiKey
from triggers_api.access.tenants import Overrides, Tenant, TenantState
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
        state: TenantState | None = None,
    ) -> bool:
        """Change what is given; False if there is no such tenant, or it is being deleted."""
        ...

    def remove(self, tenant: str) -> None:
        """Forget a record, once nothing else is left of its tenant."""
        ...

    def list_tenants(self, prefix: str, *, limit: int, after: str | None) -> tuple[Tenant, ...]:
        """Up to `limit` tenants whose names begin so, in order of names; from an index."""
        ...

    def list_deleting(self, *, limit: int) -> tuple[str, ...]:
        """Tenants that are being deleted; from an index that holds nobody else."""
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
