"""A delivery as an item, with all of its attempts."""

import json
from datetime import timedelta
from typing import Any

from triggers_api.events.ports import Position
from triggers_api.push.delivery import Attempt, Delivery, DeliveryStatus, Task
from triggers_api.store.dynamodb import Item
from triggers_api.store.items import number
from triggers_api.timestamps import from_text, to_text


def delivery_key(tenant: str, event_id: str, delivery_id: str) -> Item:
    """The primary key of a delivery: those of one round lie together."""
    round_ = delivery_id.rpartition("_")[2]
    return {"pk": {"S": f"{tenant}#{event_id}"}, "sk": {"S": f"{round_}#{delivery_id}"}}


def position_of(delivery: Delivery) -> Position:
    """Where a delivery stands in its tenant's history."""
    return Position(delivery.created_at, delivery.id)


def _attempt_text(attempt: Attempt) -> list[Any]:
    kept = [to_text(attempt.at), attempt.duration_ms, attempt.status_code, attempt.error]
    return [*kept, attempt.said] if attempt.said else kept


def to_delivery(item: Item) -> Delivery:
    """The delivery of an item."""
    next_attempt_at = item.get("next_attempt_at")
    return Delivery(
        task=Task(
            tenant=item["tenant"]["S"],
            event_id=item["pk"]["S"].partition("#")[2],
            config_id=item["config_id"]["S"],
            round=int(item["round"]["N"]),
            pushes=int(item["pushes"]["N"]),
            execution_id=item.get("execution_id", {}).get("S"),
        ),
        event_type=item["event_type"]["S"],
        status=DeliveryStatus(item["status"]["S"]),
        created_at=from_text(item["created_at"]["S"]),
        attempts=tuple(
            Attempt(from_text(at), *kept) for at, *kept in json.loads(item["attempts"]["S"])
        ),
        next_attempt_at=None if next_attempt_at is None else from_text(next_attempt_at["S"]),
        reason=item.get("reason", {}).get("S"),
        tries_before=int(item["tries_before"]["N"]),
    )


def to_item(delivery: Delivery, retention: timedelta) -> Item:
    """The item of a delivery; it is swept `retention` after its last change."""
    task = delivery.task
    changed_at = delivery.attempts[-1].at if delivery.attempts else delivery.created_at
    item: Item = delivery_key(task.tenant, task.event_id, task.delivery_id) | {
        "tenant": {"S": task.tenant},
        "config_id": {"S": task.config_id},
        "id": {"S": delivery.id},
        "round": number(task.round),
        "pushes": number(task.pushes),
        "event_type": {"S": delivery.event_type},
        "status": {"S": delivery.status},
        "created_at": {"S": to_text(delivery.created_at)},
        "attempts": {"S": json.dumps([_attempt_text(each) for each in delivery.attempts])},
        "attempt_count": number(len(delivery.attempts)),
        "tries_before": number(delivery.tries_before),
        "expires_at": number((changed_at + retention).timestamp()),
    }
    if delivery.next_attempt_at is not None:
        item["next_attempt_at"] = {"S": to_text(delivery.next_attempt_at)}
    if task.execution_id is not None:
        item["execution_id"] = {"S": task.execution_id}
    if delivery.reason is not None:
        item["reason"] = {"S": delivery.reason}
    return item
