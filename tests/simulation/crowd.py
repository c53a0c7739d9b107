"""A crowd of pushes for one receiver: many workers at once, in virtual time."""

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_task
from tests.clock import START
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.simulation.scheduler import Actor, current, hold
from triggers_api.aws.task_queue import to_body
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.delivery import Worker
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Task
from triggers_api.push.policy import Policy
from triggers_api.push.retry import DEFAULT_DELAYS, RetrySchedule
from triggers_api.push.settings_fields import Fields
from triggers_api.push.turns import Turns

AT_ONCE: Final = 50
STORE_TAKES: Final = 0.004

Receiver = Callable[[datetime], tuple[float, Receipt]]
"""How long it takes to answer a push that comes at that moment, and what it says."""


class Time:
    """Passes when everybody waits; who waits longest goes first."""

    def __init__(self) -> None:
        self.now = START
        self._waiting: list[tuple[datetime, int, Actor]] = []
        self._numbers = itertools.count()

    def __call__(self) -> datetime:
        return self.now

    def start(self, run: Callable[[], None]) -> None:
        self._add(Actor("worker", run), self.now)

    def pause(self, seconds: float) -> None:
        """Whoever calls waits for so long."""
        actor = current()
        assert actor is not None
        self._add(actor, self.now + timedelta(seconds=seconds))
        hold()

    def next_at(self) -> datetime | None:
        return self._waiting[0][0] if self._waiting else None

    def step(self) -> None:
        """Let the next one move until it waits or is done."""
        at, _, actor = heapq.heappop(self._waiting)
        self.now = max(self.now, at)
        actor.move()
        assert actor.raised is None, actor.raised

    def _add(self, actor: Actor, at: datetime) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), actor))


