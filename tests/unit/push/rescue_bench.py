"""Deliveries that may be lost, and who looks for them."""

from datetime import datetime, timedelta
from typing import Any

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import START, FixedClock
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore, InMemoryQueue
from tests.fakes.rescue import InMemoryRescueStore
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import Workers
from triggers_api.push.rescue import (
    Rescue,
    Rescued,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Bench:
    """Deliveries of two tenants, and a rescue over them."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.configs = InMemoryConfigStore(self.clock)
        self.deliveries = InMemoryDeliveryStore()
        self.store = InMemoryRescueStore(self.deliveries)
        self.queue = InMemoryQueue()
        self.tenants = [TENANT, OTHER_TENANT]
        self.workers = Workers.KEEP_UP
        self.within = timedelta(seconds=40)

    def config(self, tenant: str = TENANT, **fields: Any) -> NotificationConfig:
        config = a_config(tenant=tenant, **fields)
        self.configs.put(config)
        return config

    def retrying(
        self, config: NotificationConfig, due_at: datetime = START + HOUR, **fields: Any
    ) -> Delivery:
        """A delivery that was tried once and has a time to be tried again."""
        task = a_task(an_event(START), config)
        made = a_delivery(task, DeliveryStatus.RETRYING, next_attempt_at=due_at, **fields)
        assert self.deliveries.record(made, known_attempts=None)
        return made

    def rescue(self) -> Rescued:
        rescue = Rescue(
            tenants=lambda: self.tenants,
            store=self.store,
            configs=self.configs,
            queue=self.queue,
            workers=lambda: self.workers,
            clock=self.clock,
            within=self.within,
        )
        return rescue()

    def rescue_at(self, moment: datetime) -> int:
        """How many messages a run sends that begins then."""
        self.clock.at = moment
        return self.rescue().pushed

    def pushed(self) -> list[str]:
        return [task.delivery_id for task in self.queue.tasks]
