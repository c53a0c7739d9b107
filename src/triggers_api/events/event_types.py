"""Event types: which there are, and the latest event of each, for filters and their lists."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.events.ports import EventTypes, SeenType
from triggers_api.timestamps import Clock

SEEN_WITHIN: Final = timedelta(days=30)
MOST_TYPES: Final = 200
"""Types of a tenant that are kept. A further one is left out until one was not seen for 30 days."""
_KNOWN_FOR: Final = timedelta(hours=1)  # until then, a place that is free again is not seen
# Shorter than it takes to delete a tenant: who has its name next has other types.
_FULL_FOR: Final = timedelta(minutes=1)  # then what a full tenant knows is read again
_TENANTS_REMEMBERED: Final = 1000  # forgetting one costs a query


class NoteTypes:
    """Notes the types of events that were stored, each as often as it comes or once more."""

    def __init__(self, types: EventTypes, clock: Clock) -> None:
        """Types are kept in `types`."""
        self._types = types
        self._clock = clock
        self._known: Cache[str, set[str]] = Cache(
            _TENANTS_REMEMBERED, kept_for=_KNOWN_FOR, clock=clock
        )
        self._read_lately: Cache[str, bool] = Cache(
            _TENANTS_REMEMBERED, kept_for=_FULL_FOR, clock=clock
        )

    def __call__(self, tenant: str, latest: Mapping[str, str]) -> None:
        """Note the latest event of each type. Raises `StoreUnavailableError`; then note it again."""
        known = self._known_of(tenant, latest)
        for event_type, event_id in latest.items():
            if event_type in known or len(known) < MOST_TYPES:
                known.add(event_type)
                self._types.note_type(
                    tenant, SeenType(event_type=event_type, latest_event_id=event_id)
                )

    def _known_of(self, tenant: str, wanted: Mapping[str, str]) -> set[str]:
        """The types of a tenant; read again if there was no room for one that is wanted."""
        known = self._known.get_or_read(tenant, lambda: self._names_of(tenant))
        if wanted.keys() <= known or len(known) + len(wanted) <= MOST_TYPES:
            return known
        if self._read_lately.get(tenant) is None:
            self._known.forget(tenant)
        return self._known.get_or_read(tenant, lambda: self._names_of(tenant))

    def _names_of(self, tenant: str) -> set[str]:
        self._read_lately.put(tenant, True)  # noqa: FBT003  # a value, not a switch
        since = self._clock() - SEEN_WITHIN
        return {each.event_type for each in self._types.list_types(tenant, since)}


def latest_of(events: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The latest event of each type; events are given by type and id, and ids sort by time."""
    latest: dict[str, str] = {}
    for event_type, event_id in events:
        latest[event_type] = max(event_id, latest.get(event_type, event_id))
    return latest
