"""Lease ledgers in DynamoDB: `<tenant>#leases`, an item for the ledger and one for each lease.

| item   | sk           | holds                                                     |
|--------|--------------|-----------------------------------------------------------|
| ledger   | `ledger`       | version, what is returned, scan position, times of the passes   |
| lease | the lease id | 16 bytes for each of its events, the ledger's version then  |

Both lie in the events table, but carry no key of the status index: no list shows them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from triggers_api.events import ids as event_ids
from triggers_api.events.lifecycle import UNDELIVERED
from triggers_api.events.ports import EventPage, EventQuery, Position
from triggers_api.leases.ledger import Lease, Ledger, ends_at_of
from triggers_api.leases.ports import Undelivered
from triggers_api.read_meter import metered
from triggers_api.store import items
from triggers_api.store.event_items import EventItems, within_answer
from triggers_api.store.items import number
from triggers_api.store.listing import StatusIndex
from triggers_api.store.range import Range, Reach, gathered
from triggers_api.store.table import Item, Put, Query, RefusedError, Table
from triggers_api.store.tenants import TenantRows
from triggers_api.stored import readable
from triggers_api.timestamps import Clock, from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_QUERY = EventQuery(statuses=UNDELIVERED)
# Behind a range that is all held, 1,000 entries are read at once: 1 MB, 125 read units.
_REACH = Reach(ranges=20, of_nothing=20, wanted_after_nothing=1000)


class DynamoLeaseStore:
    """See `LeaseStore`."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        """Ledgers live in the events table."""
        self._table = Table(client, table)
        self._clock = clock
        self._tenants = TenantRows(client, table)
        self._items = EventItems(self._table, clock)

    def read_ledger(self, tenant: str) -> Ledger:
        """See `LeaseStore.read_ledger`."""
        item = self._find(tenant, BOOK)
        return Ledger() if item is None else to_ledger(item)

    def read_leases(
        self, tenant: str, *, after: str, until: str | None = None, limit: int | None = None
    ) -> list[Lease]:
        """See `LeaseStore.read_leases`. A megabyte holds 2,000 leases of ten events or more."""
        last = until or LAST
        if after >= last:  # by the clock of another process
            return []
        values: Item = {
            ":pk": key(tenant, "")["pk"],
            ":first": {"S": FIRST},
            ":last": {"S": last},
        }
        query = Query("pk = :pk AND sk BETWEEN :first AND :last", values, consistent=True)
        begin = key(tenant, after) if after else None
        found = self._table.items(query, after=begin, limit=limit)
        return list(readable(found, to_lease, "lease"))

    def find_lease(self, tenant: str, lease_id: str) -> Lease | None:
        """See `LeaseStore.find_lease`."""
        item = self._find(tenant, lease_id)
        return None if item is None else to_lease(item)

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        """See `LeaseStore.change`. A put, or one transaction, which costs twice."""
        item = of_ledger(tenant, ledger)
        changed = Put(item, "attribute_not_exists(pk)")
        if ledger.follows:
            seen: Item = {":seen": items.number(ledger.follows)}
            changed = Put(item, "version = :seen", seen)
        added = (Put(of_lease(tenant, each, ledger.version)) for each in leases)
        try:
            self._table.put_together(changed, *added)
        except RefusedError as refused:
            # Botocore repeats a call whose answer was lost. DynamoDB knows a repeated
            # transaction by its token for ten minutes; a put meets its own change.
            stored = refused.item
            return stored is not None and _change_id(stored) == ledger.change_id
        return True

    def list_free(
        self,
        tenant: str,
        *,
        after: Position | None,
        held: AbstractSet[str],
        limit: int,
        share: int = 1,
    ) -> EventPage:
        """See `LeaseStore.list_free`. Of what is held, only the index is read."""
        row = self._tenants.read(tenant)
        is_checked = row.index_settles_at > self._clock()
        index = StatusIndex(self._table, tenant, row.shards, _QUERY)

        def read(after: Position | None, wanted: int) -> Range:
            part = index.read_range(after, max(wanted, limit))
            return part.only(lambda head: self._is_free(head, held))

        def current(free: list[Item]) -> list[Item]:
            return self._items.current(tenant, free, UNDELIVERED) if is_checked else free

        found = gathered(read, current, after=after, limit=limit, reach=_REACH)
        return self._items.page_of(found, share=share)

    def read_undelivered(
        self, tenant: str, event_ids: tuple[str, ...], *, limit: int, share: int = 1
    ) -> Undelivered:
        """See `LeaseStore.read_undelivered`. One read unit for each event, at least."""
        listed: list[Item] = [{"id": {"S": event_id}} for event_id in event_ids]
        with metered() as read:
            current = self._items.current(tenant, listed, UNDELIVERED)
            heads = [head for head in current if self._is_free(head, frozenset())]
            heads.sort(key=items.position_in_index)
            shown = within_answer(heads[:limit], share=share)
            events = self._items.complete(shown)
        left = tuple(head["id"]["S"] for head in heads[len(shown) :])
        return Undelivered(events, left, read.units)

    def _find(self, tenant: str, sk: str) -> Item | None:
        return self._table.find(key(tenant, sk), consistent=True)

    def _is_free(self, head: Item, held: AbstractSet[str]) -> bool:
        return head["id"]["S"] not in held and not items.has_expired(head, self._clock())


BOOK = "ledger"
FIRST, LAST = "lse_", "lse_~"
"""Before and behind the id of every lease."""
_ID_BYTES = 16
_PASSES = ("next_pass_at", "next_full_pass_at")
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
    passes: dict[str, Any] = {name: from_text(item[name]["S"]) for name in _PASSES if name in item}
    return Ledger(
        version=int(item["version"]["N"]),
        change_id=_change_id(item),
        returned=item.get("returned", {"S": ""})["S"],
        scan_position=_position(item.get("scan_position")),
        reached=_position(item.get("reached")),
        scans_first=item.get("scans_first", {"BOOL": False})["BOOL"],
        **passes,
    )


def _change_id(item: Item) -> str:
    change_id: str = item.get("change_id", {"S": ""})["S"]
    return change_id


def _position(value: dict[str, str] | None) -> Position | None:
    if value is None:
        return None
    moment, _, event_id = value["S"].partition(" ")
    return Position(datetime.fromisoformat(moment).astimezone(UTC), event_id)
