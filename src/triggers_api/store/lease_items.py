"""Lease books and bundles as DynamoDB items, see `leases.py`."""

from datetime import UTC, datetime, timedelta

from triggers_api.events import ids as event_ids
from triggers_api.events.ports import Position
from triggers_api.leases.ledger import Bundle, LeaseBook, ends_at_of
from triggers_api.store.dynamodb import Item
from triggers_api.store.items import number
from triggers_api.timestamps import from_text, to_text

BOOK = "book"
FIRST, LAST = "lse_", "lse_~"
"""Before and behind the id of every bundle."""
_ID_BYTES = 16
# A bundle that is swept before it was cleared is not lost: the next full round finds its
# events. But then they come late, and a week outlasts a worker that is down over holidays.
_SWEPT_AFTER = timedelta(days=7)


def key(tenant: str, sk: str) -> Item:
    """The primary key; no event's, whose random half has 16 characters."""
    return {"pk": {"S": f"{tenant}#leases"}, "sk": {"S": sk}}


def of_bundle(tenant: str, bundle: Bundle, version: int) -> Item:
    """The item of a bundle; an empty one is only kept so that nobody takes it for the old one."""
    packed = b"".join(map(event_ids.to_bytes, bundle.event_ids))
    swept_at = ends_at_of(bundle.id) + _SWEPT_AFTER
    return key(tenant, bundle.id) | {
        "events": {"B": packed},
        "version": number(version),
        "expires_at": number(swept_at.timestamp()),
    }


def to_bundle(item: Item) -> Bundle:
    """The bundle of an item."""
    packed = item["events"]["B"]
    ids = (packed[at : at + _ID_BYTES] for at in range(0, len(packed), _ID_BYTES))
    version = int(item.get("version", {"N": "0"})["N"])
    return Bundle(item["sk"]["S"], tuple(map(event_ids.from_bytes, ids)), version)


def of_book(tenant: str, book: LeaseBook) -> Item:
    """The item of a book."""
    item = key(tenant, BOOK) | {
        "version": number(book.version),
        "change_id": {"S": book.change_id},
        "cleared": {"S": book.cleared},
        "next_round_at": {"S": to_text(book.next_round_at)},
        "next_full_round_at": {"S": to_text(book.next_full_round_at)},
    }
    for name, place in (("frontier", book.frontier), ("reached", book.reached)):
        if place is not None:
            item[name] = {"S": f"{to_text(place.created_at)} {place.id}"}
    return item


def to_book(item: Item) -> LeaseBook:
    """The book of an item."""
    return LeaseBook(
        version=int(item["version"]["N"]),
        change_id=item["change_id"]["S"],
        cleared=item["cleared"]["S"],
        frontier=_position(item.get("frontier")),
        reached=_position(item.get("reached")),
        next_round_at=from_text(item["next_round_at"]["S"]),
        next_full_round_at=from_text(item["next_full_round_at"]["S"]),
    )


def _position(value: dict[str, str] | None) -> Position | None:
    if value is None:
        return None
    moment, _, event_id = value["S"].partition(" ")
    return Position(datetime.fromisoformat(moment).astimezone(UTC), event_id)
