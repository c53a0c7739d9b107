"""An event as DynamoDB items: one for most, a head and a payload apart for large ones.

| item    | pk                | sk        | holds                                                      |
|---------|-------------------|-----------|------------------------------------------------------------|
| event   | `<tenant>#<half>` | `event`   | the head; the payload too, or the key that opens it        |
| payload | `<tenant>#<half>` | `payload#…` | the payload of a large event, see `payloads.py`          |
| tenant  | `<tenant>`        | `tenant`  | see `tenants.py`                                           |

`half` is the random half of the event's id. Every write bills the whole item in steps of
1 KB, in the table and again in the index, which has two writes at each change of status:
five in an event's life. So the head stays within 1 KB, and a payload that would not fit
is written once, apart.
"""

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from triggers_api.events.event import Event, Severity
from triggers_api.events.ids import random_half
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import Position
from triggers_api.events.trail import Trail
from triggers_api.store import payloads
from triggers_api.store.sizes import item_bytes
from triggers_api.store.table import Item
from triggers_api.stored import word
from triggers_api.timestamps import from_text, to_text

IS_NEW: Item = {"is_new": {"S": "yes"}}
"""Marks the head of an event that was stored and not changed since: each change removes it.

By this the stream's filter knows what to push. The stream's own word for a write does not tell:
put over the head of an expired event, a new one is a MODIFY.
"""

RESTORED_AT: Final = "restored_at"
"""Marks the record of a delivery that was brought back from a point in time: what it tells was
counted before. A record is written whole, so the next attempt takes the mark away.
"""

ERASED: Final = "erased"
"""In the place of its status, what the tombstone of an erased event has: no list asks for it."""

WRITE_UNIT_BYTES = 1024
# Later a head gets `delivered_at` (39 bytes), a status 2 letters longer, and with an
# idempotency key a `fingerprint` (27 bytes). They must not push it over a step of the price.
_GROWS_BY = 68
_WRITES_IN_A_LIFE = 5  # stored: table, index; acknowledged: table, index out, index in


def event_key(tenant: str, event_id: str) -> Item:
    """The primary key of an event's head."""
    return {"pk": {"S": f"{tenant}#{random_half(event_id)}"}, "sk": {"S": "event"}}


def status_partition(tenant: str, status: str, shard: int) -> Item:
    """What the status index keeps together."""
    return {"tenant": {"S": tenant}, "status": {"S": status}, "shard": {"N": str(shard)}}


def index_key(tenant: str, status: EventStatus, shard: int, position: Position) -> Item:
    """The key of a place in the status index, whether or not an event is there."""
    place = {"created_at": {"S": to_text(position.created_at)}, "id": {"S": position.id}}
    return event_key(tenant, position.id) | status_partition(tenant, status, shard) | place


def to_items(
    tenant: str,
    event: Event,
    shard: int,
    expires_at: datetime,
    trace: str | None = None,
    new_key: Callable[[], bytes] = payloads.new_key,
) -> tuple[Item, Item]:
    """The head of a new event, and its payload's item, which is empty if the head holds it.

    `trace` is a trace header, kept for the stream; the index does not hold it. `new_key` draws
    the key of a payload that is kept apart.
    """
    expiry = {"expires_at": number(expires_at.timestamp())}
    head = index_key(tenant, event.status, shard, position_of(event)) | expiry
    head |= {"event_type": {"S": event.event_type}, "severity": {"S": event.severity}} | IS_NEW
    if event.metadata:
        head["metadata"] = {
            "S": json.dumps(event.metadata, ensure_ascii=False, separators=(",", ":"))
        }
    if event.execution_id is not None:
        head["execution_id"] = {"S": event.execution_id}
    if trace is not None:
        head["trace"] = {"S": trace}
    head["payload_bytes"] = number(len(event.payload))
    packed = _pack(event.payload)
    together = head | {"payload": _smaller(event.payload, packed)}
    if item_bytes(together) + _GROWS_BY <= WRITE_UNIT_BYTES:
        return together, {}
    head["payload"] = payloads.in_head(new_key())
    body = payloads.place_of(head) | {"payload": {"B": packed}} | expiry
    if _life_units(together) <= _life_units(head) + write_units(body):
        return together, {}
    return head, body | payloads.sealed(head, packed)


