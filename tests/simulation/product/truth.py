"""What users know of their events: what was answered to them, and when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.simulation.product.restoring import Loss

LATE: Final = 6.0
"""Seconds after an answer in which a call that its request gave up on can take effect.

An earlier try may still be worked on, if to do it twice is to do it once: see `callers`.
"""
LATEST: Final = 30.0
"""The same after the last try of a caller that has given up: its function lives ten seconds more."""


@dataclass
class Deed:
    """Something that somebody asked for until it was answered, or gave up."""

    sent_at: float
    ended_at: float = float("inf")  # when it was answered and nothing of it can still come
    answered_at: float | None = None  # that it was done


@dataclass
class Posted:
    """An event that somebody posted under a key; all of the key's requests say the same."""

    tenant: str
    key: str
    marker: str
    event_type: str
    execution_id: str | None
    sent_at: float
    event_id: str | None = None  # as answered; None: nobody knows whether it was stored
    answered_at: float | None = None
    noise: int = 0  # bytes of its payload that say nothing: of a large one, it lies apart
    severity: str = ""  # none is said, and it is `info`
    source: tuple[str, str] | None = None  # the id and provider of the source that it came by
    acknowledgements: list[Deed] = field(default_factory=list)
    replays: list[Deed] = field(default_factory=list)
    erase_sent_at: float | None = None
    erased_at: float | None = None
    former_ids: set[str] = field(default_factory=set)  # of what was lost before it was posted again

    def is_surely_acknowledged(self, before: float, until: float) -> bool:
        """Whether it was, before a moment, and no replay may have undone it until another."""
        return any(
            each.ended_at - LATE < before
            and all(
                again.ended_at < each.sent_at or again.sent_at > until for again in self.replays
            )
            for each in self.acknowledgements
        )


@dataclass
class Holding:
    """A worker had an event by a lease, from the answer until it let go or the lease ended."""

    event_id: str
    worker: str
    begun_at: float
    ended_at: float


@dataclass
class Truth:
    """Of all users of a world."""

    seed: int
    posted: list[Posted] = field(default_factory=list)
    by_id: dict[str, Posted] = field(default_factory=dict)
    holdings: defaultdict[str, list[Holding]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by event
    faults: list[str] = field(default_factory=list)
    loss: Loss | None = None  # where something is lost and restored
    leaving: set[str] = field(default_factory=set)
    """Tenants that are being deleted, since it was asked for."""
    acknowledging: dict[str, float] = field(default_factory=dict)
    """Events that somebody asked to acknowledge, known to who posted them or not, and when first."""

    def answered(self, posted: Posted, event_id: str, at: float) -> None:
        """A request of it was answered with this event.

        While a tenant is being deleted, its keys may open for a minute what is already empty.
        """
        if self.loss is not None and self.loss.is_made_anew(posted, event_id):
            event_id = self.loss.note_made_anew(posted, event_id)
        elif posted.event_id not in (None, event_id) and posted.tenant not in self.leaving:
            self.faults.append(
                f"key {posted.key} of {posted.tenant} stands for {posted.event_id} and {event_id}"
            )
        posted.event_id = event_id
        posted.answered_at = posted.answered_at or at
        known = self.by_id.setdefault(event_id, posted)
        if known is not posted:
            self.faults.append(f"{event_id} was answered to {known.key} and to {posted.key}")

    def of(self, tenant: str) -> list[Posted]:
        """What a tenant has posted and was answered, but for what no copy has."""
        gone = set[str]() if self.loss is None else self.loss.gone
        return [
            each
            for each in self.by_id.values()
            if each.tenant == tenant and each.event_id not in gone
        ]
