"""A whole deployment in this process: the functions as they are wired on AWS, on moto.

It asks of the code no more than its handlers, so that older code can be put behind it.
"""

from __future__ import annotations

import json
import os
import runpy
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import boto3
from moto.backends import get_backend

from local.stream_mapping import StreamMapping
from local.stream_records import from_stream
from tests.cloudformation import properties, table_definition
from tests.http_api import Api
from tests.quick_moto import mock_aws
from triggers_api import timestamps

ACCOUNT, REGION = "123456789012", "us-east-1"
TABLES: Final = {
    "EventsTable": "events",
    "KeysTable": "keys",
    "NotificationsTable": "notifications",
    "UsageTable": "usage",
}
_STREAMED: Final = {
    "EventsTable": ("dispatcher", "counter"),
    "NotificationsTable": ("counter",),
}
_MAPPINGS: Final = {
    ("EventsTable", "dispatcher"): "DispatcherMapping",
    ("EventsTable", "counter"): "EventsCounterMapping",
    ("NotificationsTable", "counter"): "DeliveriesCounterMapping",
}
_KEY_ID: Final = "00000000-0000-0000-0000-000000000000"
_KEY_MATERIAL: Final = b"a key of KMS that opens nothing."  # 32 bytes
_QUEUE_URL: Final = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}"
ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "LAMBDA_TASK_ROOT": "/x",
    "EVENTS_TABLE": "events",
    "KEYS_TABLE": "keys",
    "NOTIFICATIONS_TABLE": "notifications",
    "USAGE_TABLE": "usage",
    "SECRETS_KEY_ID": _KEY_ID,
    "DELIVERY_QUEUE_URL": f"{_QUEUE_URL}/deliveries",
    "DELIVERY_QUEUE_ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:deliveries",
    "DEAD_LETTER_QUEUE_URL": f"{_QUEUE_URL}/dead-letters",
    "DEAD_LETTER_QUEUE_ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-letters",
    "SCHEDULER_GROUP": "deliveries",
    "SCHEDULER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
    "RETRY_SCHEDULE_SECONDS": "1,2,4,60,300,1800,7200,21600,43200",
    "ALLOW_PRIVATE_TARGETS": "1",
    "BRAND": "KONOZY",
    "PUBLIC_URL": "https://api.example.com",
    "FRAME_ANCESTORS": "",
    "ACCOUNT_ID": ACCOUNT,
    "CURSOR_KEY": "a key that only tests sign with",
    "UNDELIVERED_RETENTION_DAYS": "90",
    "DELIVERED_RETENTION_DAYS": "30",
    "RATE_LIMIT_PER_SECOND": "0",
    "RATE_LIMIT_BURST": "0",
    "EVENTS_PER_DAY": "0",
    "CONFIGS_PER_TENANT": "100",
    "DELIVERIES_PER_SECOND": "0",
    "TRACING": "off",
    "POWERTOOLS_SERVICE_NAME": "triggers-test",
    "POWERTOOLS_METRICS_NAMESPACE": "TriggersAPI",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_TRACE_DISABLED": "1",
}

Item = dict[str, Any]


