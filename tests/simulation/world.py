"""The whole system under one seed: producers, dispatchers, workers, receivers, faults."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.builders.push import WITHOUT_LIMIT
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.sightings import InMemorySightings
from tests.fakes.streaks import InMemoryStreakStore
from tests.fakes.usage import InMemoryActiveTenants, InMemoryUsage
from tests.simulation.aws import SimulatedQueue, StreamedEventStore
from tests.simulation.clock import VirtualClock
from tests.simulation.counting import CountedDeliveries, CountedStreams, Counting, Shard
from tests.simulation.faults import Exposed, Faults
from tests.simulation.receivers import Mood, Receivers
from tests.simulation.scheduler import KilledError, Scheduler
from triggers_api.errors import ConflictError, TransientError
from triggers_api.events.accept import Accept, Draft
from triggers_api.events.event import Event, Severity
from triggers_api.events.event_types import NoteTypes
from triggers_api.events.ids import IdempotencyKey
from triggers_api.executions.execution_list import NoteExecutions
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers import counter, delivery, dispatcher
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.replay import Replay
from triggers_api.push.retry import RetrySchedule

TENANT: Final = "acme"
EXECUTION: Final = "exec_1"
SCHEDULE: Final = RetrySchedule(tuple(timedelta(seconds=each) for each in (1, 4, 120, 2000)))
POISON_CONNECTOR: Final = "poison"
_STEPS_AT_MOST: Final = 60_000
_AT_ONCE: Final = 4


class PoisonedStreaks(InMemoryStreakStore):
    """Has a connector whose rows nobody can count in: its alerts fail, whenever they are tried."""

    def add_failure(self, tenant: str, connector: str, event: Event) -> tuple[int, str]:
        if connector == POISON_CONNECTOR:
            message = "a bug"
            raise KeyError(message)
        return super().add_failure(tenant, connector, event)


class World:
    """Runs until nothing is left to do; `story` tells how it went."""

    def __init__(self, seed: int, faults: Faults, *, skew: timedelta = timedelta(0)) -> None:
        self.chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.clock = VirtualClock(skew)
        self.story: list[str] = []
        self.streams = CountedStreams(self.clock)
        self.events = StreamedEventStore(self.clock, self.streams)
        self.configs = InMemoryConfigStore()
        self.deliveries = CountedDeliveries(self.streams)
        self.queue = SimulatedQueue(self.clock, self.chance)
        self.receivers = Receivers(self.clock, self.chance)
        self.posted: list[str] = []
        self._scheduler = Scheduler(self.chance)
        self._checkpoint = 0
        self._dispatching = False
        self._names = 0
        self._subscribed = 0

        def exposed(name: str, real: Any) -> Any:
            return Exposed(name, real, faults, self.story.append)

        events, configs = exposed("events", self.events), exposed("configs", self.configs)
        queue = exposed("queue", self.queue)
        self.executions = InMemoryExecutionStore(self.events, self.clock)
        executions = exposed("executions", self.executions)
        self._accept = Accept(events, self.clock, lambda: self.chance.randbytes(10))
        self._dispatcher = dispatcher.Dispatcher(
            configs=configs,
            queue=queue,
            streaks=exposed("streaks", PoisonedStreaks()),
            events=events,
            executions=executions,
            clock=self.clock,
        )
        deliveries = exposed("deliveries", self.deliveries)
        self._replay = Replay(
            events=events, configs=configs, deliveries=deliveries, queue=queue, clock=self.clock
        )
        self.replayed: Counter[str] = Counter()  # by event id: rounds that were answered
        deliver = Deliver(
            events=events,
            configs=configs,
            deliveries=deliveries,
            queue=queue,
            channels={"webhook": exposed("receiver", self.receivers)},
            summarize=Summarize(executions, self.clock),
            turns=WITHOUT_LIMIT,
            schedule=SCHEDULE,
            clock=self.clock,
            chance=self.chance.random,
            pause=lambda seconds: self.clock.pass_by(timedelta(seconds=seconds)),
        )
        self._worker = delivery.Worker(deliver, queue, self.clock, _one_by_one)
        self.usage, self.active = InMemoryUsage(), InMemoryActiveTenants()
        self.sightings = InMemorySightings()
        sightings = exposed("sightings", self.sightings)
        count = counter.Counter(
            exposed("usage", self.usage),
            exposed("active", self.active),
            noted=(
                counter.notes_of_types(NoteTypes(sightings, self.clock)),
                counter.notes_of_executions(NoteExecutions(sightings, self.clock)),
            ),
            clock=self.clock,
            carry_out=_in_turn,
        )
        self._counting = Counting(self.streams, count, self.chance)

    def subscribe(
        self, mood: Mood, *, tenant: str = TENANT, acknowledges: bool = False, **fields: Any
    ) -> NotificationConfig:
        """Add a config whose receiver answers like that."""
        config = NotificationConfig(
            id=f"cfg_{self._subscribed:024x}",
            tenant=tenant,
            name=mood,
            channel="webhook",
            settings={"mood": mood.value},
            acknowledges=acknowledges,
            **fields,
            created_at=self.clock.now,
            updated_at=self.clock.now,
        )
        self._subscribed += 1
        self.configs.put(config)
        return config

    def mend(self, config: NotificationConfig) -> None:
        """From now on the config's receiver is healthy."""
        known = self.configs.find(TENANT, config.id)
        assert known is not None
        healthy = replace(known, settings={"mood": Mood.HEALTHY.value})
        assert self.configs.put(healthy, known_updated_at=known.updated_at)

    def post(
        self,
        event_type: str = "order.fetched",
        connector: str = "amazon",
        *,
        tenant: str = TENANT,
        payload: bytes = b"{}",
    ) -> None:
        """A client posts one event, with a key, again and again until it reads a 201."""
        key = IdempotencyKey.of_request(f"key-{self.chance.getrandbits(64):x}")
        draft = Draft(
            event_type=event_type,
            payload=payload,
            metadata={"connector": connector},
            severity=Severity.INFO,
            execution_id=EXECUTION,
        )

        def call() -> None:
            try:
                self.posted.append(self._accept(tenant, draft, key).event.id)
            except (KilledError, TransientError):
                self._start("api", call)

        self._start("api", call)

    def replay(self, event_id: str) -> None:
        """A client asks for an event to be pushed again, until it reads an answer."""

        def call() -> None:
            try:
                self._replay.event(TENANT, event_id)
                self.replayed[event_id] += 1
            except (KilledError, TransientError):
                self._start("api", call)

        self._start("api", call)

    def replay_delivery(self, delivery_id: str) -> None:
        """A client asks for one dead letter to be tried again, until it reads an answer."""

        def call() -> None:
            try:
                self._replay.delivery(TENANT, delivery_id)
            except ConflictError:
                return  # an earlier try had got through: it is on its way, or has arrived
            except (KilledError, TransientError):
                self._start("api", call)

        self._start("api", call)

    def run(self) -> None:
        """Let everything happen, to the end."""
        for _ in range(_STEPS_AT_MOST):
            self._start_what_is_due()
            if self._scheduler.running:
                self._scheduler.step()
            elif not self._pass_time():
                return
        message = "it does not come to an end"
        raise AssertionError(message)

    def _start_what_is_due(self) -> None:
        if len(self._scheduler.running) >= _AT_ONCE:
            return
        if self._checkpoint < len(self.events.stream) and not self._dispatching:
            self._dispatching = True
            self._start("dispatcher", self._dispatch)
        elif self.queue.visible():
            record = self.queue.receive()
            self._start("worker", lambda: self._work(record))
        elif due := self._counting.due():
            self._count(self.chance.choice(due))

    def _dispatch(self) -> None:
        """As the event source mapping does: on from where a batch failed, never past it."""
        batch = self.events.stream[self._checkpoint :][: self.chance.randint(1, 5)]
        begin = self._checkpoint
        try:
            answer = self._dispatcher({"Records": batch}, None)
            failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
            self._checkpoint = int(failed[0]) if failed else begin + len(batch)
        except (KilledError, TransientError):
            pass
        finally:
            self._dispatching = False

    def _count(self, shard: Shard) -> None:
        shard.is_busy = True
        self._start("counter", lambda: self._counting.count(shard))

    def _work(self, record: dict[str, Any]) -> None:
        answer = self._worker({"Records": [record]}, None)
        if not answer["batchItemFailures"]:
            self.queue.delete(record["messageId"])

    def _pass_time(self) -> bool:
        """On to when something becomes visible; False if nothing ever will."""
        then = self.queue.next_visible_at()
        if then is None:
            return self._checkpoint < len(self.events.stream) or bool(self._counting.due())
        self.clock.pass_until(then)
        return True

    def _start(self, name: str, run: Callable[[], None]) -> None:
        self._names += 1
        self._scheduler.start(f"{name}-{self._names}", run)


def _in_turn(work: Callable[[Any], Any], things: Sequence[Any]) -> list[Any]:
    return [work(each) for each in things]


def _one_by_one(
    carry_out: Callable[[dict[str, Any]], delivery.Carried], records: Sequence[dict[str, Any]]
) -> list[delivery.Carried]:
    return [carry_out(record) for record in records]
