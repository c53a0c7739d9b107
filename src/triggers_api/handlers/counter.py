"""The counter's Lambda function: what the tables' streams tell of, added up by tenant and day."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from triggers_api.aws import clients
from triggers_api.cache import Cache
from triggers_api.errors import StoreUnavailableError, TransientError
from triggers_api.events.event_types import NoteTypes, latest_of
from triggers_api.executions.execution_list import NoteExecutions
from triggers_api.handlers.lives import IsThere, Lives
from triggers_api.handlers.observability import create_logger, create_metrics, embedded
from triggers_api.handlers.traces import Handler
from triggers_api.settings import CounterSettings
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.counters import DynamoCounterStore
from triggers_api.store.sightings import DynamoSightings
from triggers_api.store.stream_changes import change_of
from triggers_api.store.streamed_rows import StreamedRows
from triggers_api.store.table import create_client
from triggers_api.timestamps import Clock, now
from triggers_api.usage.active import NoteActive
from triggers_api.usage.changes import Change, EventStored
from triggers_api.usage.config_hours import config_counts
from triggers_api.usage.counters import Count, Row, by_row, total
from triggers_api.usage.daily import daily_counts
from triggers_api.usage.hourly import hourly_counts
from triggers_api.usage.ports import ActiveTenants, CounterStore
from triggers_api.watch.metrics import Metric

CountsOf = Callable[[Change], Iterable[Count]]
"""What a change adds, and to which rows."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be noted of a tenant; noting it again changes nothing."""

    first: Change  # by which it was found
    about: str
    carry_out: Callable[[], None]


NotesOf = Callable[[Sequence[Change]], Iterable[Note]]
"""What there is to note of a batch's changes."""

COUNTED: Final[tuple[CountsOf, ...]] = (daily_counts, hourly_counts, config_counts)
# A tenant's row may be throttled for hours; it may hold up what stands behind it only this long.
HOLDS_AT_MOST: Final = timedelta(minutes=5)
# Work begun within this ends within the function's 60 seconds; the next invocation goes on.
_BEGINS_WITHIN: Final = timedelta(seconds=40)
_AT_ONCE: Final = 10  # calls of a few milliseconds each: a thousand rows take half a second
_REMEMBERED: Final = 1000  # rows that failed
_NOBODYS: Final = Row("#nobody", "day", datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Work:
    """One row's counts, or one tenant's note, and the first record that it is for."""

    first: int
    known: Mapping[str, Any]
    carry_out: Callable[[], None]

    @property
    def about(self) -> tuple[Any, Any]:
        """What may be in trouble, by itself."""
        return self.known["tenant"], self.known.get("row")


Try = Callable[[_Work], Exception | None]
CarryOut = Callable[[Try, Sequence[_Work]], list[Exception | None]]


def _at_once(attempt: Try, work: Sequence[_Work]) -> list[Exception | None]:
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(attempt, work))


