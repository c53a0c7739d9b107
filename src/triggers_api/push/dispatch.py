"""Dispatch: a new event becomes a task for each config that wants it."""

from collections.abc import Iterable

from triggers_api.events.event import Event
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Task
from triggers_api.push.ports import ConfigList


class Dispatch:
    """Finds an event's subscribers. Make a new one for each batch: it remembers what it read.

    It must not miss a config whose creation was answered before the event was posted. So it
    reads configs consistently, after the event, and keeps them for the batch only.
    """

    def __init__(self, configs: ConfigList) -> None:
        """Each tenant's configs are read once."""
        self._configs = configs
        self._known: dict[str, tuple[NotificationConfig, ...]] = {}

    def __call__(self, tenant: str, event: Event, round_: int = 0) -> list[Task]:
        """The tasks of an event: one for each enabled config whose filters match."""
        wanted = [each for each in self._of(tenant) if each.enabled and each.wants(event)]
        return [
            Task(
                tenant=tenant,
                event_id=event.id,
                config_id=config.id,
                round=round_,
                pushes=len(wanted),
                execution_id=event.execution_id,
            )
            for config in wanted
        ]

    def _of(self, tenant: str) -> Iterable[NotificationConfig]:
        if tenant not in self._known:
            self._known[tenant] = self._configs.list_configs(tenant)
        return self._known[tenant]
