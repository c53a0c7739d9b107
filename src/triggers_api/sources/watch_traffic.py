"""What comes to sources, added up in the process and written now and then.

A request that is refused may come from anybody, as often as they like, and must not turn into
writes: of one source, a process writes a few a minute and adds up the rest. What arrives is paid
for by its tenant; in a burst the count is written for every tenth. So when traffic ends, the last
tenth of a burst may stay uncounted until the next request.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.errors import TransientError
from triggers_api.sources.ports import SourceStore
from triggers_api.sources.source import Refused, Source, Traffic
from triggers_api.timestamps import Clock

REFUSALS_AT_ONCE: Final = 3  # so that whoever tries a few times sees each try
REFUSALS_EVERY: Final = timedelta(seconds=15)
_BURST_ENDS_AFTER: Final = timedelta(seconds=60)
_WRITTEN_EVERY: Final = timedelta(seconds=15)
_REMEMBERED_AT_MOST: Final = 1000  # sources; of a forgotten one, what was not written is lost


@dataclass(slots=True)
class _Pending:
    """What one process has not written yet of one source."""

    at: datetime  # of the burst's first request
    written_at: datetime
    in_burst: int = 0
    arrived: int = 0
    refused: int = 0
    last: Traffic = field(default_factory=Traffic)
    allowed: float = REFUSALS_AT_ONCE
    allowed_at: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Whether what arrived is to be written."""
        if not timedelta(0) <= at - self.at < _BURST_ENDS_AFTER:
            self.at, self.in_burst = at, 0
        self.in_burst += 1
        is_a_tenth = self.arrived * 10 >= self.in_burst
        return is_a_tenth or at - self.written_at >= _WRITTEN_EVERY

    def allows(self, at: datetime) -> bool:
        """Whether a refusal may be written; each takes one of a few, which come back slowly."""
        since = timedelta(0) if self.allowed_at is None else at - self.allowed_at
        returned = max(0.0, since / REFUSALS_EVERY)
        self.allowed = min(float(REFUSALS_AT_ONCE), self.allowed + returned)
        self.allowed_at = at
        if self.allowed < 1:
            return False
        self.allowed -= 1
        return True

    def more(self) -> Traffic:
        """All that is not written."""
        last = self.last
        return Traffic(
            arrived=self.arrived,
            refused=self.refused,
            last_arrived_at=last.last_arrived_at if self.arrived else None,
            last_refused_at=last.last_refused_at if self.refused else None,
            last_refusal=last.last_refusal if self.refused else None,
        )


class WatchTraffic:
    """Counts for the owners of sources. What it cannot write is no reason to refuse a request."""

    def __init__(self, store: SourceStore, clock: Clock) -> None:
        """Counts go to `store`."""
        self._store = store
        self._clock = clock
        self._pending: Cache[tuple[str, str], _Pending] = Cache(_REMEMBERED_AT_MOST)

    def arrived(self, source: Source) -> None:
        """A request became an event."""
        pending, at = self._of(source), self._clock()
        pending.arrived += 1
        pending.last = Traffic(
            last_arrived_at=at,
            last_refused_at=pending.last.last_refused_at,
            last_refusal=pending.last.last_refusal,
        )
        if pending.is_due(at):
            self._write(source, pending, at)

    def refused(self, source: Source, refused: Refused) -> None:
        """A request was refused."""
        pending = self._of(source)
        pending.refused += 1
        pending.last = Traffic(
            last_arrived_at=pending.last.last_arrived_at,
            last_refused_at=refused.at,
            last_refusal=refused.refusal,
        )
        if not pending.allows(refused.at):
            return
        number = self._write(source, pending, refused.at)
        if number is not None:
            try:
                self._store.keep_refused(source.tenant, source.id, number, refused)
            except TransientError:
                return  # it is counted

    def _of(self, source: Source) -> _Pending:
        at = self._clock()
        return self._pending.get_or_read((source.tenant, source.id), lambda: _Pending(at, at))

    def _write(self, source: Source, pending: _Pending, at: datetime) -> int | None:
        """Returns how much was refused so far, if it could be written."""
        try:
            number = self._store.note_traffic(source.tenant, source.id, pending.more())
        except TransientError:
            return None  # it is written with what comes next
        pending.arrived = pending.refused = 0
        pending.written_at = at
        return number
