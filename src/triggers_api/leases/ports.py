"""What leasing needs from the outside."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.ledger import Lease, Ledger


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Those of some events that are undelivered: the first ones whole, of the others the ids."""

    events: tuple[Event, ...]
    left: tuple[str, ...]


class LeaseStore(Protocol):
    """Keeps lease ledgers, and finds the events that they are about."""

    def read_ledger(self, tenant: str) -> Ledger:
        """The ledger at this moment, read consistently; a new one if there is none."""
        ...

    def read_leases(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Lease]:
        """The leases after an id, up to another one, in order of their ids, consistently.

        They are as they are now: one that is newer than a ledger that was read before tells so
        by its version.
        """
        ...

    def find_lease(self, tenant: str, lease_id: str) -> Lease | None:
        """One lease, read consistently."""
        ...

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        """Keep this version of the ledger and these leases, both or neither.

        False if the ledger's version is no longer the one before; True, too, if this very
        change was kept already and only its answer was lost.
        """
        ...

    def list_free(
        self, tenant: str, *, after: Position | None, held: AbstractSet[str], limit: int
    ) -> EventPage:
        """The oldest undelivered events after a position that are not among those held.

        May be empty and still have a next page, if very many are held.
        """
        ...

    def read_undelivered(
        self, tenant: str, event_ids: tuple[str, ...], *, limit: int
    ) -> Undelivered:
        """Which of these are undelivered, read consistently, oldest first; none named twice."""
        ...
