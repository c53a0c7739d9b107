"""Erases events: what they said goes, their tombstones stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from triggers_api.events.ids import is_event_id
from triggers_api.store import items, payloads
from triggers_api.store.event_items import EventItems, not_found
from triggers_api.store.idempotency import forget_fingerprint
from triggers_api.store.status_changes import IS_VISIBLE
from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.store.tenants import TenantRows
from triggers_api.timestamps import to_text

# With no status of an event's, it is in no list; but its tenant's deletion finds it in the index.
_ERASE: Final = (
    "SET erased_at = if_not_exists(erased_at, :at), #status = :erased"
    " REMOVE payload, payload_bytes, metadata, fingerprint, delivered_at, delivery_attempts, is_new"
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erases one event at a time; `tenants` is told before, as of any change in the lists."""

    table: Table
    heads: EventItems
    tenants: TenantRows

    def __call__(self, tenant: str, event_id: str, at: datetime) -> None:
        """See `EventStore.erase`.

        The head first: with it goes the key that opens a large payload, so that only noise is
        left to be deleted. A caller whose request stops in between gets no answer, and asks again.
        """
        if not is_event_id(event_id):
            raise not_found(event_id)
        self.tenants.note_change(tenant, at)
        try:
            erased = self.table.update(
                items.event_key(tenant, event_id),
                _ERASE,
                {
                    ":id": {"S": event_id},
                    ":at": {"S": to_text(at)},
                    ":erased": {"S": items.ERASED},
                    ":now": items.number(self.heads.clock().timestamp()),
                },
                when=f"id = :id AND {IS_VISIBLE}",
                returning="ALL_NEW",
            )
        except RefusedError:
            raise not_found(event_id) from None
        for key in self._payloads(tenant, event_id):
            self.table.delete(key)
        forget_fingerprint(self.table, tenant, erased)

    def _payloads(self, tenant: str, event_id: str) -> list[Item]:
        """The keys of the payloads in the event's place: its own, and older ones of lost requests.

        No head will ever need one of them. A later one may be that of a new event, which takes
        the place as soon as the tombstone's time is over.
        """
        pk = items.event_key(tenant, event_id)["pk"]
        first, last = payloads.PAYLOAD, f"{payloads.PAYLOAD}{event_id}#~"
        query = Query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {":pk": pk, ":first": {"S": first}, ":last": {"S": last}},
            fields="pk, sk",
            consistent=True,
        )
        return list(self.table.items(query))
