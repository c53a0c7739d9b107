"""Dispatch: a new event becomes a task for each config that wants it."""

from collections.abc import Callable, Iterable

from triggers_api.events.event import Event
from triggers_api.push.config import Subscription
from triggers_api.push.delivery import Task
from triggers_api.push.expressions import Matching
from triggers_api.push.ports import ConfigList
from triggers_api.timestamps import Clock, now


class Dispatch:
    """Finds an event's subscribers. Make a new one for each batch: it remembers what it read.

    It must not miss a config whose creation was answered before the event was posted. So it
    reads configs consistently, after the event, and keeps them for the batch only.
    """

    def __init__(self, configs: ConfigList, clock: Clock = now) -> None:
        """Each tenant's configs are read once, and asked once for each type of event."""
        self._configs = configs
        self._clock = clock
        self._known: dict[str, tuple[Subscription, ...]] = {}
        self._of_type: dict[tuple[str, str], list[Subscription]] = {}

    def __call__(
        self,
        tenant: str,
        event: Event,
        round_: int = 0,
        payload: Callable[[], bytes] | None = None,
    ) -> list[Task]:
        """The tasks of an event: one for each enabled config whose filters match.

        `payload` reads what an event that was read without it lacks, if an expression asks.
        """
        matching = Matching(tenant, event, payload or (lambda: event.payload))
        subscriptions = self._of(tenant, event.event_type)
        wanted = [each for each in subscriptions if each.wants(event, matching)]
        at = self._clock().timestamp()
        return [
            Task(
                tenant=tenant,
                event_id=event.id,
                config_id=each.config_id,
                round=round_,
                pushes=len(wanted),
                execution_id=event.execution_id,
                dispatched_at=at,
            )
            for each in wanted
        ]

    def _of(self, tenant: str, event_type: str) -> Iterable[Subscription]:
        if tenant not in self._known:
            self._known[tenant] = self._configs.list_subscriptions(tenant)
        key = (tenant, event_type)
        if key not in self._of_type:
            known = self._known[tenant]
            self._of_type[key] = [each for each in known if each.filters.match_type(event_type)]
        return self._of_type[key]
