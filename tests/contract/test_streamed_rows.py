"""Facts about the rows that a stream's records tell of, in DynamoDB."""

from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient

from tests.builders.events import TENANT, an_event
from tests.clock import START
from tests.contract.conftest import create_table
from tests.functional.stream_of_events import a_record
from triggers_api.store.items import to_items
from triggers_api.store.streamed_rows import StreamedRows


def test_a_row_is_there_until_it_is_deleted(dynamodb: DynamoDBClient) -> None:
    table, event = create_table(dynamodb, "EventsTable"), an_event(START)
    record: dict[str, Any] = a_record(event, 0)
    record["eventSourceARN"] = record["eventSourceARN"].replace("/events/", f"/{table}/")
    rows, key = StreamedRows(dynamodb), record["dynamodb"]["Keys"]
    assert not rows.has(record)

    dynamodb.put_item(TableName=table, Item=to_items(TENANT, event, 0, START)[0])
    assert rows.has(record)

    dynamodb.delete_item(TableName=table, Key=key)
    assert not rows.has(record)
