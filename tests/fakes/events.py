"""The ports in memory; `tests/contract` holds them to what the real adapters do."""

import json
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

from tests.builders.events import DELIVERED_RETENTION, UNDELIVERED_RETENTION
from triggers_api.access.keys import MAX_KEYS, ApiKey, too_many_keys
from triggers_api.access.ports import KeyPage, KeyPlace, Unrevoked
from triggers_api.errors import (
    EventErasedError,
    IdempotencyConflictError,
    NotFoundError,
    StoreUnavailableError,
)
from triggers_api.events.event import Event
from triggers_api.events.ids import random_half
from triggers_api.events.lifecycle import (
    MOST_ROUNDS,
    UNDELIVERED,
    EventStatus,
    sources_of,
    too_many_replays,
)
from triggers_api.events.ports import (
    Addition,
    EventPage,
    EventQuery,
    Fingerprint,
    Position,
    Pushed,
    UndeliveredCounts,
)
from triggers_api.events.trail import Trail
from triggers_api.timestamps import Clock

EVENTS_A_UNIT = 8  # half a kilobyte each, read eventually consistently
_ANSWER_BYTES = 3_000_000  # of payloads and metadata
_IDEMPOTENCY_WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class _Claim:
    """The first state of the event a key stands for, and what was said in it."""

    event: Event
    fingerprint: Fingerprint


