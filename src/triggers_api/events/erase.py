"""Erase: what an event said goes, wherever it is kept; that it was there stays."""

from triggers_api.events.ports import AnswerStore, EventStore
from triggers_api.timestamps import Clock


class Erase:
    """Erases events for good: nothing brings them back but a restored backup of the table."""

    def __init__(self, events: EventStore, answers: AnswerStore, clock: Clock) -> None:
        """`clock` tells when, which the tombstone keeps."""
        self._events = events
        self._answers = answers
        self._clock = clock

    def __call__(self, tenant: str, event_id: str) -> None:
        """Erase it; again changes nothing, and finishes what was stopped half way.

        The event first: from then on no worker sends it. Raises `NotFoundError`.
        """
        self._events.erase(tenant, event_id, self._clock())
        self._answers.erase_answers(tenant, event_id)