class SlowConfigStore(InMemoryConfigStore):
    """Whose calls take a moment, in which others may be faster."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time
        self.writes = 0
        self.opened = 0

    def change_breaker(
        self, tenant: str, config_id: str, before: CircuitBreaker, after: CircuitBreaker
    ) -> bool:
        self._time.pause(STORE_TAKES)
        self.writes += 1
        has_changed = super().change_breaker(tenant, config_id, before, after)
        if has_changed and after.opened_at not in (None, before.opened_at):
            self.opened += 1
        return has_changed

    def take_ticket(self, tenant: str, config_id: str) -> int:
        self._time.pause(STORE_TAKES)
        self.writes += 1
        return super().take_ticket(tenant, config_id)


class Queue:
    """A `DeliveryQueue` that delays by whole seconds and counts what is in flight."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._numbers = itertools.count()
        self._waiting: list[tuple[datetime, int, Task]] = []
        self.dead_letters: list[Task] = []
        self.received = 0
        self.in_flight = 0
        self.most_in_flight = 0

    def send(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self.send_later(task, self._time.now)

    def send_later(self, task: Task, at: datetime) -> None:
        seconds = max(0, -(-(at - self._time.now) // timedelta(seconds=1)))
        visible_at = self._time.now + timedelta(seconds=seconds)
        heapq.heappush(self._waiting, (visible_at, next(self._numbers), task))

    def send_dead_letter(self, task: Task, _reason: str) -> None:
        self.dead_letters.append(task)

    def next_at(self) -> datetime | None:
        return self._waiting[0][0] if self._waiting else None

    def receive(self) -> Task:
        self.received += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return heapq.heappop(self._waiting)[2]

    def delete(self) -> None:
        self.in_flight -= 1


class Crowd:
    """So many pushes for one receiver, and the workers that carry them out."""

    name = "webhook"
    fields: Fields = {}  # noqa: RUF012
    signs = False
    words = "Only a simulation knows it."
    has_timeout = False
    sends_json = True
    tells_counts = False

    def __init__(
        self,
        pushes: int,
        receiver: Receiver,
        *,
        per_second: int | None = None,
        config_per_second: int | None = None,
        strangers: int = 0,
    ) -> None:
        """`per_second` is the tenant's limit; the strangers' pushes come after all of its own."""
        self.time = Time()
        self.buckets = InMemoryTokenBuckets()
        self.per_second = per_second
        self.strangers_accepted_at: list[datetime] = []
        self.queue = Queue(self.time)
        self.configs = SlowConfigStore(self.time)
        self.deliveries = InMemoryDeliveryStore()
        self.accepted_at: list[datetime] = []
        self.accepted_by: dict[str, list[datetime]] = defaultdict(list)
        self.sent = 0
        self._receiver = receiver
        policy = Policy(rate_limit_per_second=config_per_second)
        self.config = a_config(START, policy=policy)
        self.configs.put(self.config)
        self.config_id = self.config.id
        self._events = events = InMemoryEventStore(self.time)
        self.join(pushes)
        self._send_of_strangers(events, strangers)
        deliver = Deliver(
            events=events,
            configs=self.configs,
            deliveries=self.deliveries,
            queue=self.queue,
            channels={"webhook": self},
            summarize=Summarize(InMemoryExecutionStore(events, self.time), self.time),
            schedule=RetrySchedule(DEFAULT_DELAYS),
            clock=self.time,
            chance=random.Random(1).random,  # noqa: S311  # repeatable on purpose
            pause=self.time.pause,
            turns=Turns(self.buckets, lambda each: self.per_second if each == TENANT else None),
        )
        self._worker = Worker(deliver, self.queue, self.time, lambda do, all_: [*map(do, all_)])

    def join(self, pushes: int, config: NotificationConfig | None = None) -> None:
        """So many more pushes of the tenant's come, to the config if no other is named."""
        for _ in range(pushes):
            event = an_event(self.time.now)
            self._events.add(TENANT, event, None)
            self.queue.send([a_task(event, config or self.config)])

    def limit_config(self, per_second: int | None) -> None:
        """The config gets another limit of its own."""
        known = self.configs.find(TENANT, self.config_id)
        assert known is not None
        changed = replace(
            known,
            policy=Policy(rate_limit_per_second=per_second),
            updated_at=known.updated_at + timedelta(microseconds=1),
        )
        assert self.configs.put(changed, known_updated_at=known.updated_at)

    def _send_of_strangers(self, events: InMemoryEventStore, pushes: int) -> None:
        if not pushes:
            return
        config = a_config(START, OTHER_TENANT)
        self.configs.put(config)
        for _ in range(pushes):
            event = an_event(START)
            events.add(OTHER_TENANT, event, None)
            self.queue.send([a_task(event, config)])

    def compose(self, push: Push) -> Composed:
        return Composed("POST", None, {}, push.as_json().decode())

    def send(self, push: Push) -> Receipt:
        self.sent += 1
        takes, receipt = self._receiver(self.time.now)
        self.time.pause(takes)
        if receipt.accepted:
            is_own = push.config.tenant == TENANT
            accepted_at = self.accepted_at if is_own else self.strangers_accepted_at
            accepted_at.append(self.time.now)
            self.accepted_by[push.config.id].append(self.time.now)
        return receipt

    def run(self, until: timedelta) -> None:
        """Until all is done, or so much time has passed."""
        end = START + until
        while True:
            message_at, move_at = self.queue.next_at(), self.time.next_at()
            is_free = self.queue.in_flight < AT_ONCE
            if message_at and is_free and (move_at is None or message_at <= move_at):
                if message_at > end:
                    return
                self.time.now = max(self.time.now, message_at)
                self._take()
            elif move_at is not None:
                self.time.step()
            else:
                return

    def _take(self) -> None:
        task = self.queue.receive()
        record = {"messageId": "m", "body": to_body(task), "receiptHandle": "h"}

        def work() -> None:
            assert self._worker({"Records": [record]}, None) == {"batchItemFailures": []}
            self.queue.delete()

        self.time.start(work)

    def die_with_the_next_turn(self) -> None:
        """A worker takes a turn and dies; the queue shows its message again, as it was."""
        send_later = self.queue.send_later

        def lost(task: Task, at: datetime) -> None:  # noqa: ARG001  # as the queue names it
            self.queue.send_later = send_later  # type: ignore[method-assign]
            as_it_was = task.out_of_line()
            self.queue.send_later(as_it_was, self.time.now + timedelta(minutes=6))

        self.queue.send_later = lost  # type: ignore[method-assign]

    def took(self, share: float = 1.0) -> timedelta:
        """How long it took until that share of what was accepted was."""
        return self.accepted_at[int(len(self.accepted_at) * share) - 1] - START
