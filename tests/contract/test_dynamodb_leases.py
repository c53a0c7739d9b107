"""Leases on DynamoDB, while others lease, answers are lost and the index lags."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.builders.events import TENANT, ids, incompressible_payload, store_event
from tests.clock import FixedClock
from tests.contract.clients import LaggingIndexClient, before_call, hooked
from tests.contract.conftest import OpenStore, create_table
from tests.fakes.leases import leasing_on
from triggers_api.leases.lease import Leased, LeaseEvents
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.items import event_key
from triggers_api.store.leases import DynamoLeaseStore
from triggers_api.store.tenants import TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def lease(dynamodb_leases: DynamoLeaseStore, clock: FixedClock) -> LeaseEvents:
    return leasing_on(dynamodb_leases, clock)


def take(lease: LeaseEvents, limit: int = 10, seconds: int = 60) -> Leased:
    return lease.lease(TENANT, limit=limit, duration=timedelta(seconds=seconds))


def taken(lease: LeaseEvents, limit: int = 10) -> list[str]:
    return ids(list(take(lease, limit).events))


@pytest.mark.parametrize("number", [1, 2])
def test_two_who_lease_at_once_get_different_events(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    number: int,
) -> None:
    stored = [store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(4)]
    others: list[str] = []

    with before_call(dynamodb, "Query", lambda: others.extend(taken(lease, 2)), number):
        mine = taken(lease, 2)

    assert others == ids(stored[:2])
    assert mine == ids(stored[2:])


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutItem"])
def test_a_lease_whose_answer_was_lost_on_the_way_is_one_lease(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    dynamodb_leases: DynamoLeaseStore,
    lease: LeaseEvents,
    clock: FixedClock,
    operation: str,
) -> None:
    stored = [store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(4)]
    if operation == "PutItem":
        assert taken(lease) == ids(stored)
        clock.advance(minutes=2)
        for event in stored:
            dynamodb_events.acknowledge(TENANT, event.id, clock())
        stored = []
    version = dynamodb_leases.read_ledger(TENANT).version

    with lost_answer(dynamodb, operation):
        mine = taken(lease, 2)

    assert mine == ids(stored[:2])
    assert dynamodb_leases.read_ledger(TENANT).version == version + 1
    assert taken(lease, 2) == ids(stored[2:])


@contextmanager
def lost_answer(client: "DynamoDBClient", operation: str) -> Iterator[None]:
    """A call is made, its answer is lost, and so it is made once more."""
    made: list[Any] = []

    def make_it_before(params: dict[str, Any], **_: object) -> None:
        if not made:
            made.append(params)
            call = client.put_item if operation == "PutItem" else client.transact_write_items
            call(**params)

    with hooked(client, f"provide-client-params.dynamodb.{operation}", make_it_before):
        yield


def test_what_the_index_shows_late_is_leased_when_it_does(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    client = cast("DynamoDBClient", lagging)
    events = open_store(client, events_table)
    lease = leasing_on(DynamoLeaseStore(client, events_table, clock), clock)
    early = store_event(events, clock.advance(milliseconds=1))
    late = store_event(events, clock.advance(milliseconds=1))
    after = store_event(events, clock.advance(milliseconds=1))
    lagging.catch_up()
    lagging.hide(event_key(TENANT, late.id))
    assert taken(lease) == [early.id, after.id]

    lagging.catch_up()
    clock.advance(seconds=6)

    assert taken(lease) == [late.id]


def test_an_acknowledged_event_is_not_leased_though_the_index_still_holds_it(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    client = cast("DynamoDBClient", lagging)
    events = open_store(client, events_table)
    lease = leasing_on(DynamoLeaseStore(client, events_table, clock), clock)
    gone, stays = (store_event(events, clock.advance(seconds=1)) for _ in range(2))
    lagging.catch_up()
    events.acknowledge(TENANT, gone.id, clock())

    assert taken(lease) == [stays.id]


def test_shards_are_leased_from_in_one_order(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
) -> None:
    TenantRows(dynamodb, events_table).raise_shards(TENANT, 4)
    stored = [store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(12)]

    assert taken(lease, 5) + taken(lease, 5) + taken(lease, 5) == ids(stored)


def test_a_lease_is_cut_to_what_one_answer_can_carry_and_the_rest_stays_free(
    dynamodb_events: DynamoEventStore, lease: LeaseEvents, clock: FixedClock
) -> None:
    stored = [
        store_event(
            dynamodb_events,
            clock.advance(seconds=1),
            payload=incompressible_payload(200_000, seed),
        )
        for seed in range(20)
    ]

    first = take(lease, 100)
    second = take(lease, 100)

    assert sum(len(event.payload) for event in first.events) < 3_300_000
    assert [*first.events, *second.events] == stored
    clock.advance(minutes=2)
    again = take(lease, 100)
    assert list(again.events) == stored[: len(again.events)]
    assert [*again.events, *take(lease, 100).events] == stored


@pytest.mark.parametrize("given_back", [1, 7, 12])
def test_one_answer_carries_what_was_given_back_and_what_is_new(
    dynamodb_events: DynamoEventStore, lease: LeaseEvents, clock: FixedClock, given_back: int
) -> None:
    def post(number: int) -> list[str]:
        noise = [incompressible_payload(200_000, seed) for seed in range(number)]
        at = (clock.advance(seconds=1) for _ in noise)
        return ids([store_event(dynamodb_events, next(at), payload=each) for each in noise])

    waiting = set(post(given_back))
    lease_id = take(lease, 100).lease_id
    assert lease_id is not None
    lease.release(TENANT, lease_id)
    waiting |= set(post(14))

    for _ in range(4):
        leased = take(lease, 100).events
        assert sum(len(event.payload) for event in leased) < 3_300_000
        waiting -= set(ids(list(leased)))

    assert waiting == set()


@pytest.mark.parametrize("number", range(1, 4))
@pytest.mark.parametrize(("mine", "theirs"), [(2, 50), (50, 2), (2, 2), (50, 50)])
def test_what_others_lease_between_any_two_calls_is_leased_once(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    lease: LeaseEvents,
    clock: FixedClock,
    number: int,
    mine: int,
    theirs: int,
) -> None:
    """The ledger and its leases are read by several calls, and change in between."""
    stored = [store_event(dynamodb_events, clock.advance(seconds=1)) for _ in range(12)]
    take(lease, 8)
    clock.advance(minutes=2)  # that lease has ended
    others: list[str] = []

    with before_call(dynamodb, "Query", lambda: others.extend(taken(lease, theirs)), number):
        leased = taken(lease, mine)

    clock.advance(seconds=1)
    left = [event_id for _ in range(3) for event_id in taken(lease, 50)]
    assert sorted(leased + others + left) == ids(stored)
