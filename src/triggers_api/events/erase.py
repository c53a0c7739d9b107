"""Erase: remove what an event said, wherever it is kept; a tombstone stays."""

from triggers_api.events.ports import AnswerStore, EventStore
from triggers_api.timestamps import Clock


class Erase:
    """Erases events for good: only restoring a backup of the table brings them back."""

    def __init__(self, events: EventStore, answers: AnswerStore, clock: Clock) -> None:
        """`clock` gives the time that the tombstone keeps."""
        self._events = events
        self._answers = answers
        self._clock = clock

    def __call__(self, tenant: str, event_id: str) -> None:
        """Erase an event; repeating it only finishes an erasure that stopped half way.

        The event goes first: from then on no worker sends it. Raises `NotFoundError`.
        """
        self._events.erase(tenant, event_id, self._clock())
        self._answers.erase_answers(tenant, event_id)
