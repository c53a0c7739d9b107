"""A large event is two items with one life, whatever stops, and whoever erases, in between."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import (
    DELIVERED_RETENTION,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    an_event,
    incompressible_payload,
)
from tests.clock import FixedClock
from tests.contract.clients import before_call, hooked, payload_items
from tests.marker import MARKER, table_tells
from triggers_api.errors import EventErasedError, NotFoundError, TriggersError
from triggers_api.events.event import Event
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.items import event_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGE = json.dumps({"said": MARKER} | json.loads(incompressible_payload(5000))).encode()
MOMENTS = [  # as many calls as any of them makes
    *(("GetItem", 1), ("GetItem", 2), ("PutItem", 1), ("PutItem", 2)),
    *(("UpdateItem", 1), ("UpdateItem", 2), ("Query", 1), ("DeleteItem", 1)),
]


class StoppedError(Exception):
    """The process ends here."""


@pytest.fixture
def items(dynamodb: "DynamoDBClient", events_table: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: dynamodb.scan(TableName=events_table)["Items"]


@pytest.fixture
def expiries(dynamodb: "DynamoDBClient", events_table: str) -> Callable[[Event], tuple[int, int]]:
    """Of an event's head and of its payload."""

    def both(event: Event) -> tuple[int, int]:
        key = event_key(TENANT, event.id)
        head = dynamodb.get_item(TableName=events_table, Key=key)["Item"]
        (body,) = payload_items(dynamodb, events_table, event.id)
        return int(head["expires_at"]["N"]), int(body["expires_at"]["N"])

    return both


@pytest.mark.parametrize("days", [0, 1, 29, 300, 364])
@pytest.mark.parametrize("then", ["nothing", "acknowledge", "replay"])
def test_the_payload_lives_as_long_as_whatever_is_done_to_its_event_lets_the_head_live(
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    expiries: Callable[[Event], tuple[int, int]],
    days: int,
    then: str,
) -> None:
    event = dynamodb_events.add(TENANT, an_event(clock(), payload=LARGE), None).event
    clock.at += timedelta(days=days)

    dynamodb_events.replay(TENANT, event.id)
    if then != "nothing":
        clock.at += UNDELIVERED_RETENTION - timedelta(minutes=1)
    if then == "acknowledge":
        dynamodb_events.acknowledge(TENANT, event.id, clock())
        clock.at += DELIVERED_RETENTION - timedelta(minutes=1)
    if then == "replay":
        dynamodb_events.replay(TENANT, event.id)

    head, payload = expiries(event)
    assert payload >= head + DELIVERED_RETENTION.total_seconds() * (then != "acknowledge")
    assert dynamodb_events.get(TENANT, event.id).payload == LARGE


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_replay_that_stops_anywhere_leaves_no_payload_that_ends_before_its_head(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    expiries: Callable[[Event], tuple[int, int]],
    number: int,
) -> None:
    event = dynamodb_events.add(TENANT, an_event(clock(), payload=LARGE), None).event
    clock.at += timedelta(days=300)

    with before_call(dynamodb, "UpdateItem", _stop, number), suppress(StoppedError):
        dynamodb_events.replay(TENANT, event.id)

    head, payload = expiries(event)
    assert payload > head


def test_an_event_whose_payload_was_swept_cannot_be_replayed(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
) -> None:
    event = dynamodb_events.add(TENANT, an_event(clock(), payload=LARGE), None).event
    (body,) = payload_items(dynamodb, events_table)
    dynamodb.delete_item(TableName=events_table, Key={"pk": body["pk"], "sk": body["sk"]})

    with pytest.raises(NotFoundError):
        dynamodb_events.replay(TENANT, event.id)

    assert payload_items(dynamodb, events_table) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("operation", "number"), MOMENTS)
