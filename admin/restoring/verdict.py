"""What becomes of an item of the tables as they were."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from admin.restoring.kinds import Kind, Part
from triggers_api.store import items
from triggers_api.store.table import Item, Put


class Outcome(StrEnum):
    """What becomes of it, in words for the report."""

    BACK = "back as it was"
    ACKNOWLEDGED = "back, acknowledged since"
    REPLAYED = "back, replayed since"
    TOMBSTONE = "back as a tombstone"
    WITHOUT_ANSWERS = "back without answers: the event is erased"
    REVOKED = "back, revoked"
    RENAMED = "back under another id: its place is taken"
    ADDED = "added to the live row"
    REPLACED = "in place of the live one"
    LIVE = "live, stays as it is"
    EXPIRED = "expired"
    ERASED = "erased since"
    DELETED = "deleted since"
    ORPHAN = "of no event"
    OVER = "not brought back"
    NOT_CHOSEN = "not chosen"
    TENANT_GONE = "of a tenant that is gone"
    TENANT_LEAVING = "of a tenant that is being deleted"
    ANOTHER_TENANT = "of an earlier tenant by that name"


Step = Callable[[], None]
"""Something to be done beside a write; doing it again changes nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one item, and the writes that make it so, in order."""

    kind: Kind
    tenant: str
    outcome: Outcome
    part: Part = Part.EVENTS
    puts: tuple[Put, ...] = ()
    name: str = ""  # of the few that people know by name
    execution_id: str | None = None
    before: tuple[Step, ...] = field(default=(), compare=False)
    after: tuple[Step, ...] = field(default=(), compare=False)
    instead: Callable[[Item], "Verdict"] | None = field(default=None, compare=False)
    """What becomes of it beside what somebody put there meanwhile; without it, that stays alone."""

    @property
    def units(self) -> int:
        """Write units in the table; an index takes as many again for each entry."""
        return sum(1 + _size(put.item) // items.WRITE_UNIT_BYTES for put in self.puts)


def _size(value: Any) -> int:
    """About the bytes of an item, or of a part of it."""
    if isinstance(value, dict):
        return sum(len(name) + _size(each) for name, each in value.items())
    if isinstance(value, list):
        return sum(map(_size, value))
    if isinstance(value, str):
        return len(value.encode())
    return len(value) if isinstance(value, bytes) else 1
