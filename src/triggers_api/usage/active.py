"""Who is active: tenants of whom something was stored lately, or still waits.

Whoever counts notes a tenant at most once in `NOTED_EVERY`; whoever looks after tenants may
forget one of whom nothing waits, once its note is older than `RESTS_AFTER`. As that is longer, a
tenant is never forgotten while somebody remembers to have noted it and writes no new note.
"""

from datetime import datetime, timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.timestamps import Clock
from triggers_api.usage.ports import ActiveTenants

NOTED_EVERY: Final = timedelta(minutes=5)
RESTS_AFTER: Final = timedelta(minutes=15)
_REMEMBERED: Final = 10_000  # tenants; forgetting one costs a write


class NoteActive:
    """Notes tenants, and remembers which need no new note."""

    def __init__(self, active: ActiveTenants, clock: Clock) -> None:
        """Notes are kept in `active`."""
        self._active = active
        self._clock = clock
        self._noted: Cache[str, datetime] = Cache(_REMEMBERED, kept_for=NOTED_EVERY, clock=clock)

    def is_due(self, tenant: str) -> bool:
        """Whether the last note is too old, or unknown."""
        return self._noted.get(tenant) is None

    def __call__(self, tenant: str) -> None:
        """Note it. Raises `StoreUnavailableError`."""
        at = self._clock()
        self._active.note_active(tenant, at)
        self._noted.put(tenant, at)


def may_rest(active_at: datetime, at: datetime) -> bool:
    """Whether a tenant of whom nothing waits may be forgotten."""
    return at - active_at > RESTS_AFTER
