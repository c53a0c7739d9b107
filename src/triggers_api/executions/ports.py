"""What the verbs of executions need from the outside."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from triggers_api.events.ports import EventPage, Position
from triggers_api.executions.tally import ExecutionStatus, Tally


@dataclass(frozen=True, slots=True)
class ExecutionQuery:
    """The events of one execution, oldest first."""

    execution_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How many events an execution has up to a position, so they need not be counted again."""

    tally: Tally = field(default_factory=Tally)
    until: Position | None = None  # all up to here are counted
    version: int = 0  # one more with each change; 0 if nothing was ever kept


@dataclass(frozen=True, slots=True)
class Sighting:
    """What counting needs to know of an event."""

    event_type: str
    position: Position


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Events of an execution after a position, in order; `None` when nothing follows them."""

    sightings: tuple[Sighting, ...]
    next_after: Position | None


class ExecutionStore(Protocol):
    """Finds the events of executions, and keeps their checkpoints."""

    def find_checkpoint(self, tenant: str, execution_id: str) -> Checkpoint:
        """The execution's checkpoint, read consistently; an empty one if there is none."""
        ...

    def keep_checkpoint(
        self, tenant: str, execution_id: str, checkpoint: Checkpoint, *, known_version: int
    ) -> bool:
        """Replace the checkpoint of `known_version`; False if it was replaced already.

        The new one gets the next version, whatever version it carries.
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
        """The next few thousand events after a position, and before a time if one is given.

        An event that was just stored may be missing.
        """
        ...

    def list_timeline(
        self, tenant: str, query: ExecutionQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """The next events of an execution in their present state, oldest first, each once.

        Raises `NotFoundError` if there is no such execution.
        """
        ...


@dataclass(frozen=True, slots=True)
class ExecutionsQuery:
    """Which executions, newest first."""

    status: ExecutionStatus | None = None
    since: datetime | None = None  # first seen from here on


@dataclass(frozen=True, slots=True)
class SeenExecution:
    """An execution, and the place of the event by which it was first seen."""

    execution_id: str
    position: Position


class SeenExecutions(Protocol):
    """Remembers which executions a tenant has, in the order in which they began."""

    def note_execution(self, tenant: str, seen: SeenExecution) -> None:
        """Keep it, unless the execution is known already. Raises `StoreUnavailableError`."""
        ...

    def list_executions(
        self, tenant: str, *, since: datetime | None, limit: int, after: Position | None
    ) -> tuple[tuple[SeenExecution, ...], Position | None]:
        """The next executions before a position, newest first, and where to go on.

        None if there are no more.
        """
        ...
