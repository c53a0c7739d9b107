"""Usage at its real size: ten thousand events with faults at every call, and what counting costs."""

import random
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.builders.events import UNDELIVERED_RETENTION, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.fakes.sightings import InMemorySightings
from tests.fakes.usage import InMemoryActiveTenants, InMemoryUsage
from tests.functional.stream_of_changes import Bench, acknowledged, stored
from tests.simulation.clock import VirtualClock
from tests.simulation.counting import CountedDeliveries, CountedEvents, CountedStreams, Counting
from tests.simulation.faults import Exposed, RandomFaults
from tests.simulation.scheduler import KilledError
from tests.simulation.truth import check_counted
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event_types import NoteTypes
from triggers_api.executions.execution_list import NoteExecutions
from triggers_api.handlers import counter
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.store.items import IS_NEW, to_items
from triggers_api.usage.changes import Change
from triggers_api.usage.config_hours import config_counts
from triggers_api.usage.counters import Count
from triggers_api.usage.daily import daily_counts

DAY: Final = timedelta(days=1)
TENANTS = ("acme", "globex", "initech")
EVENTS, TYPES, EXECUTIONS, CONFIGS = 10_000, 20, 300, 3
ENDS = (DeliveryStatus.SUCCEEDED, DeliveryStatus.SUCCEEDED, DeliveryStatus.DEAD)


def write_all(
    streams: CountedStreams, clock: VirtualClock, chance: random.Random, number: int
) -> None:
    """Two days of events, most of them acknowledged and pushed, some of those after a retry."""
    events, deliveries = CountedEvents(clock), CountedDeliveries(streams)
    events.streams = streams
    configs = {each: [a_config(tenant=each) for _ in range(CONFIGS)] for each in TENANTS}
    for _ in range(number):
        clock.pass_by(2 * DAY / number)
        tenant = chance.choice(TENANTS)
        event = an_event(
            clock.now,
            event_type=f"order.{chance.randrange(TYPES)}",
            execution_id=chance.choice([None, f"exec_{chance.randrange(EXECUTIONS)}"]),
            payload=b"x" * chance.randint(2, 900),
        )
        events.add(tenant, event, None)
        head, _ = to_items(tenant, event, 0, clock.now + UNDELIVERED_RETENTION)
        events.stored(event, head | IS_NEW)
        if chance.random() < 0.8:
            events.acknowledge(tenant, event.id, clock.now)
        if chance.random() < 0.5:
            task = a_task(event, chance.choice(configs[tenant]))
            tries = tuple(
                replace(an_attempt(clock.now), duration_ms=chance.randint(0, 30_000))
                for _ in range(chance.randint(1, 3))
            )
            known = None
            for made_so_far in range(1, len(tries) + 1):
                is_last = made_so_far == len(tries)
                status = chance.choice(ENDS) if is_last else DeliveryStatus.RETRYING
                made = a_delivery(task, status, clock.now, attempts=tries[:made_so_far])
                assert deliveries.record(made, known_attempts=known)
                known = made_so_far


class Mortal:
    """A counter in a process that may die; another one takes its place and remembers nothing."""

    def __init__(self, clock: VirtualClock, faults: RandomFaults) -> None:
        self.usage, self.active = InMemoryUsage(), InMemoryActiveTenants()
        self.sightings = InMemorySightings()
        self.deaths = 0
        self._clock, self._faults = clock, faults
        self._counter = self._new()

    def __call__(self, event: dict[str, object], context: object) -> dict[str, object]:
        try:
            return self._counter(event, context)
        except KilledError:
            self.deaths += 1
            self._counter = self._new()
            raise

    def _new(self) -> counter.Counter:
        told: list[str] = []
        sightings: Any = Exposed("sightings", self.sightings, self._faults, told.append)
        return counter.Counter(
            Exposed("usage", self.usage, self._faults, told.append),
            Exposed("active", self.active, self._faults, told.append),
            counted=counter.COUNTED,
            noted=(
                counter.notes_of_types(NoteTypes(sightings, self._clock)),
                counter.notes_of_executions(NoteExecutions(sightings, self._clock)),
            ),
            clock=self._clock,
            carry_out=lambda attempt, work: [attempt(each) for each in work],
        )


