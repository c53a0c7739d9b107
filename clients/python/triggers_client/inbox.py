"""Consuming: what is not acknowledged yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from triggers_client.encoding import documents, object_text
from triggers_client.models import Acknowledged, Event, InboxStats, Lease, Order
from triggers_client.paging import Page, fetch, path_of, walk
from triggers_client.transport import Transport

ACKNOWLEDGED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease as its holder judges it: `ends_at` is on the clock of `clocks.elapsed`.

    It never ends later than the API's own, whatever the clocks on the walls say: it is counted
    from before the request went out.
    """

    lease: Lease
    ends_at: float


class Inbox:
    """`/inbox` of the API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def page(
        self,
        *,
        event_type: str | None = None,
        since: str | None = None,
        order: Order | None = None,
        limit: int | None = None,
        etag: str | None = None,
    ) -> Page[Event] | None:
        """A page of undelivered events, oldest first by default; None if unchanged."""
        query = {"event_type": event_type, "since": since, "order": order, "limit": limit}
        return fetch(self._transport, path_of("/inbox", query), etag)

    def walk(
        self,
        *,
        event_type: str | None = None,
        since: str | None = None,
        order: Order | None = None,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """All undelivered events, oldest first by default; `limit` is of a page."""
        query = {"event_type": event_type, "since": since, "order": order, "limit": limit}
        return walk(self._transport, path_of("/inbox", query))

    def stats(self) -> InboxStats:
        """How much waits, and since when."""
        return cast("InboxStats", self._transport.send("GET", "/inbox/stats").document())

    def acknowledge(self, event_ids: Sequence[str]) -> list[Acknowledged]:
        """Acknowledge up to 100 events, each for itself."""
        body = object_text({"event_ids": list(event_ids)})
        answer = self._transport.send("POST", "/inbox/acknowledge", body).document()
        return cast("list[Acknowledged]", answer["results"])

    def lease(self, *, limit: int = 10, lease_seconds: int = 60) -> Lease:
        """The oldest events that no other lease holds, hidden from others for a while."""
        return self.hold(limit=limit, lease_seconds=lease_seconds).lease

    def hold(self, *, limit: int = 10, lease_seconds: int = 60) -> Hold:
        """A lease, and when to count it as ended."""
        body = object_text({"limit": limit, "lease_seconds": lease_seconds})
        answer = self._transport.send("POST", "/inbox/lease", body)
        lease = answer.document()
        lease["events"] = documents(lease.member("events")) if lease.get("events") else []
        return Hold(cast("Lease", lease), answer.sent_at + lease_seconds)

    def release(self, lease_id: str, event_ids: Sequence[str] | None = None) -> None:
        """End a lease, or that of some of its events, before its time."""
        members: dict[str, object] = {"lease_id": lease_id}
        if event_ids is not None:
            members["event_ids"] = list(event_ids)
        self._transport.send("POST", "/inbox/release", object_text(members))
