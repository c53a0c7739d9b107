"""What a push costs: every call of AWS between an event and its receiver, and their write units."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import TENANT, an_event, incompressible_payload
from tests.builders.push import WITHOUT_LIMIT, a_config, a_delivery, a_task, an_attempt
from tests.capacity import Shape, item_bytes, write_units
from tests.clock import START, FixedClock
from tests.contract.clients import Call
from tests.contract.push.calls import operations, recorded
from tests.contract.push.conftest import RETENTION, Table
from tests.contract.push.queues import WatchedSqs
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import REFUSED, ScriptedChannel
from tests.functional.stream_of_events import a_record
from triggers_api.events.event import Event
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers import delivery, dispatcher
from triggers_api.push.answers import kept_answer
from triggers_api.push.channel import Receipt
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.retry import RetrySchedule
from triggers_api.store.deliveries import to_item
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Units of each of ten attempts, by what the receiver answered.
SILENT = [3, 2, 2, 2, 2, 2, 2, 2, 4, 4]
ALIKE = [3, 2, 2, 2, 2, 2, 2, 4, 4, 4]
NOISE = [5, 6, 6, 8, 8, 8, 8, 8, 8, 8]
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


def test_a_successful_delivery_that_is_answered_in_words_is_a_read_more(warm: System) -> None:
    """Its event may have been erased meanwhile, and the words may repeat it."""
    warm.subscribe()
    warm.dispatch(warm.post())
    warm.channel.receipts.append(Receipt(status_code=200, answer="thank you"))

    assert operations(warm.deliver()) == ["GetItem", "GetItem", "GetItem", "PutItem", "GetItem"]


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


@pytest.mark.parametrize("tenant_length", [4, 64])
def test_a_first_success_is_two_units_whatever_the_receiver_answers(
    warm: System, tenant_length: int
) -> None:
    warm.subscribe()
    warm.dispatch(warm.post(event_type="t" * 128, execution_id="e" * 64))
    said = incompressible_payload(4096).decode()
    answer = kept_answer(said, a_config(secrets={}), accepted=True)
    warm.channel.receipts.append(Receipt(status_code=200, answer=answer))

    ((_, params),) = writes(warm.deliver())

    item = params["Item"] | {"tenant": {"S": "t" * tenant_length}}
    item["pk"] = {"S": "t" * tenant_length + item["pk"]["S"].removeprefix(TENANT)}
    assert units_of(None, item) == 2


@pytest.mark.parametrize(
    ("answers", "units"),
    [
        ([""] * 10, SILENT),
        (["<html>no such customer</html>" * 35] * 10, ALIKE),
        ([incompressible_payload(1024, seed).decode() for seed in range(10)], NOISE),
    ],
    ids=["of nothing", "all alike", "noise"],
)
def test_what_ten_refusals_cost(answers: list[str], units: list[int]) -> None:
    """Each writes the whole record; the first is the only one that the third index sees."""
    task = a_task(an_event(START), a_config())
    record, before = Delivery.begun(task, "order.failed", START), None
    spent: list[int] = []
    for answer in answers:
        record = record.with_attempt(replace(an_attempt(), answer=answer))
        item = to_item(record, RETENTION)
        spent.append(units_of(before, item))
        before = item

    assert spent == units


def test_ending_a_delivery_moves_it_in_the_index_of_the_unsuccessful() -> None:
    task = a_task(an_event(START), a_config())
    retrying = to_item(a_delivery(task, DeliveryStatus.RETRYING), RETENTION)
    ended = [
        units_of(retrying, to_item(a_delivery(task, status), RETENTION))
        for status in (DeliveryStatus.SUCCEEDED, DeliveryStatus.DEAD, DeliveryStatus.DROPPED)
    ]

    assert units_of(None, retrying) == 3
    assert ended == [3, 4, 4]  # out of it; out of it and in again


def units_of(before: dict[str, Any] | None, after: dict[str, Any]) -> int:
    """Of one write of a record, in the table and in both indexes."""
    shapes = Shape.all_of("NotificationsTable").values()
    table = -(-max(item_bytes(before), item_bytes(after)) // 1024)
    return table + sum(shape.write_units(before, after) for shape in shapes)


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