def within_answer(events: Sequence[Event], *, share: int = 1) -> tuple[Event, ...]:
    """As many as an answer, or one of so many shares, carries, at least one."""
    sizes = accumulate(len(each.payload) + _metadata_bytes(each) for each in events)
    fitting = sum(size <= _ANSWER_BYTES // share for size in sizes)
    return tuple(events[: max(fitting, 1)])


def _metadata_bytes(event: Event) -> int:
    if not event.metadata:
        return 0
    return len(json.dumps(event.metadata, ensure_ascii=False, separators=(",", ":")).encode())


class InMemoryEventStore:
    """An `EventStore`."""

    def __init__(
        self,
        clock: Clock,
        *,
        undelivered_retention: timedelta = UNDELIVERED_RETENTION,
        delivered_retention: timedelta = DELIVERED_RETENTION,
    ) -> None:
        self.clock = clock
        self._undelivered_retention = undelivered_retention
        self._delivered_retention = delivered_retention
        self._events: dict[tuple[str, str], Event] = {}
        self._claims: dict[tuple[str, str], _Claim] = {}
        self._erased: dict[tuple[str, str], datetime] = {}
        self._replayed_at: dict[tuple[str, str], datetime] = {}
        self._rounds: Counter[tuple[str, str]] = Counter()

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        if fingerprint is not None:
            return self._add_once(tenant, event, fingerprint)
        if self._events.setdefault((tenant, event.id), event) != event:
            raise StoreUnavailableError("Two events drew the same id.")
        return Addition(event, replayed=False)

    def get(self, tenant: str, event_id: str) -> Event:
        event = self._events.get((tenant, event_id))
        if event is None or self._has_expired(event):
            raise NotFoundError("There is no such event.", code="event_not_found")
        if (tenant, event_id) in self._erased:
            raise EventErasedError(f"The event was erased at {self._erased[tenant, event_id]}.")
        return event

    def find_trail(self, tenant: str, event_id: str) -> Trail:
        event = self._events.get((tenant, event_id))
        if event is None or self._has_expired(event):
            raise NotFoundError("There is no such event.", code="event_not_found")
        erased_at = self._erased.get((tenant, event_id))
        is_erased = erased_at is not None
        return Trail(
            id=event.id,
            event_type=event.event_type,
            severity=event.severity,
            execution_id=event.execution_id,
            created_at=event.created_at,
            metadata={} if is_erased else event.metadata,
            status=None if is_erased else event.status,
            delivered_at=None if is_erased else event.delivered_at,
            rounds=self._rounds[tenant, event_id],
            replayed_at=self._replayed_at.get((tenant, event_id)),
            erased_at=erased_at,
        )

    def list_events(
        self, tenant: str, query: EventQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        found = self._found(tenant, query)
        rest = [event for event in found if after is None or _follows(event, after, query)]
        page = within_answer(rest[:limit])
        looked_at = page if query.event_type is None else self._events
        units = len(looked_at) / EVENTS_A_UNIT
        return EventPage(page, _position(page[-1]) if len(rest) > len(page) else None, units)

    def _found(self, tenant: str, query: EventQuery) -> list[Event]:
        found = [
            event
            for (owner, _), event in self._events.items()
            if owner == tenant and query.wants(event) and self.is_shown(tenant, event)
        ]
        return sorted(found, key=_position, reverse=query.newest_first)

    def count_undelivered(
        self, tenant: str, *, among: AbstractSet[str], up_to: int
    ) -> UndeliveredCounts:
        found = self._found(tenant, EventQuery(statuses=UNDELIVERED))
        pending = [event for event in found if event.status is EventStatus.PENDING]
        failed = [event for event in found if event.status is EventStatus.FAILED]
        counted = [*pending[:up_to], *failed[:up_to]]
        return UndeliveredCounts(
            pending=min(len(pending), up_to),
            failed=min(len(failed), up_to),
            among=sum(event.id in among for event in counted),
            oldest_pending_at=pending[0].created_at if pending else None,
        )

    def acknowledge(
        self, tenant: str, event_id: str, at: datetime, pushed: Pushed | None = None
    ) -> bool:
        event = self.get(tenant, event_id)
        if event.status not in sources_of(EventStatus.DELIVERED):
            return False
        if pushed is not None and pushed.round != self._rounds[tenant, event_id]:
            replayed_at = self._replayed_at.get((tenant, event_id))
            if replayed_at is None or replayed_at >= pushed.sent_at:
                return False
        acknowledged = replace(event, status=EventStatus.DELIVERED, delivered_at=at)
        self._events[tenant, event_id] = acknowledged
        return True

    def mark_failed(self, tenant: str, event_id: str, attempts: int, round_: int = 0) -> bool:
        event = self._events.get((tenant, event_id))
        if event is None or event.status not in sources_of(EventStatus.FAILED):
            return False
        if (tenant, event_id) in self._erased or round_ != self._rounds[tenant, event_id]:
            return False
        failed = replace(event, status=EventStatus.FAILED, delivery_attempts=attempts)
        self._events[tenant, event_id] = failed
        return True

    def replay(self, tenant: str, event_id: str) -> int:
        event = self.get(tenant, event_id)
        if self._rounds[tenant, event_id] >= MOST_ROUNDS:
            raise too_many_replays()
        pending = replace(event, status=EventStatus.PENDING, delivered_at=None)
        self._events[tenant, event_id] = pending
        self._rounds[tenant, event_id] += 1
        self._replayed_at[tenant, event_id] = self.clock()
        return self._rounds[tenant, event_id]

    def of_execution(self, tenant: str, execution_id: str) -> list[Event]:
        """All events of an execution, expired ones too, for the fake of executions."""
        found = [
            event
            for (owner, _), event in self._events.items()
            if (owner, event.execution_id) == (tenant, execution_id)
        ]
        return sorted(found, key=_position)

    def rounds_of(self, tenant: str, event_id: str) -> int:
        """How often it was replayed, for tests to look at."""
        return self._rounds[tenant, event_id]

    def erase(self, tenant: str, event_id: str, at: datetime) -> None:
        with suppress(EventErasedError):
            event = self.get(tenant, event_id)
            self._events[tenant, event_id] = replace(event, payload=b"", metadata={})
            self._erased[tenant, event_id] = at

    def _add_once(self, tenant: str, event: Event, fingerprint: Fingerprint) -> Addition:
        place = (tenant, random_half(event.id))
        claim = self._claims.get(place)
        if claim is None or event.created_at - claim.event.created_at >= _IDEMPOTENCY_WINDOW:
            self._claims[place] = _Claim(event, fingerprint)
            self._events[tenant, event.id] = event
            return Addition(event, replayed=False)
        if (tenant, claim.event.id) in self._erased:
            raise EventErasedError("The event was erased.")
        if claim.fingerprint != fingerprint:
            raise IdempotencyConflictError("The key was used for another body.")
        return Addition(claim.event, replayed=event != claim.event)

    def is_shown(self, tenant: str, event: Event) -> bool:
        """Whether lists have it: neither erased nor expired."""
        return (tenant, event.id) not in self._erased and not self._has_expired(event)

    def _has_expired(self, event: Event) -> bool:
        """DynamoDB counts in whole seconds when an item's time has come."""
        expires_at = (
            event.created_at + self._undelivered_retention
            if event.delivered_at is None
            else event.delivered_at + self._delivered_retention
        )
        return expires_at.replace(microsecond=0) <= self.clock()


class InMemoryApiKeyStore:
    """An `ApiKeyStore`, and what the people who run the service need beyond it."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def find(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    def find_of(self, tenant: str | None, key_id: str) -> ApiKey | None:
        key = self._keys.get(key_id)
        return key if key is not None and key.tenant == tenant else None

    def record_use(self, key_id: str, at: datetime) -> None:
        self._keys[key_id] = replace(self._known(key_id), last_used_at=at)

    def add(self, key: ApiKey) -> None:
        if not key.is_session and len(self.list_unrevoked(key.tenant).ids) >= MAX_KEYS:
            raise too_many_keys()
        self._keys[key.key_id] = key

    def list_keys(self, tenant: str | None, *, limit: int, after: KeyPlace | None) -> KeyPage:
        placed = sorted(
            ((key.created_at, key.key_id), key)
            for key in self._keys.values()
            if key.tenant == tenant and not key.is_session
        )
        found = [
            key
            for place, key in reversed(placed)
            if after is None or place < (after.created_at, after.key_id)
        ]
        shown = found[:limit]
        after = KeyPlace(shown[-1].created_at, shown[-1].key_id) if len(found) > limit else None
        return KeyPage(tuple(shown), after)

    def list_unrevoked(self, tenant: str | None) -> Unrevoked:
        found = {
            key.key_id: key
            for key in self._keys.values()
            if key.tenant == tenant and key.revoked_at is None and not key.is_session
        }
        return Unrevoked(frozenset(found), tuple(found.values()))

    def rotate(self, rotated: ApiKey, *, known: ApiKey) -> bool:
        stored = self._keys.get(known.key_id)
        if stored is None or stored.revoked_at is not None:
            return False
        if stored.secret_hash != known.secret_hash:
            return False
        self._keys[known.key_id] = replace(
            stored, secret_hash=rotated.secret_hash, old_secrets=rotated.old_secrets
        )
        return True

    def revoke(
        self, tenant: str | None, key_id: str, at: datetime, *, known: frozenset[str]
    ) -> bool:
        if self.list_unrevoked(tenant).ids != known:
            return False
        stored = self._known(key_id)
        self._keys[key_id] = replace(stored, revoked_at=stored.revoked_at or at)
        return True

    def _known(self, key_id: str) -> ApiKey:
        if key_id not in self._keys:
            raise NotFoundError("There is no such API key.", code="key_not_found")
        return self._keys[key_id]


def _position(event: Event) -> Position:
    return Position(event.created_at, event.id)


def _follows(event: Event, after: Position, query: EventQuery) -> bool:
    return _position(event) < after if query.newest_first else _position(event) > after
