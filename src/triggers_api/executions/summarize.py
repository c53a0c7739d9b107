"""Summarize: count an execution's events, without reading all of them each time.

A checkpoint holds the counts up to a position. A reader adds the uncounted events after it.
When there are many, those that have settled are folded into the checkpoint, so the next reader
has few to read. A crash half way, or two folds at once, do no harm: a checkpoint only ever
replaces the one it was made from.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from triggers_api.errors import NotFoundError, TooManyAtOnceError, TransientError
from triggers_api.events.event import Event
from triggers_api.events.ports import Position
from triggers_api.executions.ports import Checkpoint, ExecutionStore, Sighting
from triggers_api.executions.tally import Summary, Tally
from triggers_api.timestamps import Clock

# An event becomes visible after its `created_at`: its request takes up to 10 seconds, clocks
# differ, and the index lags behind its table. We assume that no event older than this is still
# to appear; if one does (see `notice`), everything is counted again.
SETTLES_WITHIN: Final = timedelta(seconds=60)
LATE_AFTER: Final = timedelta(seconds=30)  # the other half is left for the index
FOLDS_FROM: Final = 100  # events: for fewer, a write costs more than reading them again
FOLDED_AT_ONE_IN: Final = 128  # events: a few hundred stay uncounted, beside the last minute's
READS_AT_MOST: Final = 24  # of 1 MB, about 5,000 events each: three of a request's ten seconds
_READS_FOR_ONE_OF_MANY: Final = 4  # each of them leaves fewer to be read the next time
_READS_FOR_A_TEXT: Final = 4  # a push should not wait for more
_TRIES: Final = 5


class Summarize:
    """Counts events, and keeps the counts."""

    def __init__(self, store: ExecutionStore, clock: Clock) -> None:
        """`clock` decides which events have settled."""
        self._store = store
        self._clock = clock

    def __call__(self, tenant: str, execution_id: str) -> Summary:
        """The execution as it is now.

        Raises `NotFoundError`, or `TooManyAtOnceError` while there is more than one call can
        count; the next call continues from there.
        """
        return self._summary(tenant, execution_id, READS_AT_MOST)

    def briefly(self, tenant: str, execution_id: str) -> Summary:
        """The same for one of many in an answer, which may take less of its time."""
        return self._summary(tenant, execution_id, _READS_FOR_ONE_OF_MANY)

    def counts_with(self, tenant: str, event: Event) -> dict[str, int] | None:
        """The counts of the event's execution, or None if it has none.

        They always include the event, even if it is too new for readers to see. Raises
        `TooManyAtOnceError` if counting would take too long.
        """
        if event.execution_id is None:
            return None
        counted = self._count(tenant, event.execution_id, _READS_FOR_A_TEXT)
        tally = counted.tally
        if not counted.holds(Position(event.created_at, event.id)):
            tally = tally.plus(Tally.of([(event.event_type, event.created_at)]))
        return dict(tally.counts)

    def notice(self, tenant: str, event: Event, stored_at: datetime) -> None:
        """Look at an event that was just stored, and now and then fold what settled before it.

        An event stored long after its own time may belong before the checkpoint.
        """
        if event.execution_id is None:
            return
        if is_late(event, stored_at):
            self._forget(tenant, event.execution_id)
        elif zlib.crc32(event.id.encode()) % FOLDED_AT_ONE_IN == 0:
            self.fold(tenant, event.execution_id)

    def fold(self, tenant: str, execution_id: str) -> None:
        """Keep the counts of settled events, if that is worth a write. Reads once."""
        known = self._store.find_checkpoint(tenant, execution_id)
        settled_before = self._clock() - SETTLES_WITHIN
        uncounted = self._store.read_uncounted(
            tenant, execution_id, after=known.until, before=settled_before
        )
        if len(uncounted.sightings) >= FOLDS_FROM:
            settled = _after(known, uncounted.sightings)
            self._store.keep_checkpoint(tenant, execution_id, settled, known_version=known.version)

    def _summary(self, tenant: str, execution_id: str, reads: int) -> Summary:
        summary = Summary.of(execution_id, self._count(tenant, execution_id, reads).tally)
        if summary is None:
            raise not_found(execution_id)
        return summary

    def _count(self, tenant: str, execution_id: str, reads: int) -> "_Counting":
        known = self._store.find_checkpoint(tenant, execution_id)
        counting = _Counting(known, known.until, self._clock() - SETTLES_WITHIN)
        after = known.until
        for _ in range(reads):
            uncounted = self._store.read_uncounted(tenant, execution_id, after=after)
            counting.add(uncounted.sightings)
            if counting.unfolded >= FOLDS_FROM:
                counting.kept(self._keep(tenant, execution_id, counting.settled))
            after = uncounted.next_after
            if after is None:
                return counting
        raise TooManyAtOnceError("This execution is still being counted. Ask again.")

    def _keep(self, tenant: str, execution_id: str, checkpoint: Checkpoint) -> bool:
        """Failing to keep it does not spoil this answer; the next one only costs more."""
        try:
            return self._store.keep_checkpoint(
                tenant, execution_id, checkpoint, known_version=checkpoint.version
            )
        except TransientError:
            return False

    def _forget(self, tenant: str, execution_id: str) -> None:
        """A fold under way, which has not seen the late event, finds a new version and stops."""
        for _ in range(_TRIES):
            known = self._store.find_checkpoint(tenant, execution_id)
            if self._store.keep_checkpoint(
                tenant, execution_id, Checkpoint(), known_version=known.version
            ):
                return
        raise TooManyAtOnceError("Others keep counting this execution.")


@dataclass(slots=True)
class _Counting:
    """What one call has read so far."""

    settled: Checkpoint  # the part that may be kept
    begun_after: Position | None
    settled_before: datetime
    unfolded: int = 0  # in `settled`, but not kept yet
    unsettled: Tally = field(default_factory=Tally)
    _seen: set[str] = field(default_factory=set)
    _gave_up: bool = False

    @property
    def tally(self) -> Tally:
        """Of all events read or counted before."""
        return self.settled.tally.plus(self.unsettled)

    def add(self, sightings: Sequence[Sighting]) -> None:
        """Add sightings that follow those added before; the settled ones come first."""
        split = sum(each.position.created_at < self.settled_before for each in sightings)
        self._seen.update(each.position.id for each in sightings)
        if split:
            self.settled = _after(self.settled, sightings[:split])
            self.unfolded += 0 if self._gave_up else split
        self.unsettled = self.unsettled.plus(_tally_of(sightings[split:]))

    def kept(self, was_kept: bool) -> None:  # noqa: FBT001  # an answer, handed on
        """Note whether `settled` was kept. If not, somebody else was faster; do not try again."""
        self._gave_up = not was_kept
        self.unfolded = 0
        self.settled = Checkpoint(
            tally=self.settled.tally, until=self.settled.until, version=self.settled.version + 1
        )

    def holds(self, position: Position) -> bool:
        """Whether the event there is counted: in this call, or in the checkpoint it began with."""
        if self.begun_after is not None and position <= self.begun_after:
            return True
        return position.id in self._seen


def is_late(event: Event, stored_at: datetime) -> bool:
    """Whether a checkpoint may have been made, after its time, without it."""
    return stored_at - event.created_at > LATE_AFTER


def not_found(execution_id: str) -> NotFoundError:
    """The error for an execution that has no events."""
    return NotFoundError(
        f"There is no event of an execution '{execution_id}'.", code="execution_not_found"
    )


def _after(known: Checkpoint, sightings: Sequence[Sighting]) -> Checkpoint:
    return Checkpoint(
        tally=known.tally.plus(_tally_of(sightings)),
        until=sightings[-1].position,
        version=known.version,
    )


def _tally_of(sightings: Sequence[Sighting]) -> Tally:
    return Tally.of((each.event_type, each.position.created_at) for each in sightings)
