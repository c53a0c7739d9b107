"""The limits of any tenant, for functions that no key calls; remembered for at most a minute."""

from datetime import timedelta
from typing import Final

from triggers_api.access.ports import TenantStore
from triggers_api.access.tenants import Limits
from triggers_api.cache import Cache
from triggers_api.errors import TransientError
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # a change holds everywhere after that
_REMEMBERED_AT_MOST: Final = 1000  # tenants; forgetting one costs a read


class LimitsOf:
    """Looks up limits: one read a tenant and minute."""

    def __init__(self, tenants: TenantStore, defaults: Limits, clock: Clock) -> None:
        """`defaults` are the limits of a tenant that has none of its own."""
        self._tenants = tenants
        self._defaults = defaults
        self._known: Cache[str, Limits] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )

    def __call__(self, tenant: str) -> Limits:
        """A tenant's limits; the defaults while the store does not answer."""
        try:
            return self._known.get_or_read(tenant, lambda: self._read(tenant))
        except TransientError:
            return self._defaults

    def _read(self, tenant: str) -> Limits:
        found = self._tenants.find(tenant)
        return self._defaults if found is None else self._defaults.overridden_by(found.own_limits)
