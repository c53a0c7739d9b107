"""Take many events in at once, each on its own, in the order they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triggers_api.errors import CallerError, InternalError, TransientError
from triggers_api.events.accept import Accept, Draft
from triggers_api.events.ids import IdempotencyKey
from triggers_api.events.ports import Addition
from triggers_api.parallel import InParallel
from triggers_api.timestamps import Clock

Outcome = Addition | CallerError | TransientError | InternalError
"""What became of one event: stored now or before, or the error that prevented it."""


@dataclass(frozen=True, slots=True)
class KeyedDraft:
    """A draft, and the key under which it may be sent again."""

    draft: Draft
    idempotency_key: IdempotencyKey | None = None


class AcceptMany:
    """Stores many drafts as events."""

    def __init__(self, accept: Accept, clock: Clock) -> None:
        """Each draft is stored by `accept`."""
        self._accept = accept
        self._clock = clock

    def __call__(self, tenant: str, keyed_drafts: Sequence[KeyedDraft]) -> list[Outcome]:
        """Store each draft, and tell what became of it; after a transient error, send it again.

        Their times are a microsecond apart, so lists show them in the order they were sent.
        Drafts with the same key are stored one after another, so the later ones are repetitions.
        """
        at = self._clock()
        work = _Work(self._accept, tenant, keyed_drafts, at)
        parallel = InParallel(self._clock)
        outcomes: dict[int, Outcome] = {}
        left = list(range(len(keyed_drafts)))
        while left:
            wave = _first_of_each_key(keyed_drafts, left)
            outcomes |= dict(zip(wave, parallel.each(wave, work), strict=True))
            left = [number for number in left if number not in outcomes]
        return [outcomes[number] for number in range(len(keyed_drafts))]


@dataclass(frozen=True, slots=True)
class _Work:
    accept: Accept
    tenant: str
    keyed_drafts: Sequence[KeyedDraft]
    at: datetime

    def __call__(self, number: int) -> Addition | CallerError:
        keyed_draft = self.keyed_drafts[number]
        created_at = self.at + timedelta(microseconds=number)
        try:
            return self.accept.at(
                created_at, self.tenant, keyed_draft.draft, keyed_draft.idempotency_key
            )
        except CallerError as error:
            return error


def _first_of_each_key(keyed_drafts: Sequence[KeyedDraft], numbers: Sequence[int]) -> list[int]:
    seen: set[IdempotencyKey] = set()
    first = []
    for number in numbers:
        key = keyed_drafts[number].idempotency_key
        if key is None or key not in seen:
            first.append(number)
        if key is not None:
            seen.add(key)
    return first