class Deployment:
    """Tables, queues and functions; what AWS does by itself is asked for."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        make: Any = boto3.client  # of all services, so that none has a type
        self.dynamodb, self.sqs, self.scheduler = (
            make(each, region_name=REGION) for each in ("dynamodb", "sqs", "scheduler")
        )
        self._create()
        self._read = dict.fromkeys(_MAPPINGS, 0)
        self._handlers: dict[str, Any] = {}
        self._number = 10**21

    def _create(self) -> None:
        for logical_id, name in TABLES.items():
            definition = table_definition(logical_id, name)
            if logical_id in _STREAMED:
                view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
                definition["StreamSpecification"] = view
            self.dynamodb.create_table(**definition)
        for name in ("deliveries", "dead-letters"):
            self.sqs.create_queue(QueueName=name)
        self.scheduler.create_schedule_group(Name=ENVIRONMENT["SCHEDULER_GROUP"])
        made = boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["KeyId"]
        keys = get_backend("kms")[ACCOUNT][REGION].keys
        keys[_KEY_ID] = keys.pop(made)
        keys[_KEY_ID].id, keys[_KEY_ID].key_material = _KEY_ID, _KEY_MATERIAL

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function's handler, in a process that stays."""
        if function not in self._handlers:
            # As a new process does: the module is run, and reads the environment.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # others may have imported it
                module = runpy.run_module(f"triggers_api.handlers.{function}")
            self._handlers[function] = module["handler"]
        return self._handlers[function](event, None)

    def api(self, token: str | None) -> Api:
        return Api(lambda event, _: self.invoke("api", event), token)

    def advance(self, **duration: float) -> None:
        self.at += timedelta(**duration)

    def new_records(self, table: str, function: str) -> list[Item]:
        """What the stream tells a function that it was not told yet, by its mapping's filter."""
        records = self._all_records(table)
        begin, self._read[table, function] = self._read[table, function], len(records)
        wants = _mapping(_MAPPINGS[table, function]).wants
        return [record for record in records[begin:] if wants(record)]

    def _all_records(self, table: str) -> list[Item]:
        backend: Any = get_backend("dynamodb")[ACCOUNT][REGION].tables[TABLES[table]]
        records = []
        for place, each in enumerate(backend.stream_shard.items):
            record = from_stream(each.to_json(), backend.latest_stream_label)
            told = record["dynamodb"]
            told["SequenceNumber"] = str(self._number + place)
            told["ApproximateCreationDateTime"] = self.at.timestamp()
            records.append(record)
        return records

    def dispatch(self, records: list[Item] | None = None) -> None:
        """Hand the stream's new events to the dispatcher."""
        new = self.new_records("EventsTable", "dispatcher") if records is None else records
        if new:
            answer = self.invoke("dispatcher", {"Records": new})
            assert answer == {"batchItemFailures": []}, answer

    def count(self) -> None:
        """Hand both streams' changes to the counter."""
        for table in _STREAMED:
            records = self.new_records(table, "counter")
            event = {"Records": records, "shardId": "shard", "eventSourceARN": table, "state": {}}
            answer = self.invoke("counter", event)
            assert answer["batchItemFailures"] == [], answer

    def messages(self, queue: str = "deliveries") -> list[Any]:
        """All of a queue, those too that are delayed; moto measures by the real clock."""
        messages: list[Any] = get_backend("sqs")[ACCOUNT][REGION].queues[queue]._messages  # noqa: SLF001
        return messages

    def put_message(self, queue: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=f"{_QUEUE_URL}/{queue}", MessageBody=body)

    def deliver(self, rounds: int = 6) -> None:
        """Hand the queue's tasks to the worker, and those that it queues anew, some time later."""
        for _ in range(rounds):
            waiting = self.messages()
            batch = [{"messageId": f"m{n}", "body": m.body} for n, m in enumerate(waiting)]
            if not batch:
                return
            waiting.clear()
            answer = self.invoke("delivery", {"Records": batch})
            assert answer == {"batchItemFailures": []}, answer
            self.advance(seconds=5)

    def schedules(self) -> list[Item]:
        """All schedules, the next first."""
        group = ENVIRONMENT["SCHEDULER_GROUP"]
        listed = self.scheduler.list_schedules(GroupName=group)["Schedules"]
        found = [self.scheduler.get_schedule(GroupName=group, Name=each["Name"]) for each in listed]
        return sorted(found, key=lambda each: str(each["ScheduleExpression"]))

    def fire_schedules(self) -> int:
        """What the scheduler does, with time going on to each; how many there were."""
        group, found = ENVIRONMENT["SCHEDULER_GROUP"], self.schedules()
        for each in found:
            due = each["ScheduleExpression"].removeprefix("at(").removesuffix(")")
            self.at = max(self.at, datetime.fromisoformat(due).replace(tzinfo=UTC))
            target = each["Target"]["Input"]
            self.sqs.send_message(QueueUrl=ENVIRONMENT["DELIVERY_QUEUE_URL"], MessageBody=target)
            self.scheduler.delete_schedule(GroupName=group, Name=each["Name"])
        return len(found)

    def items(self, table: str) -> list[Item]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=TABLES[table])
        return [item for page in pages for item in page["Items"]]

    def load(self, table: str, items: list[Item]) -> None:
        """Put items as they are; the stream is told of none of them."""
        for start in range(0, len(items), 25):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            self.dynamodb.batch_write_item(RequestItems={TABLES[table]: puts})
        for of, function in _MAPPINGS:
            if of == table:
                self.new_records(table, function)


def _mapping(logical_id: str) -> StreamMapping:
    said = properties(logical_id)
    return StreamMapping(
        stream_arn="",
        function_arn="",
        patterns=tuple(json.loads(each["Pattern"]) for each in said["FilterCriteria"]["Filters"]),
        batch_size=100,
        window_seconds=0,
        max_retries=-1,
        max_age_seconds=-1,
        bisects=True,
        reports_failures=True,
        failures_topic_arn=None,
    )


@contextmanager
def deployed(at: datetime) -> Iterator[Deployment]:
    """A new deployment, whose functions all go by its clock."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT))
        stack.enter_context(mock_aws())
        deployment = Deployment(at)
        clock = SimpleNamespace(
            now=lambda _zone: deployment.at, fromisoformat=datetime.fromisoformat
        )
        stack.enter_context(patch.object(timestamps, "datetime", clock))
        yield deployment