def count_all(seed: int, number: int) -> tuple[CountedStreams, Mortal]:
    """So many events with what follows from them, counted while processes die."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    clock = VirtualClock()
    streams = CountedStreams(clock)
    write_all(streams, clock, chance, number)
    mortal = Mortal(clock, RandomFaults(chance, probability=0.05))
    counting = Counting(streams, mortal, chance, at_most=20)
    while due := counting.due():
        counting.count(chance.choice(due))
    check_counted(streams.truth, mortal.usage, mortal.sightings, clock)
    return streams, mortal


def test_ten_thousand_events_are_counted_and_none_is_off() -> None:
    streams, mortal = count_all(0, EVENTS)

    truth = streams.truth
    assert sum(truth.figures[tenant, "events_created"] for tenant in TENANTS) == EVENTS
    assert len(truth.latest) == len(TENANTS) * TYPES
    assert len(truth.executions) > len(TENANTS) * EXECUTIONS * 0.9
    assert sum(map(len, truth.hours().values())) > len(TENANTS) * CONFIGS * 40
    assert mortal.deaths > 50


def takes_an_execution_for_noted_too_soon(patch: pytest.MonkeyPatch) -> None:
    """A counter remembers an execution before it is written."""
    real = NoteExecutions.__call__

    def call(self: NoteExecutions, tenant: str, execution_id: str, event_id: str) -> None:
        self._noted.put((tenant, execution_id), True)  # noqa: FBT003  # as the real one does
        real(self, tenant, execution_id, event_id)

    patch.setattr(NoteExecutions, "__call__", call)


def passes_over_a_type_that_was_not_noted(patch: pytest.MonkeyPatch) -> None:
    """A counter takes types whose write failed for noted."""
    real = NoteTypes.__call__

    def call(self: NoteTypes, tenant: str, latest: Mapping[str, str]) -> None:
        with suppress(StoreUnavailableError):
            real(self, tenant, latest)

    patch.setattr(NoteTypes, "__call__", call)


def tells_hours_by_another_clock(patch: pytest.MonkeyPatch) -> None:
    """A push of the last minutes of an hour counts in the next one."""

    def counts(change: Change) -> Iterator[Count]:
        return config_counts(replace(change, at=change.at + timedelta(minutes=5)))

    patch.setattr(counter, "COUNTED", (daily_counts, counts))


@pytest.mark.parametrize(
    "plant",
    [
        takes_an_execution_for_noted_too_soon,
        passes_over_a_type_that_was_not_noted,
        tells_hours_by_another_clock,
    ],
)
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    with pytest.raises(AssertionError, match="and truly"):  # noqa: PT012  # by one of the seeds
        for seed in range(30):
            count_all(seed, number=1000)


# A new table on demand has four partitions, and each a shard. Lambda hands over 6 MB at most:
# some three thousand records of both images. A batch is a minute's.
SHARDS, RECORDS_AT_MOST, SECONDS = 4, 3000, 60


def writes_an_event(tenants: int, rate: int) -> float:
    """Of so many tenants, with so many events a second together, each acknowledged soon."""
    bench, number = Bench(counted=(daily_counts,)), 0
    events = 0
    for _ in range(5 if rate <= 50 else 1):
        batches: list[list[dict[str, object]]] = [[] for _ in range(SHARDS)]
        for place in range(rate * SECONDS):
            number += 2
            new = stored(number, f"t{place % tenants}")
            key = str(new["dynamodb"]["NewImage"]["id"]["S"])
            batches[zlib.crc32(key.encode()) % SHARDS] += [new, acknowledged(new, number + 1)]
            events += 1
        for shard, records in enumerate(batches):
            for begin in range(0, len(records), RECORDS_AT_MOST):
                bench.count(records[begin : begin + RECORDS_AT_MOST], shard=f"shardId-{shard}")
        bench.clock.advance(minutes=1)
    return (bench.usage.writes + bench.active.writes) / events


@pytest.mark.parametrize(
    ("tenants", "rate", "at_most"),
    [(1, 1, 0.08), (1, 50, 0.002), (50, 50, 0.08), (1, 400, 0.001)],
)
def test_counting_costs_less_than_a_tenth_of_a_write_an_event(
    tenants: int, rate: int, at_most: float
) -> None:
    assert writes_an_event(tenants, rate) <= at_most


def units_noted_an_event(types: int, events_an_execution: int) -> float:
    """Write units for what is noted of one tenant with fifty events a second, for five minutes."""
    sightings, rate = InMemorySightings(), 50
    types_noted = counter.notes_of_types(NoteTypes(sightings, VirtualClock()))
    executions_noted = counter.notes_of_executions(NoteExecutions(sightings, VirtualClock()))
    bench = Bench(counted=(), noted=(types_noted, executions_noted))
    for minute in range(5):
        for shard in range(SHARDS):
            first = (minute * SHARDS + shard) * rate * SECONDS // SHARDS
            records = [
                stored(
                    place,
                    image={
                        "event_type": {"S": f"order.{place % types}"},
                        "execution_id": {"S": f"exec_{place // events_an_execution}"},
                    },
                )
                for place in range(first, first + rate * SECONDS // SHARDS)
            ]
            assert bench.count(records, shard=f"shardId-{shard}") is None
        bench.clock.advance(minutes=1)
    executions = 5 * rate * SECONDS // events_an_execution
    types_written = sightings.writes - executions
    return (types_written + executions * UNITS_AN_EXECUTION) / (5 * rate * SECONDS)


UNITS_AN_EXECUTION = 4  # two items, in a transaction


@pytest.mark.parametrize(
    ("types", "events_an_execution", "units"),
    [(20, 500, 0.035), (200, 500, 0.275), (500, 500, 0.275), (20, 1, 4.027)],
    ids=["usual", "as many types as are kept", "more than that", "an execution for each event"],
)
def test_what_is_noted_costs_by_types_and_executions_not_by_events(
    types: int, events_an_execution: int, units: float
) -> None:
    assert units_noted_an_event(types, events_an_execution) == pytest.approx(units, abs=0.001)
