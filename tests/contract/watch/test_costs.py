"""What a run of the monitor costs, by the real items: flat, however much waits."""

from typing import TYPE_CHECKING

import pytest

from tests.builders.events import TENANT, an_event, incompressible_payload
from tests.capacity import Bill, metered
from tests.clock import FixedClock
from tests.contract.clients import recorded
from tests.contract.watch.conftest import Surveyed
from triggers_api.watch.observe import COUNTED_UP_TO

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BOUND = 50  # in place of 10,000, so that a hundred times as many can be stored
ORDER = incompressible_payload(780)  # with it, an event's head is nearly 1 KB


def looked_at(dynamodb: "DynamoDBClient", surveyed: Surveyed, *, up_to: int) -> Bill:
    with metered(dynamodb, "EventsTable") as bill:
        surveyed.survey.inbox_of(TENANT, up_to=up_to)
    return bill


def fill(surveyed: Surveyed, clock: FixedClock, waiting: int) -> None:
    for _ in range(waiting):
        surveyed.events.add(TENANT, an_event(clock.advance(milliseconds=1), payload=ORDER), None)


def test_an_idle_tenant_costs_2_read_units_and_4_calls_and_less_for_some_minutes(
    dynamodb: "DynamoDBClient", dynamodb_surveyed: Surveyed, clock: FixedClock
) -> None:
    bill = looked_at(dynamodb, dynamodb_surveyed, up_to=COUNTED_UP_TO)
    again = looked_at(dynamodb, dynamodb_surveyed, up_to=COUNTED_UP_TO)
    with recorded(dynamodb) as calls:
        dynamodb_surveyed.survey.open_circuits_of(TENANT, clock())
        dynamodb_surveyed.survey.inbox_of(TENANT, up_to=COUNTED_UP_TO)
        clock.advance(minutes=5)
        dynamodb_surveyed.survey.inbox_of(TENANT, up_to=COUNTED_UP_TO)

    assert (bill.read_units, bill.write_units) == (2, 0)
    assert (again.read_units, again.write_units) == (1, 0)
    called = [operation for operation, _ in calls]
    assert called == ["Query", "Query", "Query", "GetItem", "Query", "Query"]


def test_a_run_costs_the_same_at_the_bound_and_far_above_it(
    dynamodb: "DynamoDBClient", dynamodb_surveyed: Surveyed, clock: FixedClock
) -> None:
    fill(dynamodb_surveyed, clock, BOUND)
    looked_at(dynamodb, dynamodb_surveyed, up_to=1)  # who knows the tenant's shards then
    at_the_bound = looked_at(dynamodb, dynamodb_surveyed, up_to=BOUND)
    fill(dynamodb_surveyed, clock, 19 * BOUND)

    far_above = looked_at(dynamodb, dynamodb_surveyed, up_to=BOUND)

    assert far_above.read_units == at_the_bound.read_units
    # Beside the counted ones: the oldest of a status.
    assert far_above.items_read == at_the_bound.items_read == BOUND + 1


@pytest.mark.parametrize("payload", [b"{}", ORDER], ids=["small", "1 KB"])
def test_counting_10_000_events_costs_at_most_an_eighth_of_a_read_unit_each(
    dynamodb: "DynamoDBClient", dynamodb_surveyed: Surveyed, clock: FixedClock, payload: bytes
) -> None:
    for _ in range(400):
        event = an_event(clock.advance(milliseconds=1), payload=payload)
        dynamodb_surveyed.events.add(TENANT, event, None)

    bill = looked_at(dynamodb, dynamodb_surveyed, up_to=COUNTED_UP_TO)

    assert bill.read_units / 400 * COUNTED_UP_TO <= 1250


def test_counting_reads_no_payload_out_of_dynamodb(
    dynamodb: "DynamoDBClient", dynamodb_surveyed: Surveyed, clock: FixedClock
) -> None:
    fill(dynamodb_surveyed, clock, 3)

    with recorded(dynamodb) as calls:
        dynamodb_surveyed.survey.inbox_of(TENANT, up_to=COUNTED_UP_TO)

    queries = [request for operation, request in calls if operation == "Query"]
    assert all(
        request.get("Select") == "COUNT" or request["ProjectionExpression"] == "created_at"
        for request in queries
    )
