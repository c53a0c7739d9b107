"""Looks: what the monitor saw of each active tenant, and whom it looks at again.

A look costs three calls at least, so a run takes no more than so many again, those first that it
has not looked at for longest. Of a tenant at rest, which is active only because something of it
waits, a look holds for an hour: what happens to it is noted, but for an erasure or an expiry.
Looks are the process's own: a new one looks at everybody once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from triggers_api.usage.active import may_rest
from triggers_api.usage.ports import ActiveTenant
from triggers_api.watch.ports import NOTHING_WAITS, Inbox

AGAIN_AT_MOST: Final = 1000
"""Looks in a run at tenants that were looked at before: with more, each waits for its turn."""

_HOLDS_AT_REST_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Look:
    """What a tenant had at a moment; None of what could not be read."""

    tenant: ActiveTenant
    taken_at: datetime
    inbox: Inbox | None
    circuits_open: int | None

    @property
    def sees_nothing(self) -> bool:
        """Whether nothing of the tenant waits for anything."""
        return self.inbox == NOTHING_WAITS and self.circuits_open == 0

    def holds(self, tenant: ActiveTenant, at: datetime) -> bool:
        """Whether the tenant has what it had then."""
        return (
            tenant == self.tenant
            and may_rest(tenant.active_at, self.taken_at)
            and self.inbox not in (None, NOTHING_WAITS)  # it is forgotten only after a fresh look
            and self.circuits_open == 0
            and timedelta(0) <= at - self.taken_at < _HOLDS_AT_REST_FOR
        )


class Looks:
    """The last look at each active tenant."""

    def __init__(self, again_at_most: int = AGAIN_AT_MOST) -> None:
        """Knows nobody yet."""
        self._again_at_most = again_at_most
        self._looks: dict[str, Look] = {}

    def take(self, look: Look) -> None:
        """Keep it, in place of the one before."""
        self._looks[look.tenant.tenant] = look

    def due(self, active: Sequence[ActiveTenant], at: datetime) -> list[ActiveTenant]:
        """Whom to look at now, of all that are active; what was seen of them before is over."""
        looks = {each.tenant: self._looks.get(each.tenant) for each in active}
        unseen, again = [], []
        for each in active:
            look = looks[each.tenant]
            if look is None:
                unseen.append(each)
            elif not look.holds(each, at):
                again.append((look.taken_at, each))
        again.sort(key=itemgetter(0))
        left = max(0, self._again_at_most - len(unseen))
        due = unseen + [each for _, each in again[:left]]
        for each in due:
            del looks[each.tenant]
        self._looks = {tenant: look for tenant, look in looks.items() if look is not None}
        return due

    def all(self) -> list[Look]:
        """What was seen of everybody."""
        return list(self._looks.values())
