"""One worker on fakes, and what it works on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import WITHOUT_LIMIT, a_config, a_task
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from triggers_api.events.lifecycle import EventStatus
from triggers_api.executions.summarize import Summarize
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Receipt
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Delivery, Task
from triggers_api.push.outcome import Outcome
from triggers_api.push.retry import RetrySchedule

CHANCE: Final = 0.5
SCHEDULE: Final = RetrySchedule((timedelta(seconds=10), timedelta(seconds=100)))
SENDING_TAKES: Final = timedelta(milliseconds=201)


class Bench:
    """An event, a config and a task; `work()` does what a worker does with the task."""

    def __init__(self, schedule: RetrySchedule = SCHEDULE, **config: Any) -> None:
        self.clock = FixedClock()
        self.events = InMemoryEventStore(self.clock)
        self.executions = InMemoryExecutionStore(self.events, self.clock)
        self.configs = InMemoryConfigStore()
        self.deliveries = InMemoryDeliveryStore()
        self.queue = InMemoryQueue()
        self.channel = ScriptedChannel()
        self.channel.while_sending = self.pass_sending_time
        self.event = self.events.add(TENANT, an_event(self.clock()), None).event
        self.config = self.add_config(**config)
        self.task = a_task(self.event, self.config)
        self._schedule = schedule
        self.restart()

    def restart(self) -> None:
        """The next task comes to a process that remembers nothing."""
        self._deliver = Deliver(
            events=self.events,
            configs=self.configs,
            deliveries=self.deliveries,
            queue=self.queue,
            channels={"webhook": self.channel},
            summarize=Summarize(self.executions, self.clock),
            turns=WITHOUT_LIMIT,
            schedule=self._schedule,
            clock=self.clock,
            chance=lambda: CHANCE,
            pause=lambda seconds: self.clock.advance(seconds=seconds),
        )

    def add_config(self, **fields: Any) -> NotificationConfig:
        breaker = fields.pop("breaker", CircuitBreaker())
        config = a_config(self.clock(), **fields)
        self.configs.put(config)
        self.configs.change_breaker(TENANT, config.id, CircuitBreaker(), breaker)
        return replace(config, breaker=breaker)

    def pass_sending_time(self) -> None:
        self.clock.at += SENDING_TAKES

    def work(self, *receipts: Receipt, task: Task | None = None) -> Outcome:
        """Carry the task out once; these are the receiver's next answers."""
        self.channel.receipts.extend(receipts)
        return self._deliver(task or self.task)

    def work_when_due(self, receipt: Receipt) -> Outcome:
        """Once more, as soon as it is due."""
        found = self.found
        if found is not None and found.next_attempt_at is not None:
            self.clock.at = max(self.clock.at, found.next_attempt_at)
        return self.work(receipt)

    def meanwhile(self, action: Callable[[], object]) -> None:
        """Let it happen once, while the receiver has the next push in hand."""

        def act() -> None:
            self.channel.while_sending = self.pass_sending_time
            self.pass_sending_time()
            action()

        self.channel.while_sending = act

    def before_recording(self, patch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
        """Let it happen once, right before the next record is written."""
        record = self.deliveries.record

        def record_too_late(delivery: Delivery, *, known_attempts: int | None) -> bool:
            patch.setattr(self.deliveries, "record", record)
            action()
            return record(delivery, known_attempts=known_attempts)

        patch.setattr(self.deliveries, "record", record_too_late)

    @property
    def found(self) -> Delivery | None:
        return self.deliveries.find(self.task)

    @property
    def record(self) -> Delivery:
        found = self.found
        assert found is not None
        return found

    @property
    def breaker(self) -> CircuitBreaker:
        config = self.configs.find(TENANT, self.config.id)
        assert config is not None
        return config.breaker

    def event_status(self) -> EventStatus:
        return self.events.get(TENANT, self.event.id).status

    def after_sending(self, wait: timedelta) -> datetime:
        """When it is due, had it just been sent, after this wait of the schedule."""
        return self.clock() + wait * (1 + 0.2 * CHANCE)


def stop(*_: object, **__: object) -> None:
    """What a worker that is killed does."""
    raise KeyboardInterrupt
