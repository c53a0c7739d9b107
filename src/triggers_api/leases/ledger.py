"""A tenant's lease book: how far its events were handed out, and which are held by whom.

A bundle is a lease's events under the lease's id. The ids sort by the time at which their
bundles come back, so what is due is read in order, and `cleared` parts it from the rest.
Every change of a book has a version of its own; see `lease.py` for what is done with it.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from ulid import ULID

from triggers_api.events.ports import EventPage, Position

LEASE_ID = re.compile(r"lse_[0-7][0-9A-HJKMNP-TV-Z]{25}")
# An event is in the index within a second of its creation, and created by clocks that differ
# by less. Looking back costs the entries of what is still leased, so it is done rarely.
_LOOK_BACK = timedelta(seconds=10)
_ROUND_EVERY = timedelta(seconds=5)
_FULL_ROUND_EVERY = timedelta(seconds=60)
_ROUND_SPACING = timedelta(milliseconds=20)  # for each bundle that it has to read
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Events that one lease holds until it ends; of a bundle that ended, they are free."""

    id: str
    event_ids: tuple[str, ...]
    version: int = field(default=0, compare=False)  # of the book that it was last kept with


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseBook:
    """Where a tenant's leasing stands."""

    version: int = 0  # 0: nothing was ever leased
    change_id: str = ""  # of the change that made this version
    cleared: str = ""  # bundles up to this id are over: their events were passed on
    frontier: Position | None = None  # where the scan goes on; None: at the very beginning
    reached: Position | None = None  # nothing behind this was ever handed out
    next_round_at: datetime = _EPOCH
    next_full_round_at: datetime = _EPOCH

    @property
    def is_behind(self) -> bool:
        """Whether the scan comes by events that may be held."""
        return self.reached is not None and (self.frontier is None or self.frontier < self.reached)

    def after(self, page: EventPage) -> Self:
        """The book when the scan has read this page."""
        frontier = page.next_after
        if frontier is None:
            ends = [Position(event.created_at, event.id) for event in page.events]
            known = [place for place in (self.frontier, self.reached, *ends) if place is not None]
            frontier = max(known, default=None)
        if frontier is None:
            return self
        return replace(self, frontier=frontier, reached=max(frontier, self.reached or frontier))

    def begun_anew(self, now: datetime) -> Self:
        """The book with the scan set back, if that is due: nothing behind it may be forgotten.

        Once a minute it begins at the beginning (for replayed events), more often only a
        little way back (for events that the index showed late).
        """
        if self.reached is None or self.is_behind:
            return self
        if now >= self.next_full_round_at:
            return replace(
                self,
                frontier=None,
                next_round_at=now + _ROUND_EVERY,
                next_full_round_at=now + _FULL_ROUND_EVERY,
            )
        begin = Position(now - _LOOK_BACK, "")
        if now < self.next_round_at or begin >= self.reached:
            return self
        return replace(self, frontier=begin, next_round_at=now + _ROUND_EVERY)

    def spaced(self, now: datetime, bundles: int) -> Self:
        """The book with the next round put off, where a round has many bundles to read."""
        wait = now + _ROUND_SPACING * bundles
        return replace(
            self,
            next_round_at=max(wait, self.next_round_at),
            next_full_round_at=max(wait, self.next_full_round_at),
        )

    def new_id(self, ends_at: datetime, entropy: bytes) -> str:
        """An id for a bundle that comes back then; `entropy` is ten bytes.

        Never within what is cleared, whatever the clocks that made the two say.
        """
        milliseconds = _milliseconds(ends_at)
        if self.cleared:
            milliseconds = max(milliseconds, _milliseconds(ends_at_of(self.cleared)) + 1)
        return _lease_id(milliseconds, entropy)


def is_lease_id(text: str) -> bool:
    """Whether `text` can be a lease's id at all."""
    return LEASE_ID.fullmatch(text) is not None


def ends_at_of(lease_id: str) -> datetime:
    """When the lease's events come back, to the millisecond, as its id tells."""
    milliseconds = int.from_bytes(ULID.from_str(lease_id.removeprefix("lse_")).bytes[:6], "big")
    return _EPOCH + milliseconds * _MILLISECOND


def last_id_at(moment: datetime) -> str:
    """The last id that a bundle can have that comes back then or earlier."""
    return _lease_id(_milliseconds(moment), b"\xff" * 10)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _lease_id(milliseconds: int, entropy: bytes) -> str:
    return f"lse_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + entropy)}"
