"""Acknowledge: a consumer is done with an event. Repeating it changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from triggers_api.errors import InternalError, NotFoundError, TransientError
from triggers_api.events.ports import EventStore
from triggers_api.parallel import InParallel
from triggers_api.timestamps import Clock


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of one id: acknowledged now or before, or the error that prevented it."""

    event_id: str
    changed: bool = False
    error: NotFoundError | TransientError | InternalError | None = None


class Acknowledge:
    """Marks events as delivered."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        """`clock` gives the time of acknowledgement."""
        self._store = store
        self._clock = clock

    def one(self, tenant: str, event_id: str) -> bool:
        """Acknowledge one event; False if it already was. Raises `NotFoundError`."""
        return self._store.acknowledge(tenant, event_id, self._clock())

    def many(self, tenant: str, event_ids: Sequence[str]) -> list[Acknowledgement]:
        """Acknowledge each id on its own; one result for each, in the given order."""
        unique = list(dict.fromkeys(event_ids))

        def try_one(event_id: str) -> Acknowledgement:
            try:
                return Acknowledgement(event_id, changed=self.one(tenant, event_id))
            except NotFoundError as error:
                return Acknowledgement(event_id, error=error)

        found = InParallel(self._clock).each(unique, try_one)
        by_id = {
            event_id: Acknowledgement(event_id, error=each)
            if isinstance(each, TransientError | InternalError)
            else each
            for event_id, each in zip(unique, found, strict=True)
        }
        return [by_id[event_id] for event_id in event_ids]
