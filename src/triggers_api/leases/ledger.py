"""A tenant's ledger: how far its events were handed out, and which leases hold which.

Lease ids sort by the time at which their leases end. So leases that are due can be read in
order, and `returned` separates those that are over from the rest. Every change of the ledger
makes a new version; `lease.py` tells how it is used.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from ulid import ULID

from triggers_api.events.ports import EventPage, Position

LEASE_ID = re.compile(r"lse_[0-7][0-9A-HJKMNP-TV-Z]{25}")
# The index shows an event within a second of its creation, and clocks differ by less than that.
# Looking back reads the index entries of all leased events, so it is done rarely.
_LOOK_BACK = timedelta(seconds=10)
_PASS_EVERY = timedelta(seconds=5)
_FULL_PASS_EVERY = timedelta(seconds=60)
_PASS_SPACING = timedelta(milliseconds=20)  # for each lease that a pass has to read
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """The events that a lease holds until it ends; after that they are free."""

    id: str
    event_ids: tuple[str, ...]
    version: int = field(default=0, compare=False)  # of the ledger it was last written with


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The state of a tenant's leasing."""

    version: int = 0  # 0: nothing was ever leased
    change_id: str = ""  # of the change that made this version
    lost: int = 0  # versions before this one that are not stored: an accident took them
    returned: str = ""  # leases up to this id are over: their events were passed on
    scan_position: Position | None = None  # where the scan continues; None: at the beginning
    reached: Position | None = None  # nothing after this was ever handed out
    next_pass_at: datetime = _EPOCH
    next_full_pass_at: datetime = _EPOCH
    scans_first: bool = False  # ended leases alone filled the last lease: new events come first

    @property
    def follows(self) -> int:
        """The version that is stored when this one is written; 0: none is."""
        return self.version - 1 - self.lost

    def at_least(self, version: int, now: datetime) -> Self:
        """The ledger after a lease of that version was seen.

        Both were written at once, so a ledger that was read later and is older was lost, or was
        restored without its leases. It goes on after them, and any event until now may be held.
        """
        if version <= self.version:
            return self
        reached = max(self.reached or Position(_EPOCH, ""), Position(now + _LOOK_BACK, ""))
        return replace(self, version=version, lost=version - self.version, reached=reached)

    @property
    def is_behind(self) -> bool:
        """Whether the scan may meet events that are held."""
        return self.reached is not None and (
            self.scan_position is None or self.scan_position < self.reached
        )

    def after(self, page: EventPage) -> Self:
        """The ledger after the scan has read this page."""
        scan_position = page.next_after
        if scan_position is None:
            ends = [Position(event.created_at, event.id) for event in page.events]
            known = [each for each in (self.scan_position, self.reached, *ends) if each is not None]
            scan_position = max(known, default=None)
        if scan_position is None:
            return self
        return replace(
            self,
            scan_position=scan_position,
            reached=max(scan_position, self.reached or scan_position),
        )

    def begun_anew(self, now: datetime) -> Self:
        """The ledger with a new pass begun if one is due, so that no event is forgotten.

        A full pass, once a minute, starts at the beginning, for replayed events. The others
        start only a few seconds back, for events that the index showed late.
        """
        if self.reached is None or self.is_behind:
            return self
        if now >= self.next_full_pass_at:
            return replace(
                self,
                scan_position=None,
                next_pass_at=now + _PASS_EVERY,
                next_full_pass_at=now + _FULL_PASS_EVERY,
            )
        begin = Position(now - _LOOK_BACK, "")
        if now < self.next_pass_at or begin >= self.reached:
            return self
        return replace(self, scan_position=begin, next_pass_at=now + _PASS_EVERY)

    def spaced(self, now: datetime, leases: int) -> Self:
        """The ledger with the next pass put off, the longer the more leases a pass must read."""
        wait = now + _PASS_SPACING * leases
        return replace(
            self,
            next_pass_at=max(wait, self.next_pass_at),
            next_full_pass_at=max(wait, self.next_full_pass_at),
        )

    def new_id(self, ends_at: datetime, entropy: bytes) -> str:
        """An id for a lease that ends at that time; `entropy` is ten bytes.

        It always sorts after `returned`, even if the two ids come from different clocks.
        """
        milliseconds = _milliseconds(ends_at)
        if self.returned:
            milliseconds = max(milliseconds, _milliseconds(ends_at_of(self.returned)) + 1)
        return _lease_id(milliseconds, entropy)


def is_lease_id(text: str) -> bool:
    """Whether `text` has the form of a lease id."""
    return LEASE_ID.fullmatch(text) is not None


def ends_at_of(lease_id: str) -> datetime:
    """When the lease ends, to the millisecond, read from its id."""
    milliseconds = int.from_bytes(ULID.from_str(lease_id.removeprefix("lse_")).bytes[:6], "big")
    return _EPOCH + milliseconds * _MILLISECOND


def last_id_at(moment: datetime) -> str:
    """The last id in sort order that a lease ending by then can have."""
    return _lease_id(_milliseconds(moment), b"\xff" * 10)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _lease_id(milliseconds: int, entropy: bytes) -> str:
    return f"lse_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + entropy)}"
