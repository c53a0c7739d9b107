"""The port of executions in memory, over the events of another fake."""

from datetime import datetime, timedelta

from tests.fakes.events import EVENTS_A_UNIT, InMemoryEventStore, within_answer
from triggers_api.errors import NotFoundError
from triggers_api.events.event import Event
from triggers_api.events.ports import EventPage, Position
from triggers_api.executions.ports import Checkpoint, ExecutionQuery, Sighting, Uncounted
from triggers_api.timestamps import Clock

RETENTION = timedelta(days=365 + 30)


class InMemoryExecutionStore:
    """An `ExecutionStore`; `uncounted_at_once` is how many events one read finds at most."""

    def __init__(
        self, events: InMemoryEventStore, clock: Clock, *, uncounted_at_once: int = 5000
    ) -> None:
        self._events = events
        self._clock = clock
        self._uncounted_at_once = uncounted_at_once
        self._kept: dict[tuple[str, str], tuple[Checkpoint, datetime]] = {}
        self.reads = 0

    def find_checkpoint(self, tenant: str, execution_id: str) -> Checkpoint:
        kept = self._kept.get((tenant, execution_id))
        if kept is None:
            return Checkpoint()
        checkpoint, kept_at = kept
        if kept_at.replace(microsecond=0) + RETENTION <= self._clock():
            return Checkpoint(version=checkpoint.version)
        return checkpoint

    def keep_checkpoint(
        self, tenant: str, execution_id: str, checkpoint: Checkpoint, *, known_version: int
    ) -> bool:
        if self.find_checkpoint(tenant, execution_id).version != known_version:
            return False
        kept = Checkpoint(tally=checkpoint.tally, until=checkpoint.until, version=known_version + 1)
        self._kept[tenant, execution_id] = (kept, self._clock())
        return True

    def read_uncounted(
        self,
        tenant: str,
        execution_id: str,
        *,
        after: Position | None,
        before: datetime | None = None,
    ) -> Uncounted:
        self.reads += 1
        rest = [
            Sighting(event.event_type, _position(event))
            for event in self._events.of_execution(tenant, execution_id)
            if (after is None or _position(event) > after)
            and (before is None or event.created_at < before)
        ]
        found = tuple(rest[: self._uncounted_at_once])
        return Uncounted(found, found[-1].position if len(rest) > len(found) else None)

    def list_timeline(
        self, tenant: str, query: ExecutionQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        events = self._events.of_execution(tenant, query.execution_id)
        is_counted = self.find_checkpoint(tenant, query.execution_id).until is not None
        if after is None and not events and not is_counted:
            message = "There is no such execution."
            raise NotFoundError(message, code="execution_not_found")
        shown = [event for event in events if self._events.is_shown(tenant, event)]
        rest = [event for event in shown if after is None or _position(event) > after]
        page = within_answer(rest[:limit])
        units = len(page) / EVENTS_A_UNIT
        return EventPage(page, _position(page[-1]) if len(rest) > len(page) else None, units)


def _position(event: Event) -> Position:
    return Position(event.created_at, event.id)
