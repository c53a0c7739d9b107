"""What a push costs: every call of AWS between an event and its receiver, and their write units."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import WITHOUT_LIMIT, a_config
from tests.capacity import Shape, write_units
from tests.clock import START, FixedClock
from tests.contract.clients import Call
from tests.contract.push.calls import operations, recorded
from tests.contract.push.conftest import Table
from tests.contract.push.queues import WatchedSqs
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import REFUSED, ScriptedChannel
from tests.functional.stream_of_events import a_record
from triggers_api.events.event import Event
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers import delivery, dispatcher
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.retry import RetrySchedule
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}


@dataclass
class System:
    """Dispatcher and worker as they are wired on AWS, but for the receiver."""

    events: DynamoEventStore
    table: Table
    sqs: WatchedSqs
    kms: Any
    clock: FixedClock
    channel: ScriptedChannel = field(default_factory=ScriptedChannel)

    def __post_init__(self) -> None:
        # What they cost is measured in `tests/contract/executions`.
        no_executions = InMemoryExecutionStore(InMemoryEventStore(self.clock), self.clock)
        self._dispatch = dispatcher.Dispatcher(
            configs=self.table.configs,
            queue=self.sqs.queue,
            streaks=self.table.streaks,
            events=self.events,
            executions=no_executions,
            clock=self.clock,
        )
        deliver = Deliver(
            events=self.events,
            configs=self.table.configs,
            deliveries=self.table.deliveries,
            queue=self.sqs.queue,
            channels={"webhook": self.channel},
            summarize=Summarize(no_executions, self.clock),
            turns=WITHOUT_LIMIT,
            schedule=RetrySchedule(),
            clock=self.clock,
            chance=lambda: 0.0,
        )
        self._work = delivery.Worker(deliver, self.sqs.queue, self.clock)

    def subscribe(self, **fields: Any) -> NotificationConfig:
        config = a_config(**fields)
        self.table.configs.put(config)
        return config

    def post(self, count: int = 1, **fields: Any) -> list[Event]:
        events = [an_event(START, **fields) for _ in range(count)]
        for event in events:
            self.events.add(TENANT, event, None)
        return events

    def dispatch(self, events: list[Event]) -> list[Call]:
        """The calls of one batch of new events."""
        records = [a_record(event, place) for place, event in enumerate(events)]
        with recorded(self.table.client, self.sqs.sqs, self.kms) as calls:
            assert self._dispatch({"Records": records}, None) == {"batchItemFailures": []}
        return calls

    def deliver(self) -> list[Call]:
        """The calls of all messages that are visible, one after the other."""
        received = self.sqs.receive(self.sqs.settings.queue_url)
        with recorded(self.table.client, self.sqs.sqs, self.sqs.scheduler, self.kms) as calls:
            for each in received:
                record = {
                    "messageId": each["MessageId"],
                    "body": each["Body"],
                    "receiptHandle": each["ReceiptHandle"],
                }
                self._work({"Records": [record]}, None)
        return calls


@pytest.fixture
def system(
    dynamodb_events: DynamoEventStore,
    table: Table,
    watched_sqs: WatchedSqs,
    kms: Any,
    clock: FixedClock,
) -> System:
    return System(dynamodb_events, table, watched_sqs, kms, clock)


@pytest.fixture
def warm(system: System) -> System:
    """It has delivered before, so data keys are open."""
    config = system.subscribe()
    system.dispatch(system.post())
    system.deliver()
    system.table.configs.delete(TENANT, config.id)
    return system


def writes(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call[0] in WRITES]


def test_ten_events_for_one_config_are_one_look_and_one_message_call(warm: System) -> None:
    warm.subscribe()

    assert operations(warm.dispatch(warm.post(10))) == ["Query", "SendMessageBatch"]


def test_an_event_for_ten_configs_is_one_look_and_one_message_call(warm: System) -> None:
    for _ in range(10):
        warm.subscribe()

    assert operations(warm.dispatch(warm.post())) == ["Query", "SendMessageBatch"]


def test_an_event_that_nobody_wants_is_one_look(warm: System) -> None:
    assert operations(warm.dispatch(warm.post())) == ["Query"]


@pytest.mark.parametrize(
    ("event_type", "extra"), [("order.failed", "UpdateItem"), ("order.completed", "GetItem")]
)
def test_a_failure_is_a_write_more_and_a_success_a_read(
    warm: System, event_type: str, extra: str
) -> None:
    assert operations(warm.dispatch(warm.post(event_type=event_type))) == [extra, "Query"]


def test_a_successful_delivery_is_three_reads_and_one_write(warm: System) -> None:
    warm.subscribe()
    warm.dispatch(warm.post())

    assert operations(warm.deliver()) == ["GetItem", "GetItem", "GetItem", "PutItem"]
    assert len(warm.channel.pushes) == 2


def test_a_successful_delivery_is_written_once_for_two_units(warm: System) -> None:
    config = warm.subscribe()
    (event,) = warm.post()
    warm.dispatch([event])

    ((operation, params),) = writes(warm.deliver())

    item = params["Item"]
    assert (operation, params["TableName"]) == ("PutItem", warm.table.name)
    assert (item["config_id"], item["status"]) == ({"S": config.id}, {"S": "succeeded"})
    # One in the table and one in the index, which holds all of the item.
    shape = Shape(
        keys=frozenset({"pk", "sk"}),
        index_keys=frozenset({"tenant", "config_id", "created_at", "id"}),
        projected=frozenset(item),
    )
    assert write_units(shape, None, item) == 2


def test_fifty_deliveries_are_fifty_writes_and_one_opened_key(system: System) -> None:
    for _ in range(5):
        system.subscribe()
    dispatched = system.dispatch(system.post(10))

    delivered = system.deliver()

    assert Counter(operations(dispatched)) == {"Query": 1, "SendMessageBatch": 5}
    assert Counter(operations(delivered)) == {"GetItem": 150, "PutItem": 50, "Decrypt": 1}


def test_a_delivery_that_acknowledges_is_a_write_more(warm: System) -> None:
    warm.subscribe(acknowledges=True)
    warm.events.acknowledge(TENANT, warm.post()[0].id, warm.clock())  # it is at work
    (event,) = warm.post()
    warm.dispatch([event])

    calls = warm.deliver()

    assert [name for name, _ in writes(calls)] == ["PutItem", "UpdateItem"]


def test_a_delivery_that_is_tried_again_is_written_once_for_each_attempt(warm: System) -> None:
    warm.subscribe()
    warm.dispatch(warm.post())
    warm.channel.receipts.append(REFUSED)

    calls = warm.deliver()

    # The record and the breaker, which counts failures; and another message.
    assert [name for name, _ in writes(calls)] == ["UpdateItem", "PutItem"]
    assert operations(calls)[-1] == "SendMessage"


def test_the_dispatcher_never_asks_for_a_key(
    dynamodb: "DynamoDBClient", system: System, kms: Any
) -> None:
    system.subscribe(secrets={"bot_token": "1"})

    with recorded(kms) as calls:
        system.dispatch(system.post(3))

    assert calls == []
    assert dynamodb is system.table.client
