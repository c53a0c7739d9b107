"""A consumer is done with an event: once said it stays said, however often it is repeated."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from triggers_api.errors import NotFoundError, TransientError
from triggers_api.ports import EventStore
from triggers_api.timestamps import Clock

_OUTAGES = 3  # one may be a busy item; more are a store that is away
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
        first, *rest = dict.fromkeys(event_ids)
        batch = _Batch(self, tenant)
        # One goes before: what is done once for a tenant is then done for the others too.
        by_id = {first: batch.try_one(first)}
        if rest:
            with ThreadPoolExecutor(min(_AT_ONCE, len(rest))) as threads:
                by_id |= dict(zip(rest, threads.map(batch.try_one, rest), strict=True))
        return [by_id[event_id] for event_id in event_ids]


class _Batch:
    """Stops asking a store that did not answer: its time-outs would add up to a hang."""

    def __init__(self, acknowledge: Acknowledge, tenant: str) -> None:
        self._acknowledge = acknowledge
        self._tenant = tenant
        self._outages: list[TransientError] = []

    def try_one(self, event_id: str) -> Acknowledgement:
        """Acknowledge one, or tell what kept it from it."""
        if len(self._outages) >= _OUTAGES:
            return Acknowledgement(event_id, error=self._outages[-1])
        try:
            changed = self._acknowledge.one(self._tenant, event_id)
        except NotFoundError as error:
            return Acknowledgement(event_id, error=error)
        except TransientError as error:
            self._outages.append(error)
            return Acknowledgement(event_id, error=error)
        return Acknowledgement(event_id, changed=changed)
