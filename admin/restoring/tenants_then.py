"""Whose items come back: tenants as they were and as they are.

A name may be another customer's by now. And a tenant that was deleted stays deleted, unless it is
named: nothing in the tables tells a deletion from a loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from admin.restoring.verdict import Outcome
from triggers_api.access.tenants import TenantState
from triggers_api.store.table import Item, Table
from triggers_api.store.tenant_records import record_key

_DELETING: Final = {"S": str(TenantState.DELETING)}


@dataclass(slots=True)
class Tenants:
    """Decides once for each tenant."""

    then: Table  # the copy of the keys table
    now: Table
    chosen: frozenset[str] = frozenset()  # nobody else's, if there are any
    with_lost: bool = False  # those without a record, too
    deleted: Mapping[str, object] = field(default_factory=dict)  # by the journal
    _known: dict[str, Outcome | None] = field(default_factory=dict)

    def refused(self, tenant: str) -> Outcome | None:
        """Why nothing of a tenant comes back; None if it does."""
        if tenant not in self._known:
            self._known[tenant] = self._judge(tenant)
        return self._known[tenant]

    def is_gone(self, tenant: str) -> bool:
        """Whether it had a record, and has none now: then all that it lacks was lost with it."""
        then, now = self._records(tenant)
        return then is not None and now is None

    def _judge(self, tenant: str) -> Outcome | None:
        if self.chosen and tenant not in self.chosen:
            return Outcome.NOT_CHOSEN
        if not tenant:
            return None
        then, now = self._records(tenant)
        if _DELETING in [record.get("state") for record in (then, now) if record]:
            return Outcome.TENANT_LEAVING
        if then and now:
            same = then.get("created_at") == now.get("created_at")
            return None if same else Outcome.ANOTHER_TENANT
        is_wanted = tenant in self.chosen or (self.with_lost and tenant not in self.deleted)
        return None if not then or now or is_wanted else Outcome.TENANT_GONE

    def _records(self, tenant: str) -> tuple[Item | None, Item | None]:
        key = record_key(tenant)
        return self.then.find(key, consistent=True), self.now.find(key, consistent=True)
