"""The three functions on one set of fakes, and what AWS does between them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from tests.builders.events import TENANT
from tests.builders.push import WITHOUT_LIMIT
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore, InMemoryQueue
from tests.fakes.streaks import InMemoryStreakStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.delivery_bench import a_message
from tests.functional.stream_of_events import a_record
from tests.http_api import Api
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.api import build
from triggers_api.handlers.delivery import Worker
from triggers_api.handlers.dispatcher import Dispatcher
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Task
from triggers_api.push.retry import RetrySchedule
from triggers_api.settings import ApiSettings

RETRY_DELAYS = (timedelta(seconds=1), timedelta(seconds=2))


class System:
    """The API, and behind it dispatcher and worker, which may push to this machine.

    What AWS does by itself, a test asks for: `dispatch` is the stream, `deliver` is the queue.
    """

    def __init__(
        self,
        events: InMemoryEventStore,
        api_keys: InMemoryApiKeyStore,
        clock: FixedClock,
        tenants: InMemoryTenantStore | None = None,
    ) -> None:
        self._events, self._clock = events, clock
        self._queue = InMemoryQueue()
        self._dispatched: set[str] = set()
        executions = InMemoryExecutionStore(events, clock)
        configs, deliveries = InMemoryConfigStore(), InMemoryDeliveryStore()
        channels = all_channels(GuardedHttp(allow_private=True), allow_private=True)
        behind = replace(
            dependencies(events, api_keys, executions, tenants=tenants),
            configs=configs,
            deliveries=deliveries,
            queue=self._queue,
            channels=channels,
        )
        self.api = Api(build(ApiSettings.from_environment(ENVIRONMENT), behind, clock))
        self._dispatcher = Dispatcher(
            configs=configs,
            queue=self._queue,
            streaks=InMemoryStreakStore(),
            events=events,
            executions=executions,
            clock=clock,
        )
        deliver = Deliver(
            events=events,
            configs=configs,
            deliveries=deliveries,
            queue=self._queue,
            channels=channels,
            summarize=Summarize(executions, clock),
            turns=WITHOUT_LIMIT,
            schedule=RetrySchedule(RETRY_DELAYS),
            clock=clock,
            chance=lambda: 0.0,
        )
        self._worker = Worker(deliver, self._queue, clock)

    def dispatch(self) -> None:
        """Hand the stream's new events to the dispatcher, which queues a task for each push."""
        query = EventQuery(statuses=ALL_STATUSES)
        stored = self._events.list_events(TENANT, query, limit=100, after=None).events
        new = [event for event in stored if event.id not in self._dispatched]
        records = [a_record(event, place) for place, event in enumerate(new)]
        assert self._dispatcher({"Records": records}, None) == {"batchItemFailures": []}
        self._dispatched |= {event.id for event in new}

    def deliver(self) -> None:
        """Hand the queue's tasks to the worker until none is left, those too that wait."""
        for tasks in self._due():
            messages = [a_message(task, number) for number, task in enumerate(tasks)]
            assert self._worker({"Records": messages}, None) == {"batchItemFailures": []}

    def _due(self) -> Iterator[list[Task]]:
        """The tasks that are due now, then those that wait, as the clock moves on to them."""
        while self._queue.tasks or self._queue.later:
            if not self._queue.tasks:
                self._clock.at = max(self._clock.at, *(at for at, _ in self._queue.later))
                self._queue.tasks = [task for _, task in self._queue.later]
                self._queue.later = []
            due, self._queue.tasks = self._queue.tasks, []
            yield due
