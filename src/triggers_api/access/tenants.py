"""Tenants: the accounts that keys belong to, what each may use, and how each stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from triggers_api.access.token_bucket import RateLimit

Overrides = Mapping[str, int | None]
"""The limits that are a tenant's own, by name; None lifts the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a tenant may do; None where there is no limit."""

    requests_per_second: int | None = None
    burst: int | None = None
    events_per_day: int | None = None
    configs: int | None = None
    deliveries_per_second: int | None = None

    @property
    def rate(self) -> RateLimit | None:
        """The token bucket; without a burst, two seconds' worth is as good as any."""
        per_second = self.requests_per_second
        if per_second is None:
            return None
        return RateLimit(per_second, 2 * per_second if self.burst is None else self.burst)

    def overridden_by(self, own: Overrides) -> Self:
        """These limits, but for those that are a tenant's own."""
        if not own:
            return self
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        return type(self)(**(known | {name: own[name] for name in known if name in own}))


LIMIT_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "requests_per_second": (1, 100_000),
    "burst": (1, 1_000_000),
    "events_per_day": (0, 999_999_999),
    "configs": (0, 1000),
    "deliveries_per_second": (1, 1000),
}
"""From where to where a tenant's own limits go."""


class TenantState(StrEnum):
    """Whether a tenant's keys work."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # by the operator; everything is kept
    DELETING = "deleting"  # for good: its keys are dead, and its data goes piece by piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A tenant's record."""

    tenant: str
    name: str
    created_at: datetime
    own_limits: Overrides = field(default_factory=dict)
    state: TenantState = TenantState.ACTIVE
    suspended_at: datetime | None = None  # the last time, also if it was let in again

    @classmethod
    def without_record(cls, tenant: str) -> Self:
        """A tenant that has keys and no record: it is active, and all its limits are defaults."""
        return cls(tenant=tenant, name=tenant, created_at=datetime.min.replace(tzinfo=UTC))

    def ended(self, session_made_at: datetime) -> bool:
        """Whether a suspension ended a session whose link was made then; it does so for good."""
        return self.suspended_at is not None and session_made_at <= self.suspended_at


@dataclass(frozen=True, slots=True)
class TenantPage:
    """Some tenants in the order of their names, and after whom to go on; None on the last page."""

    tenants: tuple[Tenant, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """How far a tenant's deletion has come."""

    began_at: datetime
    progressed_at: datetime  # when something of the tenant was removed last
    removed: Mapping[str, int] = field(default_factory=dict)  # by kind

    def after(self, removed: Mapping[str, int], at: datetime) -> Self:
        """The deletion after so much more was removed."""
        if not removed:
            return self
        kinds = [*self.removed, *(each for each in removed if each not in self.removed)]
        total = {each: self.removed.get(each, 0) + removed.get(each, 0) for each in kinds}
        return type(self)(began_at=self.began_at, progressed_at=at, removed=total)
