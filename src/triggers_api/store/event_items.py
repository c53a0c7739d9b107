"""Reads events from the table itself: whole, consistent, and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from triggers_api.answers import fitting
from triggers_api.errors import EventErasedError, NotFoundError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventPage
from triggers_api.store import items, payloads
from triggers_api.store.range import Range
from triggers_api.store.table import Item, Table
from triggers_api.stored import readable
from triggers_api.timestamps import Clock


@dataclass(frozen=True, slots=True)
class EventItems:
    """The heads of all tenants' events, and the payloads kept apart from them."""

    table: Table
    clock: Clock

    def find(self, tenant: str, event_id: str) -> Item | None:
        """The head of this very event, unless it has expired. Raises `EventErasedError`."""
        head = self.at_place(tenant, event_id)
        if head is None or not self.is_of(head, event_id):
            return None
        refuse_erased(head)
        return head

    def at_place(self, tenant: str, event_id: str) -> Item | None:
        """The head in this id's place, under the random half of the id, whichever event's it is."""
        return self.table.find(items.event_key(tenant, event_id), consistent=True)

    def is_of(self, head: Item | None, event_id: str) -> bool:
        """Whether a head is that of this event, and still counts."""
        return (
            head is not None
            and head["id"]["S"] == event_id
            and not items.has_expired(head, self.clock())
        )

    def current(
        self, tenant: str, listed: Sequence[Item], statuses: Sequence[EventStatus] | None
    ) -> list[Item]:
        """Listed heads as the table has them now, without those that have moved on.

        Without `statuses` none has, whatever its status is called.
        """
        keys = [items.event_key(tenant, head["id"]["S"]) for head in listed]
        heads = {head["id"]["S"]: head for head in self.table.find_all(keys)}
        current = (heads.get(head["id"]["S"]) for head in listed)
        return [
            head
            for head in current
            if head
            and not items.is_erased(head)
            and (statuses is None or head["status"]["S"] in statuses)
        ]

    def page_of(self, found: Range, *, share: int = 1) -> EventPage:
        """As many events of a range as one answer can carry."""
        shown = within_answer(found.items, share=share)
        bodies = self._bodies(shown)
        units = found.units + sum(map(payloads.units_to_read, bodies.values()))
        return EventPage(_whole_ones(shown, bodies), found.cut(len(shown)).read_until, units)

    def complete(self, heads: Sequence[Item]) -> tuple[Event, ...]:
        """The events of these heads, with the payloads that are kept apart.

        An event whose payload was swept is gone, as if its head had been.
        """
        return _whole_ones(heads, self._bodies(heads))

    def complete_one(self, head: Item) -> Event | None:
        """The event of this head, likewise. Raises if it cannot be read: it is not gone."""
        return _whole(head, self._bodies([head]))

    def _bodies(self, heads: Sequence[Item]) -> dict[str, Item]:
        places: list[Item] = []
        for head in heads:
            with suppress(Exception):  # told when the event itself is read
                places += [payloads.place_of(head)] if items.is_apart(head) else []
        return {body["sk"]["S"]: body for body in self.table.find_all(places)}


def _whole_ones(heads: Sequence[Item], bodies: dict[str, Item]) -> tuple[Event, ...]:
    whole = readable(heads, lambda head: _whole(head, bodies), "event")
    return tuple(event for event in whole if event is not None)


def _whole(head: Item, bodies: dict[str, Item]) -> Event | None:
    event = items.to_event(head)
    if not items.is_apart(head):
        return event
    body = bodies.get(payloads.place_of(head)["sk"]["S"])
    return None if body is None else replace(event, payload=payloads.opened(head, body))


def within_answer(heads: list[Item], *, share: int = 1) -> list[Item]:
    """As many heads as an answer, or one of so many shares, can carry, at least one."""
    return heads[: fitting(map(items.answer_size, heads), share=share)]


def refuse_erased(head: Item) -> None:
    """Raise `EventErasedError` for a tombstone."""
    if items.is_erased(head):
        raise EventErasedError(
            f"The event '{head['id']['S']}' was erased at {head['erased_at']['S']}."
        )


def not_found(event_id: str) -> NotFoundError:
    """What a caller is told of an event that is not there."""
    return NotFoundError(f"There is no event '{event_id[:64]}'.", code="event_not_found")
