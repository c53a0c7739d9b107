"""A stream, and a function that is called for its records, in memory."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local.stream_batch import Trouble
from local.stream_mapping import Record, StreamMapping, sequence_number
from tests.clock import START
from triggers_api.store.items import IS_NEW

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/events/stream/2026-11-21T22:55:18.123"
NEW_EVENTS = {
    "dynamodb": {"Keys": {"sk": {"S": ["event"]}}, "NewImage": {"is_new": {"S": ["yes"]}}}
}
NOW = START.timestamp()


def a_mapping(**settings: Any) -> StreamMapping:
    """As the template has it, with few retries."""
    usual: dict[str, Any] = {
        "stream_arn": ARN,
        "function_arn": "arn:aws:lambda:us-east-1:000000000000:function:dispatcher",
        "patterns": (NEW_EVENTS,),
        "batch_size": 100,
        "window_seconds": 0,
        "max_retries": 2,
        "max_age_seconds": 600,
        "bisects": True,
        "reports_failures": True,
        "failures_topic_arn": "arn:aws:sns:us-east-1:000000000000:failures",
    }
    return StreamMapping(**usual | settings)


def a_record(
    name: str,
    *,
    at: float = NOW,
    kind: str = "INSERT",
    sk: str = "event",
    is_new: bool = True,
) -> Record:
    """The record of a new event; its name is its sequence number."""
    return {
        "eventName": kind,
        "dynamodb": {
            "ApproximateCreationDateTime": at,
            "Keys": {"pk": {"S": name}, "sk": {"S": sk}},
            "NewImage": IS_NEW if is_new else {},
            "SequenceNumber": name,
        },
    }


@dataclass
class FakeFunction:
    """Reports the first bad record, as the dispatcher does; or does what a test makes of it."""

    bad: Sequence[str] = ()
    answer: Callable[[list[str]], dict[str, Any] | Trouble | None] | None = None
    calls: list[list[str]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)  # all it was called with
    succeeded: list[str] = field(default_factory=list)  # each as often as it did
    given_up: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, records: Sequence[Record]) -> dict[str, Any] | Trouble | None:
        names = [sequence_number(each) for each in records]
        self.calls.append(names)
        self.records += records
        if self.answer is not None:
            return self.answer(names)
        failed = next((name for name in names if name in self.bad), None)
        self.succeeded += names if failed is None else names[: names.index(failed)]
        return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}

    def give_up(self, message: str) -> None:
        self.given_up.append(json.loads(message))


class FakeStream:
    """The client of a stream with one shard, and of its table."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.items: list[dict[str, Any]] = []
        self.reads = 0

    def forget(self) -> None:
        """What the emulator does when it is stopped: the table stays."""
        self.records = []

    def describe_stream(self, **_request: Any) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": "shard"}]}}

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        if request["ShardIteratorType"] == "TRIM_HORIZON":
            return {"ShardIterator": "0"}
        names = [sequence_number(each) for each in self.records]
        if request["SequenceNumber"] not in names:
            raise ClientError(
                {"Error": {"Code": "TrimmedDataAccessException", "Message": "gone"}},
                "GetShardIterator",
            )
        return {"ShardIterator": str(names.index(request["SequenceNumber"]) + 1)}

    def get_records(self, **request: Any) -> dict[str, Any]:
        self.reads += 1
        begin = int(request["ShardIterator"])
        page = self.records[begin : begin + request["Limit"]]
        return {"Records": page, "NextShardIterator": str(begin + len(page))}

    def describe_table(self, **_request: Any) -> dict[str, Any]:
        names = [{"AttributeName": name} for name in ("pk", "sk")]
        return {"Table": {"KeySchema": names}}

    def get_paginator(self, operation: str) -> "FakeStream":
        assert operation == "scan"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        since = request["ExpressionAttributeValues"][":since"]["S"]
        return [{"Items": [each for each in self.items if each["created_at"]["S"] >= since]}]


def an_item(name: str, created_at: str) -> dict[str, Any]:
    """The head of an event."""
    return {
        "pk": {"S": name},
        "sk": {"S": "event"},
        "created_at": {"S": created_at},
        "payload": {"B": b"\x00\xff"},
    }


PAYLOAD_TEXT = base64.b64encode(b"\x00\xff").decode()
