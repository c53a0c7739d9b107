"""What the verbs of executions need from the outside."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from triggers_api.events.ports import EventPage, Position
from triggers_api.executions.tally import Tally


@dataclass(frozen=True, slots=True)
class ExecutionQuery:
    """The events of one execution, oldest first."""

    execution_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The events of an execution that need not be read again to count them."""

    tally: Tally = field(default_factory=Tally)
    until: Position | None = None  # all up to here are counted
    version: int = 0  # one more with each change; 0 where nothing was ever kept


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event of an execution, as far as counting needs it."""

    event_type: str
    position: Position


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Events of an execution after a position, in order; `None` when nothing follows them."""

    sightings: tuple[Sighting, ...]
    next_after: Position | None


class ExecutionStore(Protocol):
    """Finds the events of executions, and keeps how far they are counted."""

    def find_checkpoint(self, tenant: str, execution_id: str) -> Checkpoint:
        """How far it is counted, read consistently; an empty one if it never was."""
        ...

    def keep_checkpoint(
        self, tenant: str, execution_id: str, checkpoint: Checkpoint, *, known_version: int
    ) -> bool:
        """Put it in the place of the known one; False if another was kept since.

        The one that is kept gets the next version, whatever is given.
        """
        ...

    def read_uncounted(
        self,
        tenant: str,
        execution_id: str,
        *,
        after: Position | None,
        before: datetime | None = None,
    ) -> Uncounted:
        """The next some thousand events after a position, and before a time if one is named.

        One that was just stored may be missing.
        """
        ...

    def list_timeline(
        self, tenant: str, query: ExecutionQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """The next events of an execution, oldest first, each once, as they are now.

        Raises `NotFoundError` if there is no such execution.
        """
        ...
