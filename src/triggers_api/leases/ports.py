"""What leasing needs from the outside."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.ledger import Lease, Ledger


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The undelivered ones among some events: the first ones in full, the rest as ids."""

    events: tuple[Event, ...]
    left: tuple[str, ...]
    read_units: float = field(default=0.0, compare=False)


class LeaseStore(Protocol):
    """Keeps tenants' ledgers and leases, and finds the events to lease."""

    def read_ledger(self, tenant: str) -> Ledger:
        """The current ledger, read consistently; a new one if there is none."""
        ...

    def read_leases(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Lease]:
        """The leases after one id and up to another, in id order, read consistently.

        A lease that is newer than a ledger read before shows it by its version.
        """
        ...

    def find_lease(self, tenant: str, lease_id: str) -> Lease | None:
        """One lease, read consistently."""
        ...

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        """Write this version of the ledger and these leases, all or nothing.

        False if the stored ledger is no longer at the version that this one follows. True also
        if this same change was already written and only the answer was lost.
        """
        ...

    def list_free(
        self,
        tenant: str,
        *,
        after: Position | None,
        held: AbstractSet[str],
        limit: int,
        share: int = 1,
    ) -> EventPage:
        """The oldest undelivered events after a position that are not held.

        The page may be empty and still have a next one, if very many are held. A `share` of 2
        ends it at half of what one answer can carry.
        """
        ...

    def read_undelivered(
        self, tenant: str, event_ids: tuple[str, ...], *, limit: int, share: int = 1
    ) -> Undelivered:
        """The undelivered ones of these, read consistently, oldest first, each once.

        `share` is as in `list_free`.
        """
        ...