def to_event(item: Item) -> Event:
    """The event of a head; the payload of a large one is empty until it is read."""
    delivered_at = item.get("delivered_at")
    execution_id = item.get("execution_id")
    metadata = item.get("metadata")
    return Event(
        id=item["id"]["S"],
        event_type=item["event_type"]["S"],
        payload=b"" if is_apart(item) else payload_of(item),
        metadata={} if metadata is None else json.loads(metadata["S"]),
        severity=_severity(item),
        execution_id=None if execution_id is None else execution_id["S"],
        status=word(EventStatus, item["status"]["S"]),
        created_at=from_text(item["created_at"]["S"]),
        delivered_at=None if delivered_at is None else from_text(delivered_at["S"]),
        delivery_attempts=int(item.get("delivery_attempts", {"N": "0"})["N"]),
    )


def to_trail(item: Item) -> Trail:
    """What a head tells of its event's life, a tombstone too."""

    def moment(name: str) -> datetime | None:
        return from_text(item[name]["S"]) if name in item else None

    metadata = item.get("metadata")
    return Trail(
        id=item["id"]["S"],
        event_type=item["event_type"]["S"],
        severity=_severity(item),
        execution_id=item.get("execution_id", {}).get("S"),
        created_at=from_text(item["created_at"]["S"]),
        metadata={} if metadata is None else json.loads(metadata["S"]),
        status=None if is_erased(item) else word(EventStatus, item["status"]["S"]),
        delivered_at=moment("delivered_at"),
        rounds=int(item.get("rounds", {"N": "0"})["N"]),
        replayed_at=moment("replayed_at"),
        erased_at=moment("erased_at"),
    )


def _severity(item: Item) -> Severity:
    return word(Severity, item["severity"]["S"]) if "severity" in item else Severity.INFO


def position_of(event: Event) -> Position:
    """Where an event stands in its tenant's order."""
    return Position(event.created_at, event.id)


def position_in_index(item: Item) -> Position:
    """Where an item, or a bare index key, stands in its tenant's order."""
    return Position(from_text(item["created_at"]["S"]), item["id"]["S"])


def payload_of(head: Item) -> bytes:
    """The payload's JSON text, which the head itself holds."""
    packed = head["payload"]
    if "B" in packed:
        return zlib.decompress(packed["B"])
    text: str = packed["S"]
    return text.encode()


def is_apart(head: Item) -> bool:
    """Whether the event's payload is an item of its own, or the head was read without it."""
    return "payload" not in head or payloads.key_of(head) is not None


def answer_size(head: Item) -> int:
    """Bytes of what a caller may fill at will, known without unpacking or reading a payload."""
    with suppress(Exception):  # told when the event itself is read
        metadata: str = head.get("metadata", {"S": ""})["S"]
        return int(head.get("payload_bytes", {"N": "0"})["N"]) + len(metadata.encode())
    return 0


def has_expired(head: Item, at: datetime) -> bool:
    """Whether the event's time is over, swept or not.

    A head may be kept beyond that, because an idempotency key holds its place.
    """
    visible_until = head.get("visible_until") or head.get("expires_at")
    return visible_until is not None and _moment(visible_until) <= at


def is_erased(head: Item) -> bool:
    """Whether only the tombstone of an erased event is left."""
    return "erased_at" in head


def may_be_swept(item: Item, at: datetime) -> bool:
    """Whether it is only still there because DynamoDB sweeps up to two days late."""
    return "expires_at" in item and _moment(item["expires_at"]) <= at


def _moment(value: dict[str, str]) -> datetime:
    return datetime.fromtimestamp(int(value["N"]), UTC)


def number(value: float) -> dict[str, str]:
    """A whole number in DynamoDB's wire form."""
    return {"N": str(int(value))}


def write_units(item: Item) -> int:
    """Write units of one write of this item; none for no item."""
    return -(-item_bytes(item) // WRITE_UNIT_BYTES)


def _life_units(head: Item) -> int:
    return -(-(item_bytes(head) + _GROWS_BY) // WRITE_UNIT_BYTES) * _WRITES_IN_A_LIFE


def _pack(payload: bytes) -> bytes:
    # Level 6: a payload is written once and billed by the kilobyte; 1 KB takes 30 us.
    return zlib.compress(payload, 6)


def _smaller(payload: bytes, packed: bytes) -> dict[str, Any]:
    """Compressed where that helps; the attribute's type tells which."""
    return {"B": packed} if len(packed) < len(payload) else {"S": payload.decode()}
