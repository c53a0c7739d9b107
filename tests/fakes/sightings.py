"""What was seen, in memory; `tests/contract` holds it to what the real adapter does."""

from datetime import datetime

from triggers_api.events.ports import Position, SeenType
from triggers_api.executions.ports import SeenExecution


class InMemorySightings:
    """An `EventTypes` and a `SeenExecutions`."""

    def __init__(self) -> None:
        self._types: dict[tuple[str, str], SeenType] = {}
        self._executions: dict[tuple[str, str], SeenExecution] = {}
        self.writes = 0

    def note_type(self, tenant: str, seen: SeenType) -> None:
        self.writes += 1
        known = self._types.get((tenant, seen.event_type), seen)
        latest = max(known, seen, key=lambda each: each.latest_event_id)
        self._types[tenant, seen.event_type] = latest

    def list_types(self, tenant: str, since: datetime) -> tuple[SeenType, ...]:
        return tuple(
            seen
            for (owner, _), seen in sorted(self._types.items())
            if owner == tenant and seen.last_seen_at >= since
        )

    def forget(self, tenant: str) -> None:
        """As its deletion does."""
        self._executions = {key: each for key, each in self._executions.items() if key[0] != tenant}
        self._types = {key: each for key, each in self._types.items() if key[0] != tenant}

    def note_execution(self, tenant: str, seen: SeenExecution) -> None:
        self.writes += 1
        self._executions.setdefault((tenant, seen.execution_id), seen)

    def list_executions(
        self, tenant: str, *, since: datetime | None, limit: int, after: Position | None
    ) -> tuple[tuple[SeenExecution, ...], Position | None]:
        found = [
            seen
            for (owner, _), seen in self._executions.items()
            if owner == tenant
            and (since is None or seen.position.created_at >= since)
            and (after is None or seen.position < after)
        ]
        found.sort(key=lambda seen: seen.position, reverse=True)
        shown = tuple(found[:limit])
        return shown, shown[-1].position if len(found) > limit else None
