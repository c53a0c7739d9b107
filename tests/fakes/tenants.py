"""The records of tenants in memory; `tests/contract` holds them to what the real ones do."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from triggers_api.access.tenants import Deletion, Overrides, Tenant, TenantPage, TenantState


class InMemoryTenantStore:
    """A `TenantStore`."""

    def __init__(self) -> None:
        self._records: dict[str, Tenant] = {}

    def find(self, tenant: str) -> Tenant | None:
        return self._records.get(tenant)

    def add(self, tenant: Tenant) -> bool:
        return self._records.setdefault(tenant.tenant, tenant) is tenant

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
        known = self._records.get(tenant)
        if known is None or known.state is TenantState.DELETING:
            return None
        limits = {**known.own_limits, **(own_limits or {})}
        changed = replace(
            known,
            name=known.name if name is None else name,
            own_limits={each: limits[each] for each in limits if each not in back_to_default},
            state=state or known.state,
            suspended_at=suspended_at or known.suspended_at,
        )
        self._records[tenant] = changed
        return changed

    def forget(self, tenant: str) -> None:
        """What the end of a deletion does to the record."""
        self._records.pop(tenant, None)

    def list_tenants(self, prefix: str, *, limit: int, after: str | None) -> TenantPage:
        names = [each for each in sorted(self._records) if each.startswith(prefix)]
        names = [each for each in names if after is None or each > after]
        shown = tuple(self._records[each] for each in names[:limit])
        return TenantPage(shown, shown[-1].tenant if len(names) > limit else None)

    def list_deleting(self, *, limit: int) -> tuple[str, ...]:
        deleting = (each for each in self._records.values() if each.state is TenantState.DELETING)
        return tuple(sorted(each.tenant for each in deleting))[:limit]


@dataclass
class _Row:
    taken_until: datetime | None = None
    tenant_created_at: datetime | None = None
    deletion: Deletion | None = None


class InMemoryDeletionStore:
    """A `DeletionStore`, of these tenants."""

    def __init__(self, tenants: InMemoryTenantStore | None = None) -> None:
        self._tenants = tenants or InMemoryTenantStore()
        self._rows: dict[str, _Row] = {}

    def find(self, tenant: str) -> Deletion | None:
        return self._rows[tenant].deletion if tenant in self._rows else None

    def take(self, tenant: str, at: datetime, *, until: datetime) -> bool:
        row = self._rows.setdefault(tenant, _Row())
        if row.taken_until is not None and row.taken_until > at:
            return False
        row.taken_until = until
        return True

    def release(self, tenant: str) -> None:
        if tenant in self._rows:
            self._rows[tenant].taken_until = None

    def begin(self, tenant: str, tenant_created_at: datetime, at: datetime) -> Deletion:
        row = self._rows.setdefault(tenant, _Row())
        if row.deletion is None or row.tenant_created_at != tenant_created_at:
            row.tenant_created_at = tenant_created_at
            row.deletion = Deletion(began_at=at, progressed_at=at)
        return row.deletion

    def keep(self, tenant: str, deletion: Deletion) -> None:
        known = self.find(tenant)
        if known is not None and known.began_at == deletion.began_at:
            self._rows[tenant].deletion = deletion

    def remove(self, tenant: str) -> None:
        self._rows.pop(tenant, None)

    def end(self, tenant: str) -> None:
        self._rows.pop(tenant, None)
        self._tenants.forget(tenant)
