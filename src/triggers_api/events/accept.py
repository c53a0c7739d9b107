"""Take an event in: give it an id and a time, and store it exactly once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from triggers_api.events.event import Event, MetadataValue, Severity
from triggers_api.events.ids import IdempotencyKey, entropy_of_key, new_event_id, random_entropy
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import ONE_EVENT, Addition, EventStore, Fingerprint
from triggers_api.timestamps import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event as an integrator describes it, checked but not yet stored."""

    event_type: str
    payload: bytes  # a JSON object as text, see `Event.payload`
    metadata: dict[str, MetadataValue]
    severity: Severity
    execution_id: str | None

    def as_event(self, created_at: datetime, entropy: bytes) -> Event:
        """The event that it becomes; `entropy` is the random half of its id, ten bytes."""
        return Event(
            id=new_event_id(created_at, entropy),
            event_type=self.event_type,
            payload=self.payload,
            metadata=self.metadata,
            severity=self.severity,
            execution_id=self.execution_id,
            status=EventStatus.PENDING,
            created_at=created_at,
        )


class Accept:
    """Stores drafts as events."""

    def __init__(
        self, store: EventStore, clock: Clock, entropy: Callable[[], bytes] = random_entropy
    ) -> None:
        """`entropy` gives the random half of an id, ten bytes."""
        self._store = store
        self._clock = clock
        self._entropy = entropy

    def __call__(
        self, tenant: str, draft: Draft, idempotency_key: IdempotencyKey | None = None
    ) -> Addition:
        """Store a draft; if its key was used before, return the event stored then.

        Raises `IdempotencyConflictError` if that event says something else.
        """
        return self.at(self._clock(), tenant, draft, idempotency_key)

    def at(
        self,
        created_at: datetime,
        tenant: str,
        draft: Draft,
        idempotency_key: IdempotencyKey | None,
    ) -> Addition:
        """Do the same, with a given creation time."""
        if idempotency_key is None:
            entropy, fingerprint = self._entropy(), None
        else:
            entropy = entropy_of_key(tenant, idempotency_key)
            named = idempotency_key.names_the_event
            fingerprint = ONE_EVENT if named else _fingerprint(draft)
        event = draft.as_event(created_at, entropy)
        return self._store.add(tenant, event, fingerprint)


def _fingerprint(draft: Draft) -> Fingerprint:
    """Equal for two drafts that say the same, however their JSON was spaced or ordered.

    Both are compared as they are kept, so an answer can be posted again: metadata by value, and
    the payload's numbers as text, because parsing them would round, and two different events
    could look like one. So `1.0` and `1.00` in a payload are not the same.
    """
    said = [
        draft.event_type,
        _as_written(draft.payload),
        draft.metadata,
        draft.severity,
        draft.execution_id,
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return Fingerprint(hashlib.sha256(text.encode()).digest()[:16])


def _as_written(text: bytes) -> object:
    return json.loads(text, parse_float=_number, parse_int=_number)


def _number(text: str) -> str:
    """The number as it was written, marked with a character that no payload text can hold."""
    return f"\ud800{text}"
