"""What keys and limits need from the outside."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from triggers_api.access.keys import ApiKey
from triggers_api.access.tenants import Deletion, Overrides, Tenant, TenantPage, TenantState
from triggers_api.access.token_bucket import RateLimit, TokensTaken


@dataclass(frozen=True, slots=True)
class KeyQuery:
    """What a list of keys asks for: all that the tenant ever had."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key stands in its tenant's list."""

    created_at: datetime
    key_id: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some of a tenant's keys, and after which to go on; None on the last page."""

    keys: tuple[ApiKey, ...]
    next_after: KeyPlace | None


@dataclass(frozen=True, slots=True)
class Unrevoked:
    """A tenant's keys that are not revoked, expired ones too."""

    ids: frozenset[str]
    keys: tuple[ApiKey, ...]
    """Those of them that can be read: nobody gets in with another."""

    def hides(self, key_id: str) -> bool:
        """Whether there is such a key, which cannot be read."""
        return key_id in self.ids and all(each.key_id != key_id for each in self.keys)


class ApiKeyStore(Protocol):
    """Keeps API keys, never their secrets."""

    def find(self, key_id: str) -> ApiKey | None:
        """The key as it is now, read consistently. Raises `UnreadableError`."""
        ...

    def find_of(self, tenant: str | None, key_id: str) -> ApiKey | None:
        """A tenant's key by its id, read consistently.

        Raises `UnreadableError` if the tenant has it, but it cannot be read.
        """
        ...

    def record_use(self, key_id: str, at: datetime) -> None:
        """Remember when the key was last used."""
        ...

    def add(self, key: ApiKey) -> None:
        """Keep a new key. Raises `ConflictError` if its tenant has `MAX_KEYS` unrevoked ones.

        A session's is not counted and not listed, and goes by itself some time after it expired.
        """
        ...

    def list_keys(self, tenant: str | None, *, limit: int, after: KeyPlace | None) -> KeyPage:
        """All keys that a tenant ever had, newest first; from an index, so a moment late.

        None lists those of operators.
        """
        ...

    def list_unrevoked(self, tenant: str | None) -> Unrevoked:
        """A tenant's keys that are not revoked, read consistently."""
        ...

    def rotate(self, rotated: ApiKey, *, known: ApiKey) -> bool:
        """Keep a key's new secrets; False if it was rotated or revoked since it was read."""
        ...

    def revoke(
        self, tenant: str | None, key_id: str, at: datetime, *, known: frozenset[str]
    ) -> bool:
        """End a key for good; False if its tenant's unrevoked keys are no longer those known.

        Of revocations at once that know of the same keys, one is done. The first moment stays.
        """
        ...


@dataclass(frozen=True, slots=True)
class TenantQuery:
    """Tenants whose names begin so, in order."""

    prefix: str


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
        suspended_at: datetime | None = None,
    ) -> Tenant | None:
        """Change what is given, and answer the record; None if it is gone or being deleted.

        Of the limits, only those named change: two changes at once lose nothing of each other.
        """
        ...

    def list_tenants(self, prefix: str, *, limit: int, after: str | None) -> TenantPage:
        """Up to `limit` tenants that are called so at the beginning, in the order of their names.

        From an index, a moment late, but each as it is now.
        """
        ...

    def list_deleting(self, *, limit: int) -> tuple[str, ...]:
        """Tenants that are being deleted, from an index that holds them apart; a moment late."""
        ...


@dataclass(frozen=True, slots=True)
class CountTaken:
    """What was given out of a day's quota, up to what was wanted, and what is left."""

    granted: int
    left: int


class DayCounts(Protocol):
    """Counts by tenant what is used of a day's quota."""

    def take(self, tenant: str, day: date, quota: int, wanted: int) -> CountTaken:
        """Give out up to `wanted`, as many as there are; never more than the quota in all.

        Raises `StoreUnavailableError`.
        """
        ...


class DeletionReader(Protocol):
    """Tells how far a tenant's deletion has come."""

    def find(self, tenant: str) -> Deletion | None:
        """None before the first run of the deletion, and after its last."""
        ...


class DeletionStore(DeletionReader, Protocol):
    """Keeps how far deletions have come, and who works on them."""

    def take(self, tenant: str, at: datetime, *, until: datetime) -> bool:
        """Be the only one who works on this tenant for so long; False if somebody else is."""
        ...

    def release(self, tenant: str) -> None:
        """Let others work on it."""
        ...

    def begin(self, tenant: str, tenant_created_at: datetime, at: datetime) -> Deletion:
        """The deletion of the tenant that was created then; it begins now unless it has begun.

        One of an earlier tenant of that name is forgotten.
        """
        ...

    def keep(self, tenant: str, deletion: Deletion) -> None:
        """Keep how far it has come, if it has begun."""
        ...

    def remove(self, tenant: str) -> None:
        """Forget it."""
        ...

    def end(self, tenant: str) -> None:
        """Forget it and the tenant's record, both or neither; nothing else is left of the tenant.

        Without the record nobody would come back for the row. Without the row, which is a lock,
        another run could take up a deletion while somebody makes a tenant of this name.
        """
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
        """Put back unused tokens; a bucket that owes then owes less. Raises `StoreUnavailableError`."""
        ...
