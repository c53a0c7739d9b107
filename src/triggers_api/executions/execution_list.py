"""The list of a tenant's executions: noted when they are first seen, summed up when they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.errors import NotFoundError
from triggers_api.events.ids import created_at_of
from triggers_api.events.ports import Position
from triggers_api.executions.ports import ExecutionsQuery, SeenExecution, SeenExecutions
from triggers_api.executions.summarize import Summarize
from triggers_api.executions.tally import Summary
from triggers_api.parallel import InParallel
from triggers_api.timestamps import Clock

LOOKED_AT: Final = 100
"""Executions that one page looks at, if most of them have another status than it asks for."""
_REMEMBERED: Final = 10_000  # executions; forgetting one costs a read
# Shorter than it takes to delete a tenant: who has its name next may use the same ids.
_KNOWN_FOR: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """Some executions, newest first, and where the next page begins; None on the last page."""

    summaries: tuple[Summary, ...]
    next_after: Position | None


class NoteExecutions:
    """Notes executions when the first of their events is met."""

    def __init__(self, seen: SeenExecutions, clock: Clock) -> None:
        """They are kept in `seen`."""
        self._seen = seen
        self._noted: Cache[tuple[str, str], bool] = Cache(
            _REMEMBERED, kept_for=_KNOWN_FOR, clock=clock
        )

    def is_due(self, tenant: str, execution_id: str) -> bool:
        """Whether nobody here noted it a moment ago."""
        return self._noted.get((tenant, execution_id)) is None

    def __call__(self, tenant: str, execution_id: str, event_id: str) -> None:
        """Note it, as begun with this event. Raises `StoreUnavailableError`; then note it again."""
        position = Position(created_at_of(event_id), event_id)
        self._seen.note_execution(tenant, SeenExecution(execution_id, position))
        self._noted.put((tenant, execution_id), True)  # noqa: FBT003  # a value to remember


class ListExecutions:
    """Lists executions as they are now."""

    def __init__(self, seen: SeenExecutions, summarize: Summarize, clock: Clock) -> None:
        """`clock` bounds the time that one page may take."""
        self._seen = seen
        self._summarize = summarize
        self._clock = clock

    def __call__(
        self, tenant: str, query: ExecutionsQuery, *, limit: int, after: Position | None
    ) -> ExecutionPage:
        """The next executions that were first seen before a position.

        With a status, a page may hold fewer than `limit`, even none, and still have a next one.
        Raises `TooManyAtOnceError` while one of them has more uncounted events than a page can
        count; the next call continues from there.
        """
        looked_at = limit if query.status is None else LOOKED_AT
        found, next_after = self._seen.list_executions(
            tenant, since=_begun_within(query.since), limit=looked_at, after=after
        )
        summaries = zip(found, self._summaries(tenant, found), strict=True)
        wanted = [
            (each.position, summary)
            for each, summary in summaries
            if summary is not None and query.status in (None, summary.status)
        ]
        if len(wanted) > limit:
            next_after = wanted[limit - 1][0]
        return ExecutionPage(tuple(summary for _, summary in wanted[:limit]), next_after)

    def _summaries(self, tenant: str, found: Sequence[SeenExecution]) -> list[Summary | None]:
        def summary_of(each: SeenExecution) -> Summary | None:
            try:
                return self._summarize.briefly(tenant, each.execution_id)
            except NotFoundError:
                return None  # all of it has expired

        return InParallel(self._clock).all(found, summary_of)


def _begun_within(since: datetime | None) -> datetime | None:
    """The beginning of the millisecond: places tell no more, for an event's id has no more."""
    if since is None:
        return None
    return since.replace(microsecond=since.microsecond // 1000 * 1000)
