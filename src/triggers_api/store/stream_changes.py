"""What a record of a table's stream means: the write behind it, if it is one that counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.store.items import IS_NEW, RESTORED_AT
from triggers_api.store.streamed_rows import written_at
from triggers_api.store.table import Item
from triggers_api.usage.changes import (
    Change,
    DeliveryRecorded,
    EventAcknowledged,
    EventReplayed,
    EventStored,
)


def change_of(record: Mapping[str, Any]) -> Change | None:
    """The change that a record with both images tells of; None if it is none of those.

    Raises KeyError, ValueError or TypeError of what nobody can read.
    """
    stored = record["dynamodb"]
    new: Item = stored["NewImage"]
    old: Item = stored.get("OldImage", {})
    known: dict[str, Any] = {
        "tenant": new["tenant"]["S"],
        "at": written_at(record),
        "number": int(stored["SequenceNumber"]),
    }
    if RESTORED_AT in new:
        return None
    if "attempt_count" in new:
        return _delivery(known, new, old)
    return _event(known, new, old)


def _event(known: dict[str, Any], new: Item, old: Item) -> Change | None:
    known["event_id"] = new["id"]["S"]
    if IS_NEW.items() <= new.items():
        execution_id = new.get("execution_id")
        return EventStored(
            **known,
            event_type=new["event_type"]["S"],
            execution_id=None if execution_id is None else execution_id["S"],
            payload_bytes=int(new.get("payload_bytes", {"N": "0"})["N"]),
        )
    before, now = old.get("status"), new.get("status")  # none, of one that is erased
    if before is None or now is None or before == now:
        return None
    if now["S"] == EventStatus.DELIVERED:
        return EventAcknowledged(**known)
    return EventReplayed(**known) if now["S"] == EventStatus.PENDING else None


def _delivery(known: dict[str, Any], new: Item, old: Item) -> Change | None:
    attempts = json.loads(new.get("attempts", {"S": "[]"})["S"])[
        int(old.get("attempt_count", {"N": "0"})["N"]) :
    ]
    # One that had ended may have been tried again, and have ended as before.
    has_moved = bool(attempts) or new["status"] != old.get("status")
    became = new["status"]["S"] if has_moved else None
    return DeliveryRecorded(
        **known,
        config_id=new["config_id"]["S"],
        durations_ms=tuple(int(each[1]) for each in attempts),
        is_succeeded=became == DeliveryStatus.SUCCEEDED,
        is_dead=became == DeliveryStatus.DEAD,
    )