@pytest.mark.parametrize("key", [None, "key"])
def test_who_stops_while_storing_an_event_leaves_nothing_that_can_be_read(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    items: Callable[[], list[dict[str, Any]]],
    clock: FixedClock,
    key: str | None,
    operation: str,
    number: int,
    *,
    after: bool,
) -> None:
    """Unless the event is there, and can be erased."""
    event = an_event(clock(), payload=LARGE)
    if key is not None:
        event = a_keyed_event(clock(), key, payload=LARGE)

    stopping = _after_call if after else before_call
    with stopping(dynamodb, operation, _stop, number), suppress(StoppedError):
        dynamodb_events.add(TENANT, event, None if key is None else a_fingerprint())

    with suppress(NotFoundError):
        dynamodb_events.erase(TENANT, event.id, clock())
    assert not table_tells(items())


def test_a_head_that_is_sent_again_after_a_lost_answer_keeps_its_payload(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put, event = dynamodb.put_item, an_event(clock(), payload=LARGE)

    def put_twice(**request: Any) -> Any:
        put(**request)
        return put(**request)  # what botocore does, unnoticed

    monkeypatch.setattr(dynamodb, "put_item", put_twice)
    dynamodb_events.add(TENANT, event, None)

    assert dynamodb_events.get(TENANT, event.id).payload == LARGE


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.parametrize(("operation", "number"), MOMENTS)
def test_an_event_that_is_erased_while_its_request_is_repeated_leaves_nothing(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    items: Callable[[], list[dict[str, Any]]],
    clock: FixedClock,
    operation: str,
    number: int,
    *,
    is_stopped: bool,
) -> None:
    """Also if that request dies right then."""
    first = a_keyed_event(clock(), "key", payload=LARGE)
    second = a_keyed_event(clock.advance(seconds=1), "key", payload=LARGE)

    def meanwhile() -> None:
        dynamodb_events.add(TENANT, first, a_fingerprint())
        dynamodb_events.erase(TENANT, first.id, clock())
        if is_stopped:
            raise StoppedError

    with before_call(dynamodb, operation, meanwhile, number), suppress(TriggersError, StoppedError):
        dynamodb_events.add(TENANT, second, a_fingerprint())
    with suppress(EventErasedError, NotFoundError):
        dynamodb_events.erase(TENANT, second.id, clock())

    assert not table_tells(items())


@pytest.mark.parametrize(("operation", "number"), MOMENTS)
def test_an_erasure_that_stops_anywhere_is_either_not_begun_or_done(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    items: Callable[[], list[dict[str, Any]]],
    clock: FixedClock,
    operation: str,
    number: int,
) -> None:
    event = dynamodb_events.add(TENANT, an_event(clock(), payload=LARGE), None).event

    with before_call(dynamodb, operation, _stop, number), suppress(StoppedError):
        dynamodb_events.erase(TENANT, event.id, clock())

    try:
        assert dynamodb_events.get(TENANT, event.id) == event
    except EventErasedError:
        assert not table_tells(items())
    dynamodb_events.erase(TENANT, event.id, clock())
    assert payload_items(dynamodb, events_table) == []


def test_a_payload_opens_for_its_own_head_alone(
    dynamodb: "DynamoDBClient",
    events_table: str,
    dynamodb_events: DynamoEventStore,
    items: Callable[[], list[dict[str, Any]]],
    clock: FixedClock,
) -> None:
    event = dynamodb_events.add(TENANT, an_event(clock(), payload=LARGE), None).event
    assert table_tells(items())

    key = event_key(TENANT, event.id)
    dynamodb.delete_item(TableName=events_table, Key=key)

    assert len(payload_items(dynamodb, events_table)) == 1
    assert not table_tells(items())


def _stop() -> None:
    raise StoppedError


def _after_call(
    client: "DynamoDBClient", operation: str, action: Callable[[], object], number: int
) -> Any:
    calls = iter(range(1, 1000))

    def act(**_: object) -> None:
        if next(calls) == number:
            action()

    return hooked(client, f"after-call.dynamodb.{operation}", act)
