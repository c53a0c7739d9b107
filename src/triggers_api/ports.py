"""What the verbs need from the outside, as narrow as they need it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from triggers_api.api_keys import ApiKey
from triggers_api.event import Event
from triggers_api.executions import Tally
from triggers_api.lifecycle import EventStatus
from triggers_api.token_bucket import Grant, RateLimit


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the order of all events of a tenant: by time, then by id."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events, in which order."""

    statuses: tuple[EventStatus, ...]
    event_type: str | None = None  # exact, or a prefix that ends in `.*`
    since: datetime | None = None  # from here on
    until: datetime | None = None  # before here
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class ExecutionQuery:
    """The events of one execution, oldest first."""

    execution_id: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events in order, and where the next page begins; `None` when there is nothing more.

    A page may hold fewer events than asked for, even none, and still have a next one.
    """

    events: tuple[Event, ...]
    next_after: Position | None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells a repeated request from another one under the same idempotency key."""

    digest: bytes


ONE_EVENT: Final = Fingerprint(b"named by its key")
"""Of every event whose key alone says which one it is."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What became of an event that was to be stored: itself, or the one stored before."""

    event: Event
    replayed: bool


class EventStore(Protocol):
    """Keeps the events of all tenants; no method looks beyond the tenant it is given."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        """Store an event once.

        With a fingerprint, the event's id was derived from an idempotency key: an event
        stored under that key within the last 24 hours is answered in its first state,
        or `IdempotencyConflictError` is raised if its fingerprint differs.
        """
        ...

    def get(self, tenant: str, event_id: str) -> Event:
        """The event as it is now. Raises `NotFoundError`."""
        ...

    def list_events(
        self, tenant: str, query: EventQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """The next events of the query after a position, each event once."""
        ...

    def acknowledge(self, tenant: str, event_id: str, at: datetime) -> bool:
        """Mark it delivered; False if it was already. Raises `NotFoundError`."""
        ...

    def mark_failed(self, tenant: str, event_id: str, attempts: int, round_: int = 0) -> bool:
        """Note that every push of it in that round was given up, if it is still pending.

        `attempts` is how often it was tried. False if it is not pending, gone, or replayed
        since: then it is the later round that decides.
        """
        ...

    def replay(self, tenant: str, event_id: str) -> int:
        """Put it back to pending; answers the number of the round of pushes that begins.

        Raises `NotFoundError`. Repeating it begins another round.
        """
        ...

    def erase(self, tenant: str, event_id: str, at: datetime) -> None:
        """Remove what it says, payload and metadata, and leave a tombstone; again: nothing more.

        From then on every method raises `EventErasedError` for it, and no list shows it.
        Raises `NotFoundError`.
        """
        ...


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
class Tail:
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

    def read_tail(
        self,
        tenant: str,
        execution_id: str,
        *,
        after: Position | None,
        before: datetime | None = None,
    ) -> Tail:
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


class ApiKeyStore(Protocol):
    """Keeps API keys, of which it never holds the secret."""

    def find(self, key_id: str) -> ApiKey | None:
        """The key as it is at this moment, read consistently."""
        ...

    def record_use(self, key_id: str, at: datetime) -> None:
        """Remember when the key was last used."""
        ...


class TokenBuckets(Protocol):
    """Keeps token buckets, a tenant's by its name; one that was never seen is full."""

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> Grant:
        """Take as many tokens as there are, up to those wanted; never one twice.

        None if there are not `at_least` so many. Raises `StoreUnavailableError`.
        """
        ...

    def give_back(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> None:
        """Put back tokens that were taken and not needed. Raises `StoreUnavailableError`."""
        ...
