"""Changes of an event's status, each one conditional write that tells readers beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn

from triggers_api.errors import NotFoundError
from triggers_api.events.ids import is_event_id
from triggers_api.events.lifecycle import MOST_ROUNDS, EventStatus, sources_of, too_many_replays
from triggers_api.store import items, payloads
from triggers_api.store.event_items import EventItems, not_found, refuse_erased
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.store.tenants import TenantRows
from triggers_api.timestamps import to_text

if TYPE_CHECKING:
    from triggers_api.events.ports import Pushed
    from triggers_api.settings import EventsSettings


IS_VISIBLE: Final = (
    "expires_at > :now AND (attribute_not_exists(visible_until) OR visible_until > :now)"
)


_CAN_BE_REPLAYED: Final = (
    f"id = :id AND attribute_not_exists(erased_at) AND {IS_VISIBLE}"
    " AND (attribute_not_exists(rounds) OR rounds < :most)"
)
_REPLAY: Final = "SET #status = :pending, expires_at = :expires, replayed_at = :at ADD rounds :one REMOVE delivered_at, visible_until, is_new"


@dataclass(frozen=True, slots=True)
class _When:
    """What must be so of the event besides, with the values that it names."""

    condition: str = ""
    values: Item = field(default_factory=dict)


_ALWAYS: Final = _When()


class StatusChanges:
    """Moves events through their life (see `lifecycle.py`)."""

    def __init__(
        self,
        table: Table,
        settings: EventsSettings,
        heads: EventItems,
        tenants: TenantRows,
    ) -> None:
        """`tenants` is told of each change before it is made."""
        self._table = table
        self._settings = settings
        self._items = heads
        self._tenants = tenants

    def acknowledge(self, tenant: str, event_id: str, at: datetime, pushed: Pushed | None) -> bool:
        """See `EventStore.acknowledge`. One conditional write, nothing read."""
        if not is_event_id(event_id):
            raise not_found(event_id)
        self._tenants.note_change(tenant, at)
        expires_at = at + self._settings.delivered_retention
        changes: Item = {
            "delivered_at": {"S": to_text(at)},
            "expires_at": items.number(expires_at.timestamp()),
        }
        when = _ALWAYS if pushed is None else _unless_replayed_since(pushed)
        return self._move(tenant, event_id, EventStatus.DELIVERED, changes, when)

    def mark_failed(self, tenant: str, event_id: str, attempts: int, round_: int) -> bool:
        """See `EventStore.mark_failed`."""
        self._tenants.note_change(tenant, self._items.clock())
        changes: Item = {"delivery_attempts": items.number(attempts)}
        try:
            return self._move(tenant, event_id, EventStatus.FAILED, changes, _in_round(round_))
        except NotFoundError:
            return False

    def replay(self, tenant: str, event_id: str) -> int:
        """See `EventStore.replay`. A read and one conditional write, two for a large event."""
        if not is_event_id(event_id):
            raise not_found(event_id)
        now = self._items.clock()
        expires_at = now + self._settings.undelivered_retention
        self._prolong_payload(tenant, event_id, expires_at)
        self._tenants.note_change(tenant, now)
        values: Item = {
            ":id": {"S": event_id},
            ":pending": {"S": EventStatus.PENDING},
            ":at": {"S": to_text(now)},
            ":now": items.number(now.timestamp()),
            ":expires": items.number(expires_at.timestamp()),
            ":one": {"N": "1"},
            ":most": items.number(MOST_ROUNDS),
        }
        key = items.event_key(tenant, event_id)
        try:
            changed = self._table.update(
                key, _REPLAY, values, when=_CAN_BE_REPLAYED, returning="UPDATED_NEW"
            )
        except RefusedError as refused:
            self._refuse_replay(refused.item, event_id)
        return int(changed["rounds"]["N"])

    def _prolong_payload(self, tenant: str, event_id: str, head_until: datetime) -> None:
        """Before its head: at no moment may a payload be swept first.

        A request that stops in between leaves a payload that outlives its head and that nobody
        can open.
        """
        head = self._items.find(tenant, event_id)
        if head is None:
            raise not_found(event_id)
        if not items.is_apart(head):
            return
        until = payloads.kept_until(head_until, self._settings.delivered_retention)
        try:
            self._table.update(
                payloads.place_of(head),
                "SET expires_at = :until",
                {":until": items.number(until.timestamp())},
                when="attribute_exists(pk)",
            )
        except RefusedError:
            self._items.find(tenant, event_id)  # raises, if it was erased meanwhile
            raise not_found(event_id) from None

    def _move(
        self,
        tenant: str,
        event_id: str,
        target: EventStatus,
        changes: Item,
        when: _When,
    ) -> bool:
        """Change the status and with it other attributes; False if it may not move there now."""
        sources = {f":from{n}": {"S": source} for n, source in enumerate(sources_of(target))}
        values: Item = {
            ":id": {"S": event_id},
            ":status": {"S": target},
            ":now": items.number(self._items.clock().timestamp()),
        }
        values |= {f":{name}": value for name, value in changes.items()}
        condition = f"id = :id AND #status IN ({', '.join(sources)}) AND {IS_VISIBLE}"
        if when.condition:
            condition += f" AND {when.condition}"
            values |= when.values
        settings = "".join(f", {name} = :{name}" for name in changes)
        change = f"SET #status = :status{settings} REMOVE visible_until, is_new"
        key = items.event_key(tenant, event_id)
        try:
            self._table.update(key, change, values | sources, when=condition)
        except RefusedError as refused:
            self._refuse(refused.item, event_id)
            return False
        return True

    def _refuse_replay(self, head: Item | None, event_id: str) -> NoReturn:
        self._refuse(head, event_id)
        if head is not None and int(head.get("rounds", {"N": "0"})["N"]) >= MOST_ROUNDS:
            raise too_many_replays() from None
        raise not_found(event_id) from None

    def _refuse(self, head: Item | None, event_id: str) -> None:
        """Raise what keeps the event from being changed, unless it is only its status."""
        if head is None or not self._items.is_of(head, event_id):
            raise not_found(event_id) from None
        refuse_erased(head)


def _in_round(round_: int) -> _When:
    """The event was not replayed since that round began."""
    if round_ == 0:
        return _When("attribute_not_exists(rounds)")
    return _When("rounds = :round", {":round": items.number(round_)})


def _unless_replayed_since(pushed: Pushed) -> _When:
    """Its round is the last one; or an earlier one's push was sent after the event's replay.

    The latter is a delivery's own replay, or its retry. Clocks of two processes may differ, so
    the time decides nothing within the round. Where it is not known when the event was replayed,
    the round alone decides.
    """
    in_round = _in_round(pushed.round)
    sent: Item = {":sent": {"S": to_text(pushed.sent_at)}}
    return _When(f"({in_round.condition} OR replayed_at < :sent)", in_round.values | sent)
