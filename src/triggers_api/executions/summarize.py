"""Summarize: count an execution's events, without reading all of them each time.

A checkpoint holds what was counted before; the uncounted after it is read and added. What has
settled of a long uncounted is folded into the checkpoint, so the next reader's uncounted is short again.
Whoever stops half-way, or folds at the same time as another, does no harm: a checkpoint only
ever replaces the one that it was made from.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from triggers_api.errors import NotFoundError, StoreUnavailableError, TransientError
from triggers_api.events.event import Event
from triggers_api.events.ports import Position
from triggers_api.executions.ports import Checkpoint, ExecutionStore, Sighting
from triggers_api.executions.tally import Summary, Tally
from triggers_api.timestamps import Clock

# An event becomes visible after its `created_at`: its request takes up to 10 seconds, clocks
# differ, the index follows its table. What is older than this is taken to have no more
# neighbours to come; if one does come (see `notice`), everything is counted anew.
SETTLES_WITHIN: Final = timedelta(seconds=60)
LATE_AFTER: Final = timedelta(seconds=30)  # half of that is left for the index
FOLDS_FROM: Final = 100  # events: a write for fewer would cost more than reading them again
FOLDED_AT_ONE_IN: Final = (
    128  # events, so that a uncounted has a few hundred beside the last minute
)
READS_AT_MOST: Final = 24  # of 1 MB, some 5,000 events each: three seconds of a request's ten
_READS_FOR_A_TEXT: Final = 4  # a push should not wait for more
_TRIES: Final = 5


class Summarize:
    """Counts, and keeps what it counted."""

    def __init__(self, store: ExecutionStore, clock: Clock) -> None:
        """`clock` tells what has settled."""
        self._store = store
        self._clock = clock

    def __call__(self, tenant: str, execution_id: str) -> Summary:
        """The execution as it is now.

        Raises `NotFoundError`; and `StoreUnavailableError` while there is more to count than one
        call can: the next one goes on from there.
        """
        tally = self._count(tenant, execution_id, READS_AT_MOST).tally
        summary = Summary.of(execution_id, tally)
        if summary is None:
            raise not_found(execution_id)
        return summary

    def counts_with(self, tenant: str, event: Event) -> dict[str, int] | None:
        """The counts of an event's execution, with that event in any case; None if it has none.

        The event may be so new that no reader sees it yet. Raises `StoreUnavailableError` if
        counting takes too long to wait for it.
        """
        if event.execution_id is None:
            return None
        counted = self._count(tenant, event.execution_id, _READS_FOR_A_TEXT)
        tally = counted.tally
        if not counted.holds(Position(event.created_at, event.id)):
            tally = tally.plus(Tally.of([(event.event_type, event.created_at)]))
        return dict(tally.counts)

    def notice(self, tenant: str, event: Event, stored_at: datetime) -> None:
        """Look at an event that was just stored: now and then, fold what has settled before it.

        One that was stored long after its own time may stand where all is counted already.
        """
        if event.execution_id is None:
            return
        if stored_at - event.created_at > LATE_AFTER:
            self._forget(tenant, event.execution_id)
        elif zlib.crc32(event.id.encode()) % FOLDED_AT_ONE_IN == 0:
            self.fold(tenant, event.execution_id)

    def fold(self, tenant: str, execution_id: str) -> None:
        """Keep the counts of what has settled, if that is worth a write: one read, and no more."""
        known = self._store.find_checkpoint(tenant, execution_id)
        settled_before = self._clock() - SETTLES_WITHIN
        uncounted = self._store.read_uncounted(
            tenant, execution_id, after=known.until, before=settled_before
        )
        if len(uncounted.sightings) >= FOLDS_FROM:
            settled = _after(known, uncounted.sightings)
            self._store.keep_checkpoint(tenant, execution_id, settled, known_version=known.version)

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
        raise StoreUnavailableError("This execution is still being counted. Ask again.")

    def _keep(self, tenant: str, execution_id: str, checkpoint: Checkpoint) -> bool:
        """An answer that is right does not depend on whether the next one will be cheap."""
        try:
            return self._store.keep_checkpoint(
                tenant, execution_id, checkpoint, known_version=checkpoint.version
            )
        except TransientError:
            return False

    def _forget(self, tenant: str, execution_id: str) -> None:
        """Whoever is folding now, without the late event, finds another version and gives up."""
        for _ in range(_TRIES):
            known = self._store.find_checkpoint(tenant, execution_id)
            if self._store.keep_checkpoint(
                tenant, execution_id, Checkpoint(), known_version=known.version
            ):
                return
        raise StoreUnavailableError("Others keep counting this execution.")


@dataclass(slots=True)
class _Counting:
    """What one call has read so far."""

    settled: Checkpoint  # what could be kept of it
    begun_after: Position | None
    settled_before: datetime
    unfolded: int = 0  # in `settled`, but not kept yet
    uncounted: Tally = field(default_factory=Tally)  # what has not settled
    _seen: set[str] = field(default_factory=set)
    _gave_up: bool = False

    @property
    def tally(self) -> Tally:
        """Of everything."""
        return self.settled.tally.plus(self.uncounted)

    def add(self, sightings: Sequence[Sighting]) -> None:
        """They follow what was added before, so the settled ones come first."""
        split = sum(each.position.created_at < self.settled_before for each in sightings)
        self._seen.update(each.position.id for each in sightings)
        if split:
            self.settled = _after(self.settled, sightings[:split])
            self.unfolded += 0 if self._gave_up else split
        self.uncounted = self.uncounted.plus(_tally_of(sightings[split:]))

    def kept(self, was_kept: bool) -> None:  # noqa: FBT001  # an answer, handed on
        """Whether `settled` is kept now; if not, somebody else was faster, and need not be met."""
        self._gave_up = not was_kept
        self.unfolded = 0
        self.settled = Checkpoint(
            tally=self.settled.tally, until=self.settled.until, version=self.settled.version + 1
        )

    def holds(self, position: Position) -> bool:
        """Whether an event there is counted: it was read now, or stood before what was kept."""
        if self.begun_after is not None and position <= self.begun_after:
            return True
        return position.id in self._seen


def not_found(execution_id: str) -> NotFoundError:
    """What a caller is told of an execution of which there is no event."""
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
