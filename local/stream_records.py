"""Stream records as a function gets them: read from the stream, or made anew from the table.

The emulator keeps a table when it is stopped, but not the table's stream. So after a restart
the records that were not yet processed are made anew from the items themselves. Some of them
come a second time then, as any stream's may.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from local.clients import REGION
from local.stream_mapping import Record
from triggers_api.store.items import IS_NEW
from triggers_api.timestamps import from_text, to_text


def from_stream(record: Mapping[str, Any], stream_arn: str) -> Record:
    """A record of GetRecords in JSON's types, with the address that Lambda adds."""
    plain: Record = _plain(record)
    return plain | {"eventSourceARN": stream_arn}


def made_anew(dynamodb: Any, stream_arn: str, since: datetime) -> list[Record]:
    """The insertions of all items created since then, oldest first; without erased ones."""
    table = stream_arn.split("/")[1]
    key_names = [
        key["AttributeName"]
        for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
    ]
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="created_at >= :since",
        ExpressionAttributeValues={":since": {"S": to_text(since)}},
        ConsistentRead=True,
    )
    items = sorted(
        (item for page in pages for item in page["Items"] if "erased_at" not in item),
        key=lambda item: (item["created_at"]["S"], item["pk"]["S"]),
    )
    return [
        {
            "eventID": f"anew-{number}",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": {
                "ApproximateCreationDateTime": from_text(item["created_at"]["S"]).timestamp(),
                "Keys": _plain({name: item[name] for name in key_names}),
                "NewImage": _plain(item | IS_NEW),  # as it was when it was stored
                "SequenceNumber": f"anew-{number:012d}",
                "SizeBytes": 0,
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": stream_arn,
        }
        for number, item in enumerate(items)
    ]


def _plain(value: Any) -> Any:
    """In JSON's types: times as seconds, bytes as base64."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
