"""What owners and senders know of sources: what surely proves a sender, and what may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.simulation.product.truth import Deed, Posted

_REMEMBERED: Final = 61.5  # seconds that a process goes by what it read, and a clock's step
_READ_AGAIN: Final = 6.5  # seconds after which it looks whether a source has changed
_OLD_ONES_AFTER: Final = 2  # rotations: the newest old secrets are kept, and the first


@dataclass
class Telling:
    """A secret as the source's sender was told it."""

    secret: str
    told_at: float
    asked: int  # how many secrets the source was asked for by then
    replaced: Deed | None = None  # by one that takes its place at once


@dataclass
class Delivery:
    """What a sender says, as often as it has to."""

    id: str
    posted: Posted
    body: bytes
    headers: dict[str, str]


@dataclass
class Source:
    """One of a tenant's."""

    id: str
    tenant: str
    provider: str
    url: str
    tellings: list[Telling]
    asked: int = 1  # how many secrets it was asked for: answers get lost
    first: int = 1  # of those that still prove, the first
    shutting: Deed | None = None
    opening: Deed | None = None
    deletion: Deed | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def is_surely_deleted(self) -> bool:
        """Whether its deletion was answered."""
        return self.deletion is not None and self.deletion.ended_at < float("inf")

    def surely_takes(self, telling: Telling, sent_at: float) -> bool:
        """Whether what was signed with a secret, and sent at that moment, must come in."""
        return (
            self.deletion is None
            and self._is_surely_open(sent_at)
            and telling.replaced is None
            and telling.told_at + _READ_AGAIN < sent_at
            and (telling.asked == self.first or self.asked - telling.asked <= _OLD_ONES_AFTER)
        )

    def surely_refuses(self, telling: Telling, sent_at: float) -> bool:
        """Whether nothing of it may come in."""
        is_shut = _is_long_done(self.shutting, sent_at) and self.opening is None
        return (
            is_shut
            or _is_long_done(self.deletion, sent_at)
            or _is_long_done(telling.replaced, sent_at)
        )

    def _is_surely_open(self, sent_at: float) -> bool:
        if self.shutting is None:
            return True
        return self.opening is not None and self.opening.ended_at + _READ_AGAIN < sent_at


def _is_long_done(deed: Deed | None, at: float) -> bool:
    return deed is not None and deed.ended_at + _REMEMBERED < at
