"""What the lease store reads on DynamoDB: all pages, consistently, and no event twice or never."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.builders.events import TENANT, ids, store_event
from tests.clock import FixedClock
from tests.contract.clients import LaggingIndexClient, hooked, recorded
from tests.contract.conftest import OpenStore, create_table
from triggers_api.events.ports import Position
from triggers_api.leases.ledger import Lease, Ledger
from triggers_api.store.leases import DynamoLeaseStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def leases_of(clock: FixedClock, number: int) -> list[Lease]:
    return [Lease(Ledger().new_id(clock.advance(seconds=1), bytes(10)), ()) for _ in range(number)]


def test_all_pages_of_leases_are_read_each_once(
    dynamodb: "DynamoDBClient", dynamodb_leases: DynamoLeaseStore, clock: FixedClock
) -> None:
    leases = leases_of(clock, 7)
    assert dynamodb_leases.change(TENANT, Ledger(version=1), tuple(leases))

    def shorten(params: dict[str, Any], **_: object) -> None:
        params["Limit"] = 2  # as where more than a megabyte is to be read

    with hooked(dynamodb, "provide-client-params.dynamodb.Query", shorten):
        assert dynamodb_leases.read_leases(TENANT, after="") == leases
        assert dynamodb_leases.read_leases(TENANT, after=leases[1].id) == leases[2:]


def test_nothing_is_asked_for_where_nothing_can_be(
    dynamodb: "DynamoDBClient", dynamodb_leases: DynamoLeaseStore, clock: FixedClock
) -> None:
    (lease,) = leases_of(clock, 1)

    with recorded(dynamodb) as calls:
        assert dynamodb_leases.read_leases(TENANT, after=lease.id, until=lease.id) == []

    assert calls == []


def test_ledgers_and_leases_are_read_as_they_are_now(
    dynamodb: "DynamoDBClient", dynamodb_leases: DynamoLeaseStore, clock: FixedClock
) -> None:
    (lease,) = leases_of(clock, 1)

    with recorded(dynamodb) as calls:
        dynamodb_leases.read_ledger(TENANT)
        dynamodb_leases.find_lease(TENANT, lease.id)
        dynamodb_leases.read_leases(TENANT, after="")

    assert [call["ConsistentRead"] for _, call in calls] == [True] * 3


def walk_free(leases: DynamoLeaseStore, held: frozenset[str], limit: int) -> list[str]:
    """What is free, page after page."""
    free: list[str] = []
    after: Position | None = None
    while True:
        page = leases.list_free(TENANT, after=after, held=held, limit=limit)
        assert len(page.events) <= limit
        free += ids(list(page.events))
        after = page.next_after
        if after is None:
            return free


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_page_by_page_every_free_event_comes_once_whatever_is_held_or_gone(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    clock: FixedClock,
    limit: int,
) -> None:
    lagging = LaggingIndexClient(dynamodb, events_table, create_table(dynamodb, "EventsTable"))
    client = cast("DynamoDBClient", lagging)
    events = open_store(client, events_table)
    leases = DynamoLeaseStore(client, events_table, clock)
    stored = [store_event(events, clock.advance(seconds=1), payload=b"{}") for _ in range(13)]
    lagging.catch_up()
    for event in stored[1:4]:
        events.acknowledge(TENANT, event.id, clock())  # the index shows them yet
    held = frozenset(ids(stored[4:7] + stored[9:10]))
    free = walk_free(leases, held, limit)

    assert free == ids([*stored[:1], *stored[7:9], *stored[10:]])


def test_what_is_held_is_passed_over_in_few_reads(
    dynamodb: "DynamoDBClient",
    events_table: str,
    open_store: OpenStore,
    dynamodb_leases: DynamoLeaseStore,
    clock: FixedClock,
) -> None:
    events = open_store(dynamodb, events_table)
    stored = [store_event(events, clock.advance(seconds=1)) for _ in range(15)]

    with recorded(dynamodb) as calls:
        page = dynamodb_leases.list_free(
            TENANT, after=None, held=frozenset(ids(stored[:14])), limit=1
        )

    assert ids(list(page.events)) == [stored[14].id]
    assert len([name for name, _ in calls if name == "Query"]) <= 2 * 2  # statuses, ranges
