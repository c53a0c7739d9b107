"""What the real stores write, seen through the template's filters, is counted for what it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local.stream_mapping import StreamMapping
from tests.builders.events import (
    TENANT,
    a_fingerprint,
    a_keyed_event,
    an_event,
    incompressible_payload,
)
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.builders.streams import on_the_wire
from tests.clock import FixedClock
from tests.cloudformation import properties
from tests.contract.clients import hooked
from tests.contract.conftest import OpenStore, create_table
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.stream_changes import change_of
from triggers_api.usage.changes import (
    Change,
    DeliveryRecorded,
    EventAcknowledged,
    EventReplayed,
    EventStored,
)
from triggers_api.usage.daily import daily_counts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NUMBER = "4421584500000000017450439092"
SIZES = pytest.mark.parametrize("payload", [b'{"n":1}', incompressible_payload(9000)], ids=len)


class Stream:
    """The changes of a table while something is done, as its counter's mapping hands them on."""

    def __init__(
        self, client: "DynamoDBClient", table: str, mapping: str, clock: FixedClock
    ) -> None:
        self._client = client
        self.table = table
        told = properties(mapping) | {"EventSourceArn": "arn:s", "FunctionArn": "arn:f"}
        self._mapping = StreamMapping.of(told)
        self._clock = clock
        self.changes: list[Change] = []

    def _items(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = self._client.scan(TableName=self.table)["Items"]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Every write inside becomes a record, if it changes anything."""
        before = self._items()

        def look(**_: object) -> None:
            nonlocal before
            after = self._items()
            for key in after:
                if after[key] != before.get(key):
                    self._hand_on(before.get(key), after[key])
            before = after

        with (
            hooked(self._client, "after-call.dynamodb.PutItem", look),
            hooked(self._client, "after-call.dynamodb.UpdateItem", look),
            hooked(self._client, "after-call.dynamodb.TransactWriteItems", look),
        ):
            yield

    def _hand_on(self, old: dict[str, Any] | None, new: dict[str, Any]) -> None:
        stored: dict[str, Any] = {
            "ApproximateCreationDateTime": self._clock().timestamp(),
            "Keys": {"pk": new["pk"], "sk": new["sk"]},
            "NewImage": on_the_wire(new),
            "SequenceNumber": NUMBER,
        }
        if old is not None:
            stored["OldImage"] = on_the_wire(old)
        record = {"eventName": "MODIFY" if old else "INSERT", "dynamodb": stored}
        if self._mapping.wants(record):
            change = change_of(record)
            assert change is not None, "it was handed on for nothing"
            self.changes.append(change)

    def figures(self) -> dict[str, int]:
        """What the day's row would hold."""
        sums: dict[str, int] = {}
        for change in self.changes:
            for count in daily_counts(change):
                for name, amount in count.amounts.items():
                    sums[name] = sums.get(name, 0) + amount
        return sums


@pytest.fixture
def events(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore
) -> DynamoEventStore:
    return open_store(dynamodb, events_table)


@pytest.fixture
def of_events(dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock) -> Stream:
    return Stream(dynamodb, events_table, "EventsCounterMapping", clock)


@SIZES
def test_an_event_is_counted_with_its_payload_when_it_is_stored(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock, payload: bytes
) -> None:
    event = an_event(clock(), payload=payload)
    with of_events.listening():
        events.add(TENANT, event, None)

    assert of_events.changes == [
        EventStored(
            tenant=TENANT,
            at=clock(),
            number=int(NUMBER),
            event_id=event.id,
            event_type=event.event_type,
            execution_id=event.execution_id,
            payload_bytes=len(payload),
        )
    ]


@SIZES
def test_a_request_that_is_repeated_stores_and_counts_nothing(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock, payload: bytes
) -> None:
    with of_events.listening():
        for hours in (0, 1, 22):  # a day after its first use, a key is as good as new
            clock.advance(hours=hours)
            events.add(TENANT, a_keyed_event(clock(), payload=payload), a_fingerprint())

    assert of_events.figures() == {"events_created": 1, "payload_bytes": len(payload)}


@SIZES
def test_an_event_in_the_place_of_an_expired_one_is_counted(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock, payload: bytes
) -> None:
    with of_events.listening():
        for _ in range(2):
            event = a_keyed_event(clock(), payload=payload)
            events.add(TENANT, event, a_fingerprint())
            events.acknowledge(TENANT, event.id, clock())
            clock.advance(days=400)

    assert of_events.figures()["events_created"] == 2
    assert of_events.figures()["events_acknowledged"] == 2


def test_an_event_over_one_that_nobody_ever_changed_is_counted(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock
) -> None:
    with of_events.listening():
        for _ in range(2):
            events.add(TENANT, a_keyed_event(clock()), a_fingerprint())
            clock.advance(days=400)

    assert of_events.figures()["events_created"] == 2


def test_an_acknowledgement_counts_once_and_again_after_a_replay(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock
) -> None:
    event = events.add(TENANT, an_event(clock()), None).event
    with of_events.listening():
        events.acknowledge(TENANT, event.id, clock())
        events.acknowledge(TENANT, event.id, clock())
        assert of_events.figures() == {"events_acknowledged": 1}
        events.replay(TENANT, event.id)
        events.acknowledge(TENANT, event.id, clock())

    assert of_events.figures() == {"events_acknowledged": 2}
    kinds = [type(each) for each in of_events.changes]
    assert kinds == [EventAcknowledged, EventReplayed, EventAcknowledged]


def test_a_failed_event_counts_when_it_is_acknowledged(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock
) -> None:
    event = events.add(TENANT, an_event(clock()), None).event
    with of_events.listening():
        events.mark_failed(TENANT, event.id, 10, 0)
        assert of_events.changes == []
        events.acknowledge(TENANT, event.id, clock())

    assert of_events.figures() == {"events_acknowledged": 1}


@SIZES
def test_erasing_counts_nothing_and_takes_nothing_back(
    events: DynamoEventStore, of_events: Stream, clock: FixedClock, payload: bytes
) -> None:
    pending, delivered = (
        events.add(TENANT, an_event(clock(), payload=payload), None).event for _ in range(2)
    )
    events.acknowledge(TENANT, delivered.id, clock())
    with of_events.listening():
        for event in (pending, delivered):
            events.erase(TENANT, event.id, clock())

    assert of_events.changes == []


@pytest.fixture
def of_deliveries(dynamodb: "DynamoDBClient", clock: FixedClock) -> Stream:
    table = create_table(dynamodb, "NotificationsTable")
    return Stream(dynamodb, table, "DeliveriesCounterMapping", clock)


@pytest.fixture
def deliveries(
    dynamodb: "DynamoDBClient", of_deliveries: Stream, clock: FixedClock
) -> DynamoDeliveryStore:
    return DynamoDeliveryStore(
        dynamodb,
        of_deliveries.table,
        configs=None,  # type: ignore[arg-type]  # no history is listed
        retention=timedelta(days=30),
        clock=clock,
    )


Lives = Callable[[Delivery], Iterator[Delivery]]
RETRYING, SUCCEEDED, DEAD, DROPPED = (
    DeliveryStatus.RETRYING,
    DeliveryStatus.SUCCEEDED,
    DeliveryStatus.DEAD,
    DeliveryStatus.DROPPED,
)


@pytest.mark.parametrize(
    ("life", "figures"),
    [
        ([(1, SUCCEEDED)], {"attempts": 1, "deliveries_succeeded": 1}),
        (
            [(1, RETRYING), (2, RETRYING), (3, SUCCEEDED)],
            {"attempts": 3, "deliveries_succeeded": 1},
        ),
        ([(1, RETRYING), (2, DEAD)], {"attempts": 2, "deliveries_failed": 1}),
        ([(0, DEAD)], {"deliveries_failed": 1}),
        ([(1, RETRYING), (1, DROPPED)], {"attempts": 1}),
        ([(0, DROPPED)], {}),
        (
            [(1, DEAD), (1, RETRYING), (2, SUCCEEDED)],
            {"attempts": 2, "deliveries_failed": 1, "deliveries_succeeded": 1},
        ),
        ([(1, DEAD), (2, DEAD)], {"attempts": 2, "deliveries_failed": 2}),
        ([(1, SUCCEEDED), (2, SUCCEEDED)], {"attempts": 2, "deliveries_succeeded": 2}),
    ],
    ids=str,
)
def test_a_delivery_counts_its_new_attempts_and_each_time_it_ends(
    deliveries: DynamoDeliveryStore,
    of_deliveries: Stream,
    clock: FixedClock,
    life: list[tuple[int, DeliveryStatus]],
    figures: dict[str, int],
) -> None:
    task = a_task(an_event(clock()), a_config())
    known: int | None = None
    with of_deliveries.listening():
        for attempts, status in life:
            made = tuple(an_attempt(clock()) for _ in range(attempts))
            delivery = a_delivery(task, status, clock(), attempts=made)
            assert deliveries.record(delivery, known_attempts=known)
            known = attempts

    assert of_deliveries.figures() == figures


def test_a_delivery_says_whose_it_was_and_how_long_its_new_attempts_took(
    deliveries: DynamoDeliveryStore, of_deliveries: Stream, clock: FixedClock
) -> None:
    task = a_task(an_event(clock()), a_config())
    first = a_delivery(task, RETRYING, clock(), attempts=(an_attempt(clock()),))
    deliveries.record(first, known_attempts=None)
    both = a_delivery(task, SUCCEEDED, clock(), attempts=(*first.attempts, an_attempt(error=None)))
    with of_deliveries.listening():
        deliveries.record(both, known_attempts=1)

    assert of_deliveries.changes == [
        DeliveryRecorded(
            tenant=TENANT,
            at=clock(),
            number=int(NUMBER),
            config_id=task.config_id,
            durations_ms=(201,),
            is_succeeded=True,
            is_dead=False,
        )
    ]


@pytest.mark.parametrize("status", [SUCCEEDED, DEAD])
def test_erasing_what_receivers_said_counts_nothing(
    deliveries: DynamoDeliveryStore,
    of_deliveries: Stream,
    clock: FixedClock,
    status: DeliveryStatus,
) -> None:
    event = an_event(clock())
    deliveries.record(a_delivery(a_task(event, a_config()), status, clock()), known_attempts=None)
    with of_deliveries.listening():
        deliveries.erase_answers(TENANT, event.id)

    assert of_deliveries.figures() == {}
