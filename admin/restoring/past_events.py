"""What becomes of an event's items as they were, by what was done with the event since.

Each change is the one that the store would have made, on an item that is in no table yet: so an
event comes back as what it had become, and is never seen as what it was.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from triggers_api.events.lifecycle import EventStatus
from triggers_api.store import idempotency, items, payloads
from triggers_api.store.table import Item
from triggers_api.timestamps import from_text, to_text

_SAID: Final = ("payload", "payload_bytes", "metadata", "fingerprint")
_ANSWERED_WITHIN: Final = timedelta(seconds=15)  # the API has ten; and clocks differ
_OF_ITS_LIFE: Final = ("delivered_at", "delivery_attempts", "rounds", "replayed_at")


def settled(head: Item) -> Item:
    """The head as if it had been dispatched and counted, which it was when it was stored.

    Both go by that mark: with it, the event would be pushed and billed once more.
    """
    return without(head, *items.IS_NEW)


def acknowledged(head: Item, at: datetime, retention: timedelta) -> Item:
    """The head of an event that was acknowledged then; nothing new, if it was before."""
    if head["status"]["S"] == EventStatus.DELIVERED:
        return head
    return without(head, "visible_until", *items.IS_NEW) | {
        "status": {"S": EventStatus.DELIVERED},
        "delivered_at": {"S": to_text(at)},
        "expires_at": items.number((at + retention).timestamp()),
    }


def replayed(head: Item, at: datetime, retention: timedelta) -> Item:
    """The head of an event that was put back to pending then; nothing new, if it shows that.

    A line is written when the request is answered: what it tells may be older than the second.
    """
    known = head.get("replayed_at")
    if known is not None and at - from_text(known["S"]) < _ANSWERED_WITHIN:
        return settled(head)
    rounds = int(head.get("rounds", {"N": "0"})["N"]) + 1
    return without(head, "delivered_at", "visible_until", *items.IS_NEW) | {
        "status": {"S": EventStatus.PENDING},
        "expires_at": items.number((at + retention).timestamp()),
        "replayed_at": {"S": to_text(at)},
        "rounds": items.number(rounds),
    }


def erased(head: Item, at: datetime) -> Item:
    """The tombstone of an event that was erased then."""
    gone = (*_SAID, "delivered_at", "delivery_attempts", *items.IS_NEW)
    return without(head, *gone) | {
        "erased_at": head.get("erased_at", {"S": to_text(at)}),
        "status": {"S": items.ERASED},
    }


def is_same_event(past: Item, live: Item) -> bool:
    """Whether the head in this place is of the same event, or of the same request sent again.

    A tombstone does not tell of which request it is: what may be erased does not come back.
    """
    if past["id"] == live["id"]:
        return True
    apart = abs(from_text(past["created_at"]["S"]) - from_text(live["created_at"]["S"]))
    same = items.is_erased(live) or past.get("fingerprint") == live.get("fingerprint")
    return same and apart < idempotency.WINDOW


def under_another_id(tenant: str, head: Item, body: Item | None) -> tuple[Item, Item]:
    """Head and payload of an event whose place a later event of the same key has taken.

    The store does the same with the later one of two: ids differ, nothing is lost.
    """
    event = items.to_event(head)
    if body is not None:
        event = replace(event, payload=payloads.opened(head, body))
    again = idempotency.successor(tenant, event)
    expires_at = datetime.fromtimestamp(int(head["expires_at"]["N"]), event.created_at.tzinfo)
    new_head, new_body = items.to_items(tenant, again, int(head["shard"]["N"]), expires_at)
    kept = {name: head[name] for name in _OF_ITS_LIFE if name in head}
    return settled(new_head) | kept, new_body


def without(item: Item, *names: str) -> Item:
    """An item without these attributes."""
    return {name: value for name, value in item.items() if name not in names}
