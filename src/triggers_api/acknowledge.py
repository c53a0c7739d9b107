"""A consumer is done with an event: once said it stays said, however often it is repeated."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from triggers_api.errors import NotFoundError, TransientError
from triggers_api.ports import EventStore
from triggers_api.timestamps import Clock

_AT_ONCE = 10  # as many as botocore keeps connections for, so that none is opened in vain


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of one id: acknowledged now or before, or the error that kept it from it."""

    event_id: str
    changed: bool = False
    error: NotFoundError | TransientError | None = None


class Acknowledge:
    """Marks events as delivered."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        """Events are in `store`; `clock` tells when they were acknowledged."""
        self._store = store
        self._clock = clock

    def one(self, tenant: str, event_id: str) -> bool:
        """Acknowledge one event; False if it already was. Raises `NotFoundError`."""
        return self._store.acknowledge(tenant, event_id, self._clock())

    def many(self, tenant: str, event_ids: Sequence[str]) -> list[Acknowledgement]:
        """Acknowledge each id for itself; a result for each, in the order asked."""
        distinct = list(dict.fromkeys(event_ids))
        with ThreadPoolExecutor(min(_AT_ONCE, len(distinct))) as threads:
            results = threads.map(lambda event_id: self._try_one(tenant, event_id), distinct)
            by_id = dict(zip(distinct, results, strict=True))
        return [by_id[event_id] for event_id in event_ids]

    def _try_one(self, tenant: str, event_id: str) -> Acknowledgement:
        try:
            return Acknowledgement(event_id, changed=self.one(tenant, event_id))
        except (NotFoundError, TransientError) as error:
            return Acknowledgement(event_id, error=error)
