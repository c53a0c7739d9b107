"""What usage needs from the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from triggers_api.usage.counters import Amounts, Count, Row


class CounterStore(Protocol):
    """Keeps rows of counters."""

    def add(self, shard: str, counts: Sequence[Count]) -> None:
        """Add to a row what it has not counted yet of these records.

        All are of one row and one shard, in the order of their numbers, and none of the row's is
        left out between the first and the last. Raises `StoreUnavailableError`; then as before or
        after, the same call counts exactly once.
        """
        ...

    def find(self, row: Row) -> Amounts:
        """What a row holds, read consistently; nothing, if there is no such row."""
        ...


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """All tenants of a day, which is written as in ISO 8601."""

    day: str


@dataclass(frozen=True, slots=True)
class UsageOfTenants:
    """Some tenants' amounts of one day, in the order of their names."""

    amounts: Mapping[str, Amounts]
    next_after: str | None  # the tenant to continue after; None if there is none behind


class UsageStore(Protocol):
    """Reads what was counted, day by day."""

    def read_days(self, tenant: str, first: date, last: date) -> Mapping[date, Amounts]:
        """A tenant's amounts from one day to another; days without any are left out."""
        ...

    def read_rows(self, tenant: str, first: Row, last: Row) -> Mapping[str, Amounts]:
        """A tenant's rows whose names lie from one to another, by name."""
        ...

    def list_tenants(self, day: date, *, limit: int, after: str | None) -> UsageOfTenants:
        """The tenants that have amounts of a day; those first seen a moment ago may be missing."""
        ...


@dataclass(frozen=True, slots=True)
class ActiveTenant:
    """A tenant that may have something to look after."""

    tenant: str
    active_at: datetime


class ActiveTenants(Protocol):
    """Remembers who is active, so that nobody needs to look at all tenants: see `active`."""

    def note_active(self, tenant: str, at: datetime) -> None:
        """Something of the tenant's was stored. A note never goes back in time."""
        ...

    def list_active(self) -> tuple[ActiveTenant, ...]:
        """All that were noted and not forgotten, in the order of their names."""
        ...

    def forget_active(self, tenant: str, seen_at: datetime) -> bool:
        """Forget a tenant, unless it was noted again since it was seen like that."""
        ...
