"""Makes what tests of pushing need, naming only what matters to them."""

import itertools
import json
from datetime import datetime
from typing import Any

from tests.builders.events import TENANT
from tests.clock import START
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.aws.task_queue import to_body
from triggers_api.events.event import Event
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Attempt, Delivery, DeliveryStatus, Task
from triggers_api.push.turns import Turns

_numbers = itertools.count(1)


def a_config(at: datetime = START, tenant: str = TENANT, **fields: Any) -> NotificationConfig:
    """A healthy webhook that wants everything; every call makes another one."""
    described: dict[str, Any] = {
        "id": f"cfg_{next(_numbers):024x}",
        "tenant": tenant,
        "name": "Failures to the ticket system",
        "channel": "webhook",
        "settings": {"url": "https://hooks.example.com/triggers"},
        "secrets": {"secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
        "created_at": at,
        "updated_at": at,
    }
    return NotificationConfig(**described | fields)


def a_task(event: Event, config: NotificationConfig, **fields: Any) -> Task:
    """What a worker is told of them."""
    described: dict[str, Any] = {
        "tenant": config.tenant,
        "event_id": event.id,
        "config_id": config.id,
        "execution_id": event.execution_id,
    }
    return Task(**described | fields)


def a_scheduler_letter(task: Task) -> str:
    """The body of what it puts into its dead-letter queue: the request that its target refused."""
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/deliveries"
    return json.dumps({"MessageBody": to_body(task), "QueueUrl": queue})


def an_attempt(at: datetime = START, error: str | None = "the receiver answered 500") -> Attempt:
    """A failed one, unless there is no error."""
    return Attempt(at=at, duration_ms=201, status_code=500 if error else 200, error=error)


def a_delivery(
    task: Task,
    status: DeliveryStatus = DeliveryStatus.DEAD,
    at: datetime = START,
    **fields: Any,
) -> Delivery:
    """The record of a delivery that was attempted once."""
    error = None if status is DeliveryStatus.SUCCEEDED else "the receiver answered 500"
    described: dict[str, Any] = {
        "task": task,
        "event_type": "order.fetched",
        "status": status,
        "created_at": at,
        "attempts": (an_attempt(at, error),),
        "reason": error if status is DeliveryStatus.DEAD else None,
    }
    return Delivery(**described | fields)


WITHOUT_LIMIT = Turns(InMemoryTokenBuckets(), lambda _: None)
"""Turns of tenants whose pushes all go at once."""
