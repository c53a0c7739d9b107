"""Usage at its real size: ten thousand events with faults at every call, and what counting costs."""

import random
import zlib
from datetime import date

import pytest

from tests.builders.events import UNDELIVERED_RETENTION, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.fakes.usage import InMemoryActiveTenants, InMemoryUsage
from tests.functional.stream_of_changes import Bench, acknowledged, stored
from tests.simulation.clock import VirtualClock
from tests.simulation.counting import CountedDeliveries, CountedEvents, CountedStreams, Counting
from tests.simulation.faults import Exposed, RandomFaults
from tests.simulation.scheduler import KilledError
from triggers_api.handlers.counter import Counter
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.store.items import IS_NEW, to_items
from triggers_api.usage.daily import daily_counts

TENANTS = ("acme", "globex", "initech")
EVENTS = 10_000
ENDS = (DeliveryStatus.SUCCEEDED, DeliveryStatus.SUCCEEDED, DeliveryStatus.DEAD)


def write_all(streams: CountedStreams, clock: VirtualClock, chance: random.Random) -> None:
    """Events, most of them acknowledged and pushed, some of those after a retry."""
    events, deliveries = CountedEvents(clock), CountedDeliveries(streams)
    events.streams = streams
    for _ in range(EVENTS):
        tenant = chance.choice(TENANTS)
        event = an_event(clock.now, payload=b"x" * chance.randint(2, 900))
        events.add(tenant, event, None)
        head, _ = to_items(tenant, event, 0, clock.now + UNDELIVERED_RETENTION)
        events.stored(event, head | IS_NEW)
        if chance.random() < 0.8:
            events.acknowledge(tenant, event.id, clock.now)
        if chance.random() < 0.5:
            task = a_task(event, a_config(tenant=tenant))
            tries = tuple(an_attempt(clock.now) for _ in range(chance.randint(1, 3)))
            known = None
            for number in range(1, len(tries) + 1):
                is_last = number == len(tries)
                status = chance.choice(ENDS) if is_last else DeliveryStatus.RETRYING
                made = a_delivery(task, status, clock.now, attempts=tries[:number])
                assert deliveries.record(made, known_attempts=known)
                known = number


class Mortal:
    """A counter in a process that may die; another one takes its place and remembers nothing."""

    def __init__(self, clock: VirtualClock, faults: RandomFaults) -> None:
        self.usage, self.active = InMemoryUsage(), InMemoryActiveTenants()
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

    def _new(self) -> Counter:
        told: list[str] = []
        return Counter(
            Exposed("usage", self.usage, self._faults, told.append),
            Exposed("active", self.active, self._faults, told.append),
            counted=(daily_counts,),
            clock=self._clock,
            carry_out=lambda attempt, work: [attempt(each) for each in work],
        )


@pytest.mark.parametrize("seed", range(2))
def test_ten_thousand_events_are_counted_and_none_is_off(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    clock = VirtualClock()
    streams = CountedStreams(clock)
    write_all(streams, clock, chance)
    mortal = Mortal(clock, RandomFaults(chance, probability=0.2))
    counting = Counting(streams, mortal, chance, at_most=100)
    while due := counting.due():
        counting.count(chance.choice(due))

    counted = {
        (tenant, name): amount
        for tenant in TENANTS
        for day in mortal.usage.read_days(tenant, date.min, date.max).values()
        for name, amount in day.items()
    }
    assert counted == dict(streams.truth)
    assert (
        sum(amount for (_, name), amount in counted.items() if name == "events_created") == EVENTS
    )
    assert mortal.deaths > 50


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