class Counter:
    """Adds up what changes come to.

    A batch is repeated from the first record whose row could not be written; rows that were
    know it, and add nothing twice. What nobody can read or write is set aside with a loud line.
    """

    def __init__(
        self,
        counters: CounterStore,
        active: ActiveTenants,
        *,
        counted: Sequence[CountsOf] = COUNTED,
        noted: Sequence[NotesOf] = (),
        clock: Clock = now,
        carry_out: CarryOut = _at_once,
        is_there: IsThere = lambda _: True,
    ) -> None:
        """Write to these stores what `counted` makes of each change, and note what `noted` finds.

        `carry_out` says in what order. Late records whose rows are not there count nothing.
        """
        self._is_there = is_there
        self._noted = noted
        self._counters = counters
        self._counted = counted
        self._note_active = NoteActive(active, clock)
        self._clock = clock
        self._each = carry_out
        self._failing_since: Cache[tuple[Any, Any], datetime] = Cache(_REMEMBERED)
        self._logger = create_logger()
        self._metrics = create_metrics()

    def __call__(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Count a batch; answer from where it must be repeated.

        The mapping has a window only so that the event names its shard. Nothing is kept from one
        batch to the next: a window's state would be lost with a window that ends early.
        """
        records = event.get("Records") or []  # none, when a window ends
        changes, unknown = self._changes_of(records)
        left = self._carry_out(
            self._work_of(f"{event['eventSourceARN']}/{event['shardId']}", changes)
        )
        left = unknown if left is None else left
        names = {int(name): name for name in map(_sequence_number, records)}
        done = {"records": len(records), "changes": len(changes), "is_whole": left is None}
        self._logger.info("usage.counted", extra=done)
        failures = [] if left is None else [{"itemIdentifier": names[left]}]
        return {"state": {}, "batchItemFailures": failures}

    def _changes_of(self, records: Iterable[dict[str, Any]]) -> tuple[list[Change], int | None]:
        """The changes that count; and the first record of which that could not be found out."""
        lives, changes = Lives(self._is_there, self._clock), list[Change]()
        for record in records:
            change = self._change_of(record)
            if change is None:
                continue
            try:
                if self._is_over(lives, record, change):
                    continue
            except TransientError:
                known = {"tenant": change.tenant, "sequence_number": str(change.number)}
                self._logger.exception("usage.not_counted", extra=known)
                return changes, change.number
            changes.append(change)
        return changes, None

    def _is_over(self, lives: Lives, record: dict[str, Any], change: Change) -> bool:
        """Whether its tenant's life is over; it is not, if that cannot be asked for long."""
        about = (change.tenant, "life")
        try:
            is_over = lives.is_over(record)
        except TransientError:
            since = self._failing_since.get_or_read(about, self._clock)
            if self._clock() - since < HOLDS_AT_MOST:
                raise
            return False
        self._failing_since.forget(about)
        return is_over

    def _change_of(self, record: dict[str, Any]) -> Change | None:
        """What it tells of; None if nobody can read it, which is set aside."""
        try:
            return change_of(record)
        except Exception as error:  # noqa: BLE001  # it is loud, and must not hold up the shard
            self._set_aside({"sequence_number": _sequence_number(record)}, error)
            return None

    def _work_of(self, shard: str, changes: Sequence[Change]) -> list[_Work]:
        """A row's counts are one piece of work, and so is a tenant's note that is due."""
        work = [
            self._note(change)
            for change in {each.tenant: each for each in reversed(changes)}.values()
            if self._note_active.is_due(change.tenant)
        ]
        work += [_noting(note) for each in self._noted for note in each(changes)]
        counts = [count for change in changes for each in self._counted for count in each(change)]
        work += [self._addition(shard, each) for each in by_row(counts)]
        return sorted(work, key=lambda each: each.first)

    def _note(self, change: Change) -> _Work:
        known = {"tenant": change.tenant, "sequence_number": str(change.number)}
        return _Work(change.number, known, lambda: self._note_active(change.tenant))

    def _addition(self, shard: str, counts: Sequence[Count]) -> _Work:
        row, first = counts[0].row, counts[0].number
        known = {
            "tenant": row.tenant,
            "row": row.name,
            "sequence_number": str(first),
            "until": str(counts[-1].number),
            "shard": shard,
            "amounts": total(counts),
        }
        return _Work(first, known, lambda: self._counters.add(shard, counts))

    def _carry_out(self, work: Sequence[_Work]) -> int | None:
        """Do it all, in no order; answer the first record of what must be done again."""
        ends_at = self._clock() + _BEGINS_WITHIN
        errors = self._each(lambda each: self._error_of(each, ends_at), work)
        failed = [(each, error) for each, error in zip(work, errors, strict=True) if error]
        again = [(each, error) for each, error in failed if self._must_repeat(each, error)]
        if not again:
            return None
        first, error = again[0]
        self._logger.error(
            "usage.not_counted", extra={**first.known, "rows": len(again)}, exc_info=error
        )
        return first.first

    def _error_of(self, work: _Work, ends_at: datetime) -> Exception | None:
        if self._clock() > ends_at:
            return StoreUnavailableError("No time is left in this invocation.")
        try:
            work.carry_out()
        except Exception as error:  # noqa: BLE001  # judged when all is done
            return error
        self._failing_since.forget(work.about)
        return None

    def _must_repeat(self, work: _Work, error: Exception) -> bool:
        """Whether it may yet succeed; if not, it is set aside.

        What a row's content provokes never passes. Trouble that one row alone has is waited for
        only so long; what all have is waited for until it passes.
        """
        if isinstance(error, TransientError):
            since = self._failing_since.get_or_read(work.about, self._clock)
            if self._clock() - since < HOLDS_AT_MOST:
                return True
            if not self._works_for_others():
                self._failing_since.put(work.about, self._clock())
                return True
        elif clients.is_refusal(error) and not clients.is_about_content(error):
            return True
        self._set_aside(work.known, error)
        return False

    def _works_for_others(self) -> bool:
        try:
            self._counters.find(_NOBODYS)
        except TransientError:
            return False
        return True

    def _set_aside(self, known: Mapping[str, Any], error: Exception) -> None:
        """Leave it to a person, with all that is needed to add it by hand, and no event's content."""
        frames = traceback.extract_tb(error.__traceback__)
        told = {
            "exception_name": type(error).__name__,
            "raised_at": f"{frames[-1].name}:{frames[-1].lineno}" if frames else None,
        }
        counted = embedded(self._metrics, {Metric.COUNTS_SET_ASIDE: 1})
        self._logger.critical("usage.set_aside", extra={**known, **told, **counted})


def _sequence_number(record: Mapping[str, Any]) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _noting(note: Note) -> _Work:
    number = note.first.number
    known = {"tenant": note.first.tenant, "row": note.about, "sequence_number": str(number)}
    return _Work(number, known, note.carry_out)


def notes_of_types(note_types: NoteTypes) -> NotesOf:
    """The latest event of each type that a batch has, tenant by tenant."""

    def notes(changes: Sequence[Change]) -> Iterable[Note]:
        stored: dict[str, list[EventStored]] = {}
        for change in changes:
            if isinstance(change, EventStored):
                stored.setdefault(change.tenant, []).append(change)
        for tenant, events in stored.items():
            latest = latest_of((each.event_type, each.event_id) for each in events)
            yield Note(events[0], "types", partial(note_types, tenant, latest))

    return notes


def notes_of_executions(note: NoteExecutions) -> NotesOf:
    """The executions that a batch has and nobody here has met, each with its first event."""

    def notes(changes: Sequence[Change]) -> Iterable[Note]:
        met: dict[tuple[str, str], list[EventStored]] = {}
        for change in changes:
            if isinstance(change, EventStored) and change.execution_id is not None:
                met.setdefault((change.tenant, change.execution_id), []).append(change)
        for (tenant, execution_id), events in met.items():
            if note.is_due(tenant, execution_id):
                first = min(each.event_id for each in events)
                about = f"execution {execution_id}"
                yield Note(events[0], about, partial(note, tenant, execution_id, first))

    return notes


def wire(settings: CounterSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    client = create_client()
    table = settings.usage_table
    sightings = DynamoSightings(client, table, now)
    return Counter(
        DynamoCounterStore(client, table),
        DynamoActiveTenants(client, table),
        is_there=StreamedRows(client).has,
        noted=(
            notes_of_types(NoteTypes(sightings, now)),
            notes_of_executions(NoteExecutions(sightings, now)),
        ),
    )


handler = wire(CounterSettings.from_environment())
cold_start.end()
