"""Lease ledgers and leases as DynamoDB items, see `leases.py`."""

from datetime import UTC, datetime, timedelta

from triggers_api.events import ids as event_ids
from triggers_api.events.ports import Position
from triggers_api.leases.ledger import Lease, Ledger, ends_at_of
from triggers_api.store.dynamodb import Item
from triggers_api.store.items import number
from triggers_api.timestamps import from_text, to_text

BOOK = "ledger"
FIRST, LAST = "lse_", "lse_~"
"""Before and behind the id of every lease."""
_ID_BYTES = 16
# A lease that is swept before it was returned is not lost: the next full pass finds its
# events. But then they come late, and a week outlasts a worker that is down over holidays.
_SWEPT_AFTER = timedelta(days=7)


def key(tenant: str, sk: str) -> Item:
    """The primary key; no event's, whose random half has 16 characters."""
    return {"pk": {"S": f"{tenant}#leases"}, "sk": {"S": sk}}


def of_lease(tenant: str, lease: Lease, version: int) -> Item:
    """The item of a lease; an empty one is only kept so that nobody takes it for the old one."""
    packed = b"".join(map(event_ids.to_bytes, lease.event_ids))
    swept_at = ends_at_of(lease.id) + _SWEPT_AFTER
    return key(tenant, lease.id) | {
        "events": {"B": packed},
        "version": number(version),
        "expires_at": number(swept_at.timestamp()),
    }


def to_lease(item: Item) -> Lease:
    """The lease of an item."""
    packed = item["events"]["B"]
    ids = (packed[at : at + _ID_BYTES] for at in range(0, len(packed), _ID_BYTES))
    version = int(item.get("version", {"N": "0"})["N"])
    return Lease(item["sk"]["S"], tuple(map(event_ids.from_bytes, ids)), version)


def of_ledger(tenant: str, ledger: Ledger) -> Item:
    """The item of a ledger."""
    item = key(tenant, BOOK) | {
        "version": number(ledger.version),
        "change_id": {"S": ledger.change_id},
        "returned": {"S": ledger.returned},
        "next_pass_at": {"S": to_text(ledger.next_pass_at)},
        "next_full_pass_at": {"S": to_text(ledger.next_full_pass_at)},
        "scans_first": {"BOOL": ledger.scans_first},
    }
    for name, place in (("scan_position", ledger.scan_position), ("reached", ledger.reached)):
        if place is not None:
            item[name] = {"S": f"{to_text(place.created_at)} {place.id}"}
    return item


def to_ledger(item: Item) -> Ledger:
    """The ledger of an item."""
    return Ledger(
        version=int(item["version"]["N"]),
        change_id=item["change_id"]["S"],
        returned=item["returned"]["S"],
        scan_position=_position(item.get("scan_position")),
        reached=_position(item.get("reached")),
        next_pass_at=from_text(item["next_pass_at"]["S"]),
        next_full_pass_at=from_text(item["next_full_pass_at"]["S"]),
        scans_first=item.get("scans_first", {"BOOL": False})["BOOL"],
    )


def _position(value: dict[str, str] | None) -> Position | None:
    if value is None:
        return None
    moment, _, event_id = value["S"].partition(" ")
    return Position(datetime.fromisoformat(moment).astimezone(UTC), event_id)
