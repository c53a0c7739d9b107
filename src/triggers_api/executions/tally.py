"""Executions: what the events of a producer's job add up to, in whatever order they come.

A tally sums up some events of an execution. Two tallies add up to the tally of all their events,
so it does not matter which were counted when: one part is counted once and kept, and the rest
is added each time somebody asks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

MAX_TYPES: Final = 300
"""Event types counted by name; further types are counted together, by their last word if any."""

OTHERS: Final = "*"
_STARTED: Final = ".started"
_SUCCESSES: Final = (".completed", ".succeeded")
_FAILED: Final = ".failed"
_ENDS: Final = (*_SUCCESSES, _FAILED)
_OF_JOBS: Final = (_STARTED, *_ENDS)


class ExecutionStatus(StrEnum):
    """How far an execution has come."""

    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Some events of an execution: how many of each type, since when, and when jobs ended."""

    counts: Mapping[str, int] = field(default_factory=dict)
    ended_at: Mapping[str, datetime] = field(default_factory=dict)
    """For each type that ends a job: the time of its last event."""
    first_at: datetime | None = None

    @classmethod
    def of(cls, events: Iterable[tuple[str, datetime]]) -> "Tally":
        """Tally events, given by type and creation time, in any order."""
        counts: Counter[str] = Counter()
        ended_at: dict[str, datetime] = {}
        first_at: datetime | None = None
        for event_type, at in events:
            counts[event_type] += 1
            if event_type.endswith(_ENDS):
                ended_at[event_type] = max(at, ended_at.get(event_type, at))
            first_at = at if first_at is None else min(at, first_at)
        return _bounded(counts, ended_at, first_at)

    def plus(self, other: "Tally") -> "Tally":
        """The tally of the events of both."""
        ended_at = dict(self.ended_at)
        for event_type, at in other.ended_at.items():
            ended_at[event_type] = max(at, ended_at.get(event_type, at))
        begins = [at for at in (self.first_at, other.first_at) if at is not None]
        counts = Counter(self.counts) + Counter(other.counts)
        return _bounded(counts, ended_at, min(begins, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An execution in short."""

    execution_id: str
    status: ExecutionStatus
    started_at: datetime
    completed_at: datetime | None
    counts: Mapping[str, int]
    failed_events: int

    @classmethod
    def of(cls, execution_id: str, tally: Tally) -> "Summary | None":
        """Sum up a tally; None if it has no events."""
        if tally.first_at is None:
            return None
        failed = sum(n for each, n in tally.counts.items() if each.endswith(_FAILED))
        completed_at = _end_of(tally)
        status = ExecutionStatus.COMPLETED_WITH_ERRORS if failed else ExecutionStatus.COMPLETED
        return cls(
            execution_id=execution_id,
            status=ExecutionStatus.RUNNING if completed_at is None else status,
            started_at=tally.first_at,
            completed_at=completed_at,
            counts=dict(sorted(tally.counts.items())),
            failed_events=failed,
        )

    @property
    def total_events(self) -> int:
        """How many events there are, of all types."""
        return sum(self.counts.values())

    @property
    def duration_seconds(self) -> float | None:
        """From the first event to the end; None while it runs."""
        if self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()


def _end_of(tally: Tally) -> datetime | None:
    """When the last of its jobs ended; None while one runs.

    A job is what an event type names before its last word: `sync` in `sync.started`. Each job
    with a `started` event needs an end event, earlier or later. If no job has one, any success
    ends the execution; a failure does not, as it may concern a single invoice.
    """
    jobs = [each.removesuffix(_STARTED) for each in tally.counts if each.endswith(_STARTED)]
    if not jobs:
        ends = (at for each, at in tally.ended_at.items() if each.endswith(_SUCCESSES))
        return max(ends, default=None)
    ended: list[datetime] = []
    for job in jobs:
        said = [tally.ended_at[job + end] for end in _ENDS if job + end in tally.ended_at]
        if not said:
            return None
        ended += said
    return max(ended)


def _bounded(
    counts: Mapping[str, int], ended_at: Mapping[str, datetime], first_at: datetime | None
) -> Tally:
    """The tally with at most `MAX_TYPES` types by name: jobs first, then in alphabetical order.

    Which types keep their names depends on the types alone, not on the order of events: a type
    among the first of all is among the first of any part. So parts still add up to the whole.
    """
    if len(counts) <= MAX_TYPES:  # a tally that overflowed before has its named types as well
        return Tally(counts=dict(counts), ended_at=dict(ended_at), first_at=first_at)
    named = sorted(each for each in counts if not each.startswith(OTHERS))
    kept = frozenset(sorted(named, key=lambda each: not each.endswith(_OF_JOBS))[:MAX_TYPES])
    bounded: Counter[str] = Counter()
    ends: dict[str, datetime] = {}
    for event_type, count in counts.items():
        name = event_type if event_type in kept else _in_place_of(event_type)
        bounded[name] += count
        if event_type in ended_at:
            at = ended_at[event_type]
            ends[name] = max(at, ends.get(name, at))
    return Tally(counts=dict(bounded), ended_at=ends, first_at=first_at)


def _in_place_of(event_type: str) -> str:
    """`*.failed` and the like for what jobs say, so that failures still count as such."""
    return next((OTHERS + end for end in _OF_JOBS if event_type.endswith(end)), OTHERS)
