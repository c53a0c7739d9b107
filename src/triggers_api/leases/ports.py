"""What leasing needs from the outside."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.ledger import Bundle, LeaseBook


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Those of some events that are undelivered: the first ones whole, of the others the ids."""

    events: tuple[Event, ...]
    left: tuple[str, ...]


class LeaseStore(Protocol):
    """Keeps lease books, and finds the events that they are about."""

    def read_book(self, tenant: str) -> LeaseBook:
        """The book at this moment, read consistently; a new one if there is none."""
        ...

    def read_bundles(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Bundle]:
        """The bundles after an id, up to another one, in order of their ids, consistently.

        They are as they are now: one that is newer than a book that was read before tells so
        by its version.
        """
        ...

    def find_bundle(self, tenant: str, lease_id: str) -> Bundle | None:
        """One bundle, read consistently."""
        ...

    def change(self, tenant: str, book: LeaseBook, bundles: tuple[Bundle, ...]) -> bool:
        """Keep this version of the book and these bundles, both or neither.

        False if the book's version is no longer the one before; True, too, if this very
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
