"""What DynamoDB says that it read is told to whoever charges for it."""

import json
from typing import Any

from tests.builders.events import DELIVERED_RETENTION, TENANT, UNDELIVERED_RETENTION, an_event
from tests.clock import START, FixedClock
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery
from triggers_api.settings import EventsSettings
from triggers_api.store import items
from triggers_api.store.events import DynamoEventStore

LARGE = json.dumps({"said": "".join(map(chr, range(0x4E00, 0x4E00 + 9000)))}).encode()


class Answering:
    """A client of a table whose queries take so many read units each."""

    def __init__(self, units: float, *, settles_at: float = 0) -> None:
        self.units = units
        self.head, self.body = items.to_items(
            TENANT, an_event(START, payload=LARGE), 0, START + UNDELIVERED_RETENTION, None
        )
        self.settles_at = settles_at
        self.asked: list[dict[str, Any]] = []

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": {"index_settles_at": {"N": str(int(self.settles_at))}}}

    def query(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        pending = request["ExpressionAttributeValues"][":status"] == {"S": "pending"}
        capacity = {"TableName": "t", "CapacityUnits": self.units}
        return {"Items": [self.head] if pending else [], "ConsumedCapacity": capacity}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        (name,) = RequestItems
        (key,) = RequestItems[name]["Keys"]
        is_body = key["sk"] == self.body["sk"]
        return {"Responses": {name: [self.body if is_body else self.head]}}


def units_of(client: Any) -> float:
    settings = EventsSettings(
        table="t",
        undelivered_retention=UNDELIVERED_RETENTION,
        delivered_retention=DELIVERED_RETENTION,
    )
    store = DynamoEventStore(client, settings, FixedClock())
    query = EventQuery(statuses=ALL_STATUSES)
    page = store.list_events(TENANT, query, limit=10, after=None)
    assert len(page.events) == 1
    return page.read_units


def payload_units(client: Answering) -> int:
    return -(-len(client.body["payload"]["B"]) // 4096)


def test_a_page_read_what_its_queries_and_the_payloads_kept_apart_took() -> None:
    client = Answering(2.5)

    assert units_of(client) == 2.5 * len(ALL_STATUSES) + payload_units(client)
    assert all(each["ReturnConsumedCapacity"] == "TOTAL" for each in client.asked)
    assert payload_units(client) >= 2


def test_what_is_read_again_because_the_index_may_lag_counts_too() -> None:
    client = Answering(0.5, settles_at=START.timestamp() + 60)

    assert units_of(client) == 0.5 * len(ALL_STATUSES) + 1 + payload_units(client)
