"""One event for each idempotency key and day, without a record of its own.

An event with a key is stored under a hash of the key, so a second one meets it. For a day
that settles it. After a day the key is free again (a job that posts as `daily-report` must
not be deduplicated against yesterday's), but its place is taken: then the old event's head
also notes which newer event the key stands for, and since when.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from triggers_api.errors import IdempotencyConflictError
from triggers_api.events.event import Event
from triggers_api.events.ids import IdempotencyKey, Origin, entropy_of_key, new_event_id
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import Fingerprint
from triggers_api.store.items import event_key, number
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.timestamps import from_text, to_text

WINDOW: Final = timedelta(hours=24)
_PROLONGED_BY: Final = WINDOW + timedelta(hours=1)  # at most, where a key keeps an old event
# The place may have been swept and taken by another event, or the event acknowledged, which
# moves its expiry.
_IS_AS_SEEN: Final = (
    "id = :place AND expires_at = :seen AND"
    " (attribute_not_exists(claimed_at) OR claimed_at <= :window)"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Which event a key stands for, since when, and what was said in it."""

    event_id: str
    since: datetime
    fingerprint: bytes

    def holds(self, at: datetime) -> bool:
        """Whether the key still stands for this event."""
        return at - self.since < WINDOW

    def check(self, fingerprint: Fingerprint) -> None:
        """Raise `IdempotencyConflictError` if another body claims the key."""
        if self.fingerprint != fingerprint.digest:
            message = (
                "This Idempotency-Key was used for another body within the last 24 hours. "
                "Use a new key for a new event."
            )
            raise IdempotencyConflictError(message)


def claim_of(head: Item) -> Claim:
    """The newest claim that a key's place holds."""
    if "claimed_by" in head and "claimed_at" in head:
        fingerprint = head.get("claimed_fingerprint", {"B": b""})["B"]
        return Claim(head["claimed_by"]["S"], from_text(head["claimed_at"]["S"]), fingerprint)
    fingerprint = head.get("fingerprint", {"B": b""})["B"]
    return Claim(head["id"]["S"], from_text(head["created_at"]["S"]), fingerprint)


def successor(tenant: str, event: Event) -> Event:
    """The same event under an id of its own, for a key whose place is taken."""
    entropy = entropy_of_key(tenant, IdempotencyKey(Origin.SUCCESSOR, (event.id,)))
    return replace(event, id=new_event_id(event.created_at, entropy))


def first_state(event: Event) -> Event:
    """The event as it was first answered: what happened to it since is not part of that."""
    return replace(event, status=EventStatus.PENDING, delivered_at=None, delivery_attempts=0)


def in_place_of(event_id: str) -> Item:
    """What a newer event's head notes: which old one holds the claim that it has on their key."""
    return {"place": {"S": event_id}}


def forget_fingerprint(table: Table, tenant: str, erased: Item) -> None:
    """Take the hash of an erased event's words out of the place that holds its claim, if any.

    The claim stays: who posts under its key again is told that the event is erased.
    """
    if "place" not in erased:
        return
    place = event_key(tenant, erased["place"]["S"])
    with suppress(RefusedError):  # a still newer event has the key, or the place was swept
        table.update(
            place, "REMOVE claimed_fingerprint", {":id": erased["id"]}, when="claimed_by = :id"
        )


def claim_place(table: Table, tenant: str, *, place: Item, claim: Claim) -> Item | None:
    """Note the claim on the old event's head; the head as it is now if somebody was faster.

    The head must outlive the claim, or the key would look unused: so its sweeping is put off
    where it is near. An empty item is answered if the head has just been swept.
    """
    seen = place["expires_at"]
    kept_until = number((claim.since + _PROLONGED_BY).timestamp())
    prolonged = int(seen["N"]) < int(kept_until["N"])
    update = (
        "SET claimed_by = :id, claimed_at = :since, claimed_fingerprint = :fingerprint,"
        " expires_at = :expires_at"
    )
    if prolonged:
        # The event itself is seen no longer than it would have been.
        update += ", visible_until = if_not_exists(visible_until, :seen)"
    values: Item = {
        ":place": place["id"],
        ":seen": seen,
        ":id": {"S": claim.event_id},
        ":since": {"S": to_text(claim.since)},
        ":fingerprint": {"B": claim.fingerprint},
        ":expires_at": kept_until if prolonged else seen,
        ":window": {"S": to_text(claim.since - WINDOW)},
    }
    key = event_key(tenant, place["id"]["S"])
    try:
        table.update(key, f"{update} REMOVE is_new", values, when=_IS_AS_SEEN)
    except RefusedError as refused:
        return refused.item or {}
    return None
