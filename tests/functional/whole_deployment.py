"""A deployment on moto: the handlers as they are wired on AWS, each under its own role.

What AWS does between them, a test asks for: `streams` tells what has changed, `tasks` is the queue.
"""

import itertools
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from tests.builders.events import an_api_key
from tests.builders.streams import on_the_wire
from tests.contract.conftest import create_table
from tests.functional.stream_of_events import number_of
from tests.http_api import Api
from tests.roles import Acting
from triggers_api import settings
from triggers_api.access.keys import Scope
from triggers_api.aws import clients
from triggers_api.handlers import api, counter, delivery, dispatcher, monitor, remover, rescuer
from triggers_api.handlers.traces import Handler
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.timestamps import from_text, now

Item = dict[str, Any]
Record = dict[str, Any]

TABLES: Final = {
    "EventsTable": "EVENTS_TABLE",
    "KeysTable": "KEYS_TABLE",
    "NotificationsTable": "NOTIFICATIONS_TABLE",
    "UsageTable": "USAGE_TABLE",
}


def _wired_in_two_days(given: settings.RescuerSettings) -> Handler:
    """For the rescuer, everything that waits has waited for too long."""
    with patch.object(rescuer, "now", lambda: now() + timedelta(days=2)):
        return rescuer.wire(given)


_HANDLERS: Final[Mapping[str, tuple[Any, Any]]] = {
    "ApiRole": (api.wire, settings.ApiSettings),
    "CounterRole": (counter.wire, settings.CounterSettings),
    "DeliveryRole": (delivery.wire, settings.DeliverySettings),
    "DispatcherRole": (dispatcher.wire, settings.DispatcherSettings),
    "MonitorRole": (monitor.wire, settings.MonitorSettings),
    "RemoverRole": (remover.wire, settings.RemoverSettings),
    "RescuerRole": (_wired_in_two_days, settings.RescuerSettings),
}
ROLES: Final = tuple(_HANDLERS)
_SCHEDULER_ROLE: Final = "arn:aws:iam::123456789012:role/scheduler"
# A push that fails is tried again at once, and then in two hours: by a schedule.
_SETTINGS: Final = {
    "ALLOW_PRIVATE_TARGETS": "1",
    "RETRY_SCHEDULE_SECONDS": "0.001,7200",
    "SCHEDULER_ROLE_ARN": _SCHEDULER_ROLE,
}


class WholeDeployment:
    """Tables, queues, a key of KMS, and six functions that reach no further than their roles."""

    def __init__(self) -> None:
        self.dynamodb = clients.create_client("dynamodb")
        self.sqs = clients.create_client("sqs")
        self.tables = {each: create_table(self.dynamodb, each) for each in TABLES}
        self.name = uuid.uuid4().hex
        queues = [
            self.sqs.create_queue(QueueName=f"{self.name}-{each}")["QueueUrl"] for each in "ab"
        ]
        self.queue_url, self.letters_url = queues
        key_id = clients.create_client("kms").create_key()["KeyMetadata"]["KeyId"]
        clients.create_client("scheduler").create_schedule_group(Name=self.name)
        self.environment = {
            **os.environ,
            **_SETTINGS,
            **{variable: self.tables[table] for table, variable in TABLES.items()},
            "DELIVERY_QUEUE_URL": self.queue_url,
            "DEAD_LETTER_QUEUE_URL": self.letters_url,
            "SECRETS_KEY_ID": key_id,
            "SCHEDULER_GROUP": self.name,
        }
        parts = {name: table for table, name in self.tables.items()} | {
            self.queue_url: "DeliveryQueue",
            self.letters_url: "DeadLetterQueue",
            key_id: "SecretsKey",
            self.name: "ScheduleGroup",
            _SCHEDULER_ROLE: "SchedulerRole",
        }
        self.acting = {role: Acting(role, parts) for role in ROLES}
        self._handlers = {role: self._wired(role) for role in ROLES}
        self._seen: dict[str, dict[str, Item]] = {table: {} for table in TABLES}
        self._numbers = itertools.count()

    def _wired(self, role: str) -> Handler:
        wire, read = _HANDLERS[role]
        with self.acting[role].at_work():
            handler: Handler = wire(read.from_environment(self.environment))
        return handler

    def invoke(self, role: str, event: Mapping[str, Any]) -> Any:
        """Have the function of a role do something."""
        with self.acting[role].at_work():
            return self._handlers[role](dict(event), None)

    def api(self, *scopes: Scope, tenant: str = "acme") -> Api:
        """The API, called with a new key."""
        key, token = an_api_key(now(), *scopes, tenant=tenant)
        DynamoApiKeyStore(self.dynamodb, self.tables["KeysTable"]).add(key)
        return Api(lambda event, _: self.invoke("ApiRole", event), token)

    def items(self, table: str) -> list[Item]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.tables[table])
        return [item for page in pages for item in page["Items"]]

    def stream(self, table: str) -> list[Record]:
        """What has changed since the last time."""
        old = self._seen[table]
        new = {repr((each["pk"], each["sk"])): each for each in self.items(table)}
        self._seen[table] = new
        return [
            self._record(old.get(key), item) for key, item in new.items() if item != old.get(key)
        ]

    def _record(self, old: Item | None, new: Item) -> Record:
        images = {"NewImage": on_the_wire(new)} | ({"OldImage": on_the_wire(old)} if old else {})
        at = from_text(new["created_at"]["S"]) if "is_new" in new else now()
        told = {
            "ApproximateCreationDateTime": int(at.timestamp()),
            "Keys": {name: new[name] for name in ("pk", "sk")},
            "SequenceNumber": number_of(next(self._numbers)),
        }
        return {"eventName": "MODIFY" if old else "INSERT", "dynamodb": told | images}

    def dispatch(self, records: Sequence[Record]) -> None:
        """New events, as the mapping filters them."""
        wanted = [each for each in records if "is_new" in each["dynamodb"]["NewImage"]]
        self._in_turn("DispatcherRole", wanted)

    def count(self, records: Sequence[Record]) -> None:
        """What the counter is told of both tables."""
        wanted = [each for each in records if "status" in each["dynamodb"]["NewImage"]]
        self._in_turn("CounterRole", wanted, shardId="shardId-1", eventSourceARN="arn:aws:dynamodb")

    def _in_turn(self, role: str, records: Sequence[Record], **more: str) -> None:
        """In batches; what a busy machine leaves no time for comes in the next one."""
        while records:
            answer = self.invoke(role, {"Records": records, **more})
            left = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
            place = min(map(numbers.index, left), default=len(records))
            assert place > 0, f"{role} does not get on"
            records = records[place:]

    def tasks(self) -> list[Item]:
        """Messages of the queue, as its mapping hands them over; they are gone from it."""
        wanted: dict[str, Any] = {"QueueUrl": self.queue_url, "MaxNumberOfMessages": 10}
        found = self.sqs.receive_message(**wanted, MessageSystemAttributeNames=["All"])
        messages = found.get("Messages", [])
        for each in messages:
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": each["Attributes"],
            }
            for each in messages
        ]

    def deliver(self) -> None:
        """Until nothing is due."""
        while tasks := self.tasks():
            self.invoke("DeliveryRole", {"Records": tasks})


@contextmanager
def whole_deployment() -> Iterator[WholeDeployment]:
    """While moto stands for AWS."""
    with patch.dict(os.environ):
        yield WholeDeployment()
