"""What the verbs of events need from the outside, as narrow as they need it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from triggers_api.events.event import Event, Severity, is_of_type
from triggers_api.events.ids import created_at_of
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.trail import Trail


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
    severity: Severity | None = None
    execution_id: str | None = None
    since: datetime | None = None  # from here on
    until: datetime | None = None  # before here
    newest_first: bool = False

    def wants(self, event: Event) -> bool:
        """Whether the event meets every condition."""
        return (
            event.status in self.statuses
            and is_of_type(event.event_type, self.event_type)
            and self.severity in (None, event.severity)
            and self.execution_id in (None, event.execution_id)
            and (self.since is None or event.created_at >= self.since)
            and (self.until is None or event.created_at < self.until)
        )


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events in order, and where the next page begins; `None` on the last page.

    A page may hold fewer events than asked for, even none, and still have a next one.
    """

    events: tuple[Event, ...]
    next_after: Position | None
    read_units: float = field(default=0.0, compare=False)
    """What the store read for it, in read units; as good as exact."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push of an event that its receiver took."""

    round: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Tells a repeated request from a different one with the same idempotency key."""

    digest: bytes


ONE_EVENT: Final = Fingerprint(b"named by its key")
"""The fingerprint of every event whose key alone identifies it."""


@dataclass(frozen=True, slots=True)
class Addition:
    """The result of storing an event: the event itself, or the one stored before."""

    event: Event
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredCounts:
    """How many undelivered events there are, each number up to the bound that was asked for."""

    pending: int = 0
    failed: int = 0
    among: int = 0  # of those counted, how many are among the given ones
    oldest_pending_at: datetime | None = None  # when the oldest pending event was created


class EventStore(Protocol):
    """Keeps the events of all tenants; no method looks beyond the tenant it is given."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        """Store an event once.

        With a fingerprint, the event's id was derived from an idempotency key. If an event was
        stored under that key within the last 24 hours, that one is returned in its first state;
        raises `IdempotencyConflictError` if its fingerprint differs.
        """
        ...

    def get(self, tenant: str, event_id: str) -> Event:
        """The event as it is now. Raises `NotFoundError`."""
        ...

    def find_trail(self, tenant: str, event_id: str) -> Trail:
        """What is known of an event's life, also of an erased one's. Raises `NotFoundError`."""
        ...

    def list_events(
        self, tenant: str, query: EventQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """The next events of the query after a position, each event once."""
        ...

    def count_undelivered(
        self, tenant: str, *, among: AbstractSet[str], up_to: int
    ) -> UndeliveredCounts:
        """Count undelivered events, no further than `up_to` of each status.

        What lists no longer show is not counted where a hundred or fewer are left. Among more,
        an acknowledged event may count for the moment that an index takes to follow its table.
        """
        ...

    def acknowledge(
        self, tenant: str, event_id: str, at: datetime, pushed: Pushed | None = None
    ) -> bool:
        """Mark it delivered; False if it was already. Raises `NotFoundError`.

        `pushed` is the push that does it, if one does. False too if the event was replayed since
        that was sent: then the later round decides.
        """
        ...

    def mark_failed(self, tenant: str, event_id: str, attempts: int, round_: int = 0) -> bool:
        """Note that every push of it in that round was given up, if it is still pending.

        `attempts` is how often it was tried. False if it is gone, not pending, or was replayed
        since: then the later round decides.
        """
        ...

    def replay(self, tenant: str, event_id: str) -> int:
        """Put it back to pending; returns the number of the round of pushes that begins.

        Raises `NotFoundError`. Repeating it begins another round.
        """
        ...

    def erase(self, tenant: str, event_id: str, at: datetime) -> None:
        """Remove its payload and metadata, and leave a tombstone; repeating it changes nothing.

        From then on every method raises `EventErasedError` for it, and no list shows it.
        Raises `NotFoundError`.
        """
        ...


class AnswerStore(Protocol):
    """Keeps what receivers answered when an event was pushed to them."""

    def erase_answers(self, tenant: str, event_id: str) -> None:
        """Remove what receivers answered to an event, and end its deliveries."""
        ...


@dataclass(frozen=True, slots=True)
class SeenType:
    """An event type, and its latest event, which may have been erased since."""

    event_type: str
    latest_event_id: str

    @property
    def last_seen_at(self) -> datetime:
        """When the latest event was created, to the millisecond."""
        return created_at_of(self.latest_event_id)


class EventTypes(Protocol):
    """Remembers which types the events of a tenant have."""

    def note_type(self, tenant: str, seen: SeenType) -> None:
        """Keep it, unless a later event of the type was noted. Raises `StoreUnavailableError`."""
        ...

    def list_types(self, tenant: str, since: datetime) -> tuple[SeenType, ...]:
        """The types that were seen since then, by name."""
        ...
