"""What the operator does with tenants: make, find, list and change them."""

from collections.abc import Collection
from typing import Final

from triggers_api.access.ports import TenantStore
from triggers_api.access.tenants import Overrides, Tenant, TenantPage, TenantState
from triggers_api.errors import ConflictError, NotFoundError
from triggers_api.timestamps import Clock

_STATES: Final = {True: TenantState.SUSPENDED, False: TenantState.ACTIVE}


class RunTenants:
    """Keeps the records of tenants."""

    def __init__(self, store: TenantStore, clock: Clock) -> None:
        """`clock` tells when a tenant was made."""
        self._store = store
        self._clock = clock

    def create(self, tenant: str, name: str, own_limits: Overrides, *, suspended: bool) -> Tenant:
        """Make a tenant's record, also of one that has keys already. Raises `ConflictError`."""
        made = Tenant(
            tenant=tenant,
            name=name,
            created_at=self._clock(),
            own_limits=dict(own_limits),
            state=_STATES[suspended],
        )
        if not self._store.add(made):
            message = f"There is a tenant '{tenant}' already. Change it, or choose another name."
            raise ConflictError(message, code="tenant_exists")
        return made

    def get(self, tenant: str) -> Tenant:
        """A tenant as it is now. Raises `NotFoundError`."""
        found = self._store.find(tenant)
        if found is None:
            message = f"There is no tenant '{tenant}'. POST /tenants makes one."
            raise NotFoundError(message, code="tenant_not_found")
        return found

    def get_staying(self, tenant: str) -> Tenant:
        """A tenant that is not being deleted. Raises `NotFoundError`, `ConflictError`."""
        found = self.get(tenant)
        if found.state is TenantState.DELETING:
            raise _deleting(tenant)
        return found

    def list_tenants(self, prefix: str, *, limit: int, after: str | None) -> TenantPage:
        """Tenants whose names begin so, in order."""
        return self._store.list_tenants(prefix, limit=limit, after=after)

    def change(
        self,
        tenant: str,
        *,
        name: str | None,
        own_limits: Overrides,
        back_to_default: Collection[str],
        suspended: bool | None,
    ) -> Tenant:
        """Change what is given. Raises `NotFoundError`, `ConflictError`."""
        changed = self._store.change(
            tenant,
            name=name,
            own_limits=own_limits,
            back_to_default=back_to_default,
            state=None if suspended is None else _STATES[suspended],
            suspended_at=self._clock() if suspended else None,
        )
        if changed is None:
            self.get(tenant)  # says so if there is none
            raise _deleting(tenant)
        return changed

    def delete(self, tenant: str) -> None:
        """Begin to delete a tenant: its keys are dead. Again changes nothing.

        What it left goes piece by piece, see `deletion.py`. Raises `NotFoundError`.
        """
        if self._store.change(tenant, state=TenantState.DELETING) is None:
            self.get(tenant)  # says so if there is none


def _deleting(tenant: str) -> ConflictError:
    message = f"The tenant '{tenant}' is being deleted, for good."
    return ConflictError(message, code="tenant_deleting")
