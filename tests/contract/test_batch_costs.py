"""What a batch costs, computed from the real requests (see `capacity.py`)."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.capacity import metered
from tests.clock import FixedClock
from tests.contract.clients import recorded
from tests.contract.test_costs import open_api, order
from tests.http_api import Api
from triggers_api import parallel as in_parallel
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def api(dynamodb_events: DynamoEventStore, clock: FixedClock) -> Api:
    return open_api(dynamodb_events, clock)


def test_a_batch_costs_as_many_writes_as_its_events_alone(
    dynamodb: "DynamoDBClient", api: Api, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_parallel, "_AT_ONCE", 1)  # the meter looks at one call at a time
    events = [json.loads(order(number, execution_id=None)) for number in range(100)]

    with metered(dynamodb, "EventsTable") as first, recorded(dynamodb) as calls:
        assert api.post("/events/batch", {"events": events}, idempotency_key="b").status == 200
    clock.advance(seconds=1)
    with metered(dynamodb, "EventsTable") as again:
        assert api.post("/events/batch", {"events": events}, idempotency_key="b").status == 200

    assert {name for name, _ in calls} - {"GetItem"} == {"PutItem"}  # the meter reads, not we
    assert (first.write_units, first.read_units) == (200, 0)
    assert (again.write_units, again.read_units) == (100, 100)
