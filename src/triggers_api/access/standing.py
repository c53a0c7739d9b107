"""How a tenant stands, and its own limits: remembered for at most a minute."""

from datetime import timedelta
from typing import Final

from triggers_api.access.ports import TenantStore
from triggers_api.access.tenants import Tenant
from triggers_api.cache import Cache
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # a change holds everywhere after that
_REMEMBERED_AT_MOST: Final = 1000  # tenants; forgetting one costs a read


class Standing:
    """Looks tenants up: one read a tenant and minute."""

    def __init__(self, tenants: TenantStore, clock: Clock) -> None:
        """What is not remembered is read from `tenants`."""
        self._tenants = tenants
        # By tenant and not by key, so that a change reaches all its keys at once.
        self._known: Cache[str, Tenant] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )

    def of(self, tenant: str) -> Tenant:
        """The tenant's record, or what stands for one that has none."""
        return self._known.get_or_read(
            tenant, lambda: self._tenants.find(tenant) or Tenant.without_record(tenant)
        )
