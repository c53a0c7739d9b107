"""The event store on DynamoDB."""

from __future__ import annotations

import zlib
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from triggers_api.errors import StoreUnavailableError, TooManyAtOnceError
from triggers_api.events.event import Event
from triggers_api.events.ids import is_event_id, random_half
from triggers_api.events.ports import (
    Addition,
    EventPage,
    EventQuery,
    Fingerprint,
    Position,
    Pushed,
    UndeliveredCounts,
)
from triggers_api.events.trail import Trail
from triggers_api.store import idempotency, items, payloads
from triggers_api.store.erasure import Erasure
from triggers_api.store.event_items import EventItems, not_found
from triggers_api.store.executions import of_execution
from triggers_api.store.listing import RANGES, StatusIndex
from triggers_api.store.range import Reach, gathered
from triggers_api.store.status_changes import StatusChanges
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.store.tenants import TellSpread, TenantRows, tell_nobody
from triggers_api.store.waiting import Waiting
from triggers_api.timestamps import Clock
from triggers_api.trace_header import CurrentTrace, untraced

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from triggers_api.settings import EventsSettings

_REACH = Reach(ranges=RANGES, of_nothing=RANGES)


class DynamoEventStore:
    """Keeps events in one table, see `items.py` for its shape."""

    def __init__(
        self,
        client: DynamoDBClient,
        settings: EventsSettings,
        clock: Clock,
        trace: CurrentTrace = untraced,
        tell_spread: TellSpread = tell_nobody,
    ) -> None:
        """Events are swept by DynamoDB when their retention has passed.

        A new one keeps the header of the trace it came with, for whoever reads the stream.
        """
        self._table = Table(client, settings.table)
        self._clock = clock
        self._trace = trace
        self._undelivered_retention = settings.undelivered_retention
        self._delivered_retention = settings.delivered_retention
        self._tenants = TenantRows(client, settings.table, clock, tell_spread)
        self._items = EventItems(self._table, clock)
        self._changes = StatusChanges(self._table, settings, self._items, self._tenants)
        self._waiting = Waiting(self._table, self._items, self._undelivered_retention, clock)
        self._erasure = Erasure(self._table, self._items, self._tenants)

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        """See `EventStore.add`. One write for a small event, two for a large one."""
        with self._tenants.spreading(tenant):
            place = self._put_new(tenant, event, fingerprint)
            if place is None:
                return Addition(event, replayed=False)
            if fingerprint is None:
                raise StoreUnavailableError("Two events drew the same id. Send it again.")
            return self._add_again(tenant, event, fingerprint, place)

    def get(self, tenant: str, event_id: str) -> Event:
        """See `EventStore.get`. One consistent read, two for a large event."""
        head = self._items.find(tenant, event_id) if is_event_id(event_id) else None
        found = None if head is None else self._items.complete_one(head)
        if found is None:
            if head is not None:
                self._items.find(tenant, event_id)  # raises, if it was erased meanwhile
            raise not_found(event_id)
        return found

    def find_trail(self, tenant: str, event_id: str) -> Trail:
        """See `EventStore.find_trail`. One consistent read."""
        head = self._items.at_place(tenant, event_id) if is_event_id(event_id) else None
        if head is None or not self._items.is_of(head, event_id):
            raise not_found(event_id)
        return items.to_trail(head)

    def list_events(
        self, tenant: str, query: EventQuery, *, limit: int, after: Position | None
    ) -> EventPage:
        """See `EventStore.list_events`. Reads an index; the table too, where that may lag."""
        if query.execution_id is not None:
            return self._of_execution(tenant, query.execution_id, query, limit, after)
        row = self._tenants.read(tenant)
        checked = row.index_settles_at > self._clock()
        index = StatusIndex(self._table, tenant, row.shards, query)

        def current(listed: list[Item]) -> list[Item]:
            live = [item for item in listed if not items.has_expired(item, self._clock())]
            return self._items.current(tenant, live, query.statuses) if checked else live

        found = gathered(
            index.read_range,
            current,
            after=after,
            limit=limit,
            reach=_REACH,
        )
        return self._items.page_of(found)

    def count_undelivered(
        self, tenant: str, *, among: AbstractSet[str], up_to: int
    ) -> UndeliveredCounts:
        """See `EventStore.count_undelivered`, and `Waiting` for what it costs."""
        return self._waiting.count(self._tenants.read(tenant), tenant, among, up_to)

    def _of_execution(
        self,
        tenant: str,
        execution_id: str,
        query: EventQuery,
        limit: int,
        after: Position | None,
    ) -> EventPage:
        """Those of one execution: its index, and the events from the table itself."""
        entries = of_execution(self._table, tenant, execution_id, query)

        def current(listed: list[Item]) -> list[Item]:
            heads = self._items.current(tenant, listed, query.statuses)
            return [
                head
                for head in heads
                if not items.has_expired(head, self._clock())
                and query.severity in (None, head.get("severity", {}).get("S"))
            ]

        found = gathered(entries.read, current, after=after, limit=limit, reach=_REACH)
        return self._items.page_of(found)

    def acknowledge(
        self, tenant: str, event_id: str, at: datetime, pushed: Pushed | None = None
    ) -> bool:
        """See `EventStore.acknowledge`."""
        with self._tenants.spreading(tenant):
            return self._changes.acknowledge(tenant, event_id, at, pushed)

    def mark_failed(self, tenant: str, event_id: str, attempts: int, round_: int = 0) -> bool:
        """See `EventStore.mark_failed`."""
        with self._tenants.spreading(tenant):
            return self._changes.mark_failed(tenant, event_id, attempts, round_)

    def replay(self, tenant: str, event_id: str) -> int:
        """See `EventStore.replay`."""
        with self._tenants.spreading(tenant):
            return self._changes.replay(tenant, event_id)

    def erase(self, tenant: str, event_id: str, at: datetime) -> None:
        """See `EventStore.erase`. One write, and one more for a large event."""
        self._erasure(tenant, event_id, at)

    def _put_new(
        self,
        tenant: str,
        event: Event,
        fingerprint: Fingerprint | None,
        *,
        claimed_in: str | None = None,
    ) -> Item | None:
        """Store it; if its place is taken by another event, that one's head and nothing done.

        `claimed_in` is the older event that holds its claim on their key, if there is one.
        """
        head, body = self._to_items(tenant, event)
        if claimed_in is not None:
            head |= idempotency.in_place_of(claimed_in)
        if fingerprint is not None:
            head["fingerprint"] = {"B": fingerprint.digest}
        if body:
            # The payload first: an event whose head is there must be whole. A repeated
            # request must not pay for its payload again, so that is looked at before.
            place = self._items.at_place(tenant, event.id) if fingerprint is not None else None
            if place is not None and not items.may_be_swept(place, self._clock()):
                return place
            self._table.put(body)
        try:
            self._table.put(
                head,
                # An expired event is gone for everybody, swept or not: its place is free.
                "attribute_not_exists(pk) OR expires_at <= :now",
                {":now": items.number(self._clock().timestamp())},
            )
        except RefusedError as refused:
            place = refused.item
            if place is None:
                raise
            if body and place.get("payload") != head["payload"]:
                # Nobody can open it: its key was in the head that was not stored.
                self._table.delete(payloads.place_of(head))
            return None if _is_same_write(place, head) else place
        return None

    def _to_items(self, tenant: str, event: Event) -> tuple[Item, Item]:
        shards = self._tenants.shards_to_write(tenant)
        shard = zlib.crc32(random_half(event.id).encode()) % shards
        expires_at = event.created_at + self._undelivered_retention
        head, body = items.to_items(tenant, event, shard, expires_at, self._trace())
        if body:
            until = payloads.kept_until(expires_at, self._delivered_retention)
            body["expires_at"] = items.number(until.timestamp())
        return head, body

    def _add_again(
        self, tenant: str, event: Event, fingerprint: Fingerprint, place: Item
    ) -> Addition:
        """The key's place is taken: by this very event, by another body, or by an old event."""
        claim = idempotency.claim_of(place)
        if claim.holds(event.created_at):
            return self._replay(tenant, event, fingerprint, claim)
        newer = idempotency.successor(tenant, event)
        claim = idempotency.Claim(newer.id, newer.created_at, fingerprint.digest)
        head = idempotency.claim_place(self._table, tenant, place=place, claim=claim)
        if head is None:
            self._put_new(tenant, newer, fingerprint, claimed_in=event.id)
            return Addition(newer, replayed=False)
        if not head:
            raise TooManyAtOnceError("The key's old event was just swept. Send it again.")
        return self._add_again(tenant, event, fingerprint, head)

    def _replay(
        self, tenant: str, event: Event, fingerprint: Fingerprint, claim: idempotency.Claim
    ) -> Addition:
        head = self._items.find(tenant, claim.event_id)  # an erased one is gone for any body
        claim.check(fingerprint)
        if head is None:
            # The request that claimed the key stopped before it stored the event: finish its work.
            claimed = replace(event, id=claim.event_id, created_at=claim.since)
            self._put_new(tenant, claimed, fingerprint, claimed_in=event.id)
            return Addition(claimed, replayed=True)
        found = self._items.complete_one(head)
        if found is None:
            raise TooManyAtOnceError("The key's event was just erased. Send it again.")
        return Addition(idempotency.first_state(found), replayed=True)


def _is_same_write(stored: Item, head: Item) -> bool:
    """Whether our own write was stored, its answer lost, and then tried again.

    The id alone does not tell: two requests with one key within a millisecond share it.
    """
    return all(stored.get(name) == head.get(name) for name in ("id", "created_at", "fingerprint"))
