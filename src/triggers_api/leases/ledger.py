"""A tenant's ledger: how far its events were handed out, and which are held by whom.

A lease is a lease's events under the lease's id. The ids sort by the time at which their
leases come back, so what is due is read in order, and `returned` parts it from the rest.
Every change of a ledger has a version of its own; see `lease.py` for what is done with it.
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
_ROUND_SPACING = timedelta(milliseconds=20)  # for each lease that it has to read
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """Events that one lease holds until it ends; of a lease that ended, they are free."""

    id: str
    event_ids: tuple[str, ...]
    version: int = field(default=0, compare=False)  # of the ledger that it was last kept with


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Where a tenant's leasing stands."""

    version: int = 0  # 0: nothing was ever leased
    change_id: str = ""  # of the change that made this version
    returned: str = ""  # leases up to this id are over: their events were passed on
    scan_position: Position | None = None  # where the scan goes on; None: at the very beginning
    reached: Position | None = None  # nothing behind this was ever handed out
    next_round_at: datetime = _EPOCH
    next_full_round_at: datetime = _EPOCH

    @property
    def is_behind(self) -> bool:
        """Whether the scan comes by events that may be held."""
        return self.reached is not None and (
            self.scan_position is None or self.scan_position < self.reached
        )

    def after(self, page: EventPage) -> Self:
        """The ledger when the scan has read this page."""
        scan_position = page.next_after
        if scan_position is None:
            ends = [Position(event.created_at, event.id) for event in page.events]
            known = [
                place for place in (self.scan_position, self.reached, *ends) if place is not None
            ]
            scan_position = max(known, default=None)
        if scan_position is None:
            return self
        return replace(
            self,
            scan_position=scan_position,
            reached=max(scan_position, self.reached or scan_position),
        )

    def begun_anew(self, now: datetime) -> Self:
        """The ledger with the scan set back, if that is due: nothing behind it may be forgotten.

        Once a minute it begins at the beginning (for replayed events), more often only a
        little way back (for events that the index showed late).
        """
        if self.reached is None or self.is_behind:
            return self
        if now >= self.next_full_round_at:
            return replace(
                self,
                scan_position=None,
                next_round_at=now + _ROUND_EVERY,
                next_full_round_at=now + _FULL_ROUND_EVERY,
            )
        begin = Position(now - _LOOK_BACK, "")
        if now < self.next_round_at or begin >= self.reached:
            return self
        return replace(self, scan_position=begin, next_round_at=now + _ROUND_EVERY)

    def spaced(self, now: datetime, leases: int) -> Self:
        """The ledger with the next round put off, where a round has many leases to read."""
        wait = now + _ROUND_SPACING * leases
        return replace(
            self,
            next_round_at=max(wait, self.next_round_at),
            next_full_round_at=max(wait, self.next_full_round_at),
        )

    def new_id(self, ends_at: datetime, entropy: bytes) -> str:
        """An id for a lease that comes back then; `entropy` is ten bytes.

        Never within what is returned, whatever the clocks that made the two say.
        """
        milliseconds = _milliseconds(ends_at)
        if self.returned:
            milliseconds = max(milliseconds, _milliseconds(ends_at_of(self.returned)) + 1)
        return _lease_id(milliseconds, entropy)


def is_lease_id(text: str) -> bool:
    """Whether `text` can be a lease's id at all."""
    return LEASE_ID.fullmatch(text) is not None


def ends_at_of(lease_id: str) -> datetime:
    """When the lease's events come back, to the millisecond, as its id tells."""
    milliseconds = int.from_bytes(ULID.from_str(lease_id.removeprefix("lse_")).bytes[:6], "big")
    return _EPOCH + milliseconds * _MILLISECOND


def last_id_at(moment: datetime) -> str:
    """The last id that a lease can have that comes back then or earlier."""
    return _lease_id(_milliseconds(moment), b"\xff" * 10)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _lease_id(milliseconds: int, entropy: bytes) -> str:
    return f"lse_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + entropy)}"
