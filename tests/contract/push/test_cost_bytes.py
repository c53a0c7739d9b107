"""What one event leaves behind, in bytes that are paid for: log lines and stored items."""

import logging
import re
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from admin import cost
from tests.builders.events import TENANT
from tests.capacity import Item, Shape, item_bytes
from tests.clock import FixedClock
from tests.cloudformation import properties
from tests.conftest import ENVIRONMENT
from tests.contract.push.test_push_costs import System, system, warm, writes
from tests.contract.test_costs import acknowledge, create, open_api, order
from triggers_api.push.channel import Receipt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["system", "warm"]  # fixtures

OF_AN_ITEM = 100  # bytes that DynamoDB adds to each item, and to each entry of an index
SEEN_BY_THE_GATEWAY = {
    "requestId": "JKJaXmPLvHcESHA=",
    "httpMethod": "POST",
    "routeKey": "$default",
    "status": "201",
    "responseLatency": "14",
    "responseLength": "1403",
    "integrationLatency": "12",
    "identity.sourceIp": "203.0.113.179",
    "identity.userAgent": "python-httpx/0.28.1",
    "integrationErrorMessage": "-",
}


@pytest.fixture
def written() -> Iterator[StringIO]:
    (output,) = logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]).handlers
    assert isinstance(output, logging.StreamHandler)
    lines = StringIO()
    before = output.setStream(lines)
    yield lines
    output.setStream(before)


def stored(table: str, item: Item) -> int:
    """Bytes of an item and of its entries in indexes."""
    entries = [shape.in_index(item) for shape in Shape.all_of(table).values()]
    held = [item, *(entry for entry in entries if entry is not None)]
    return sum(item_bytes(each) + OF_AN_ITEM for each in held)


def test_an_event_of_1_kb_leaves_no_more_bytes_than_the_bill_says(
    warm: System,
    written: StringIO,
    clock: FixedClock,
    dynamodb: "DynamoDBClient",
    events_table: str,
) -> None:
    warm.subscribe()
    warm.channel.receipts.append(Receipt(status_code=200, answer="ok"))
    api = open_api(warm.events, clock)
    clock.advance(seconds=1)
    begin = written.tell()

    event_id = create(api, order(1, execution_id=None))
    acknowledge(api, event_id)
    warm.dispatch([warm.events.get(TENANT, event_id)])
    ((_, pushed),) = writes(warm.deliver())

    lines = written.getvalue()[begin:].splitlines()
    posted, acknowledged, dispatched, delivered = map(len, lines)
    assert max(posted, acknowledged) <= cost.REQUEST_LOG
    assert dispatched <= cost.DISPATCH_LOG
    assert delivered <= cost.PUSH_LOG
    heads = dynamodb.scan(TableName=events_table)["Items"]
    (head,) = [item for item in heads if item.get("id") == {"S": event_id}]
    both = stored("EventsTable", head) + stored("NotificationsTable", pushed["Item"])
    assert both <= cost.STORED_KB * 1024


def test_the_gateway_logs_no_more_bytes_than_the_bill_says() -> None:
    line: str = properties("ApiStage")["AccessLogSettings"]["Format"]
    for name, value in SEEN_BY_THE_GATEWAY.items():
        line = line.replace(f"$context.{name}", value)
    assert not re.search(r"\$context", line)
    assert len(line) <= cost.ACCESS_LOG
