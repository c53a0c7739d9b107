"""What leasing costs, however much is leased; computed as in `test_costs.py`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import TENANT, an_event, incompressible_payload, store_event
from tests.capacity import metered
from tests.clock import FixedClock
from tests.fakes.leases import leasing_on
from triggers_api.events.event import Event
from triggers_api.leases.lease import LeaseEvents
from triggers_api.store import items
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.leases import DynamoLeaseStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOUR = timedelta(hours=1)
LEASED = pytest.mark.parametrize("leased", [0, 300])
_NOTE = "x" * 600  # fills a head of compressible words up to its usual size


@pytest.fixture
def lease(dynamodb_leases: DynamoLeaseStore, clock: FixedClock) -> LeaseEvents:
    return leasing_on(dynamodb_leases, clock)


@pytest.fixture
def bulk(dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock) -> "Bulk":
    return Bulk(dynamodb, events_table, clock)


@dataclass(frozen=True)
class Cost:
    """Of one lease."""

    operations: list[str]
    write_units: float
    read_units: float
    events: int


class Bulk:
    """Stores many events at once, as the store writes them one by one."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: FixedClock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def post(self, number: int) -> list[Event]:
        at = self._clock()
        events = [
            an_event(self._clock.advance(milliseconds=1), execution_id=_NOTE) for _ in range(number)
        ]
        heads = [items.to_items(TENANT, event, 0, at + 365 * 24 * HOUR)[0] for event in events]
        for start in range(0, number, 25):
            self._client.batch_write_item(
                RequestItems={
                    self._table: [
                        {"PutRequest": {"Item": head}} for head in heads[start : start + 25]
                    ]
                }
            )
        return events


def lease_all(lease: LeaseEvents, limit: int = 100) -> None:
    """Lease until nothing is free."""
    while lease.lease(TENANT, limit=limit, duration=HOUR).events:
        pass


def cost_of(dynamodb: "DynamoDBClient", lease: LeaseEvents, limit: int = 100) -> Cost:
    """What one lease costs and how many events it gets."""
    with metered(dynamodb, "EventsTable") as bill:
        got = len(lease.lease(TENANT, limit=limit, duration=HOUR).events)
    return Cost(bill.operations, bill.write_units, bill.read_units, got)


@LEASED
def test_leasing_100_new_events_costs_the_same_however_many_are_leased(
    dynamodb: "DynamoDBClient", lease: LeaseEvents, bulk: Bulk, leased: int
) -> None:
    bulk.post(leased + 1)
    lease_all(lease)
    bulk.post(100)

    cost = cost_of(dynamodb, lease)

    assert cost.events == 100
    assert cost.operations == [
        "GetItem",  # the ledger
        "Query",  # leases that ended
        "GetItem",  # the tenant's row
        "Query",  # pending
        "Query",  # failed
        "TransactWriteItems",
    ]
    assert cost.write_units == 6
    assert cost.read_units <= 16.5


@LEASED
def test_finding_nothing_costs_4_read_units_however_many_are_leased(
    dynamodb: "DynamoDBClient", lease: LeaseEvents, bulk: Bulk, clock: FixedClock, leased: int
) -> None:
    bulk.post(leased + 1)
    lease_all(lease)
    clock.advance(seconds=12)  # what came late has been looked for
    lease_all(lease)

    cost = cost_of(dynamodb, lease)

    assert (cost.events, cost.write_units) == (0, 0)
    assert cost.read_units <= 4


def test_a_pass_reads_what_is_leased_in_the_index_and_its_ids_in_the_ledger(
    dynamodb: "DynamoDBClient", lease: LeaseEvents, bulk: Bulk, clock: FixedClock
) -> None:
    bulk.post(300)
    lease_all(lease)
    clock.advance(seconds=61)

    cost = cost_of(dynamodb, lease)

    assert (cost.events, cost.write_units) == (0, 1)
    assert cost.read_units <= 40 + 5


@pytest.mark.parametrize("is_again", [False, True])
def test_a_lease_tells_what_was_read_of_large_events(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    *,
    is_again: bool,
) -> None:
    for _ in range(5):
        store_event(dynamodb_events, clock(), payload=incompressible_payload(20_000))
    if is_again:
        lease.lease(TENANT, limit=5, duration=HOUR)
        clock.advance(hours=2)

    with metered(dynamodb, "EventsTable") as bill:
        leased = lease.lease(TENANT, limit=5, duration=HOUR)

    assert len(leased.events) == 5
    assert bill.read_units - 4 <= leased.read_units <= bill.read_units  # but for the ledger
    assert leased.read_units >= 5 * 4


def test_ten_events_cost_4_write_units(
    dynamodb: "DynamoDBClient", lease: LeaseEvents, bulk: Bulk
) -> None:
    bulk.post(10)

    assert cost_of(dynamodb, lease, limit=10).write_units == 4


def test_an_ended_lease_costs_a_read_unit_for_each_of_its_events(
    dynamodb: "DynamoDBClient", lease: LeaseEvents, bulk: Bulk, clock: FixedClock
) -> None:
    bulk.post(100)
    lease_all(lease)
    clock.advance(hours=1)

    cost = cost_of(dynamodb, lease)

    assert (cost.events, cost.write_units) == (100, 6)
    assert cost.read_units <= 103


def test_of_an_ended_lease_only_as_many_events_are_read_as_are_wanted(
    dynamodb: "DynamoDBClient", lease: LeaseEvents, bulk: Bulk, clock: FixedClock
) -> None:
    bulk.post(100)
    lease_all(lease)
    clock.advance(hours=1)

    cost = cost_of(dynamodb, lease, limit=5)

    assert cost.events == 5
    assert cost.read_units <= 13
