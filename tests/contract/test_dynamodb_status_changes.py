"""Changes of status on DynamoDB: when an event counts, which one, and who is told before."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import (
    ALL_EVENTS,
    DELIVERED_RETENTION,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    ids,
    incompressible_payload,
    store_event,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import before_call, failing, recorded
from triggers_api.errors import EventErasedError, NotFoundError
from triggers_api.events.ports import Pushed
from triggers_api.store import items
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGE = incompressible_payload(6000)
SECOND = timedelta(seconds=1)

Change = Callable[[DynamoEventStore, str, datetime], object]
CHANGES: dict[str, Change] = {
    "acknowledge": lambda store, event_id, at: store.acknowledge(TENANT, event_id, at),
    "acknowledge by a push": lambda store, event_id, at: store.acknowledge(
        TENANT, event_id, at, Pushed(0, at)
    ),
    "mark_failed": lambda store, event_id, _: store.mark_failed(TENANT, event_id, 3),
    "replay": lambda store, event_id, _: store.replay(TENANT, event_id),
    "erase": lambda store, event_id, at: store.erase(TENANT, event_id, at),
}
EACH = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def sweep(client: "DynamoDBClient", table: str, at: datetime) -> None:
    """As time to live does, at its quickest."""
    for item in client.scan(TableName=table)["Items"]:
        if "expires_at" in item and items.may_be_swept(item, at):
            client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


def is_possible(change: Change, store: DynamoEventStore, event_id: str, at: datetime) -> bool:
    try:
        return change(store, event_id, at) is not False
    except NotFoundError:
        return False


@EACH
@pytest.mark.parametrize(("left", "possible"), [(SECOND, True), (timedelta(0), False)])
def test_an_event_can_be_changed_until_the_second_in_which_it_expires(
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    change: Change,
    left: timedelta,
    *,
    possible: bool,
) -> None:
    event = store_event(dynamodb_events, clock())
    clock.at += UNDELIVERED_RETENTION - left

    assert is_possible(change, dynamodb_events, event.id, clock()) is possible


@EACH
def test_an_event_that_only_keeps_its_keys_place_can_be_changed_no_more(
    dynamodb_events: DynamoEventStore, clock: FixedClock, change: Change
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    clock.at += UNDELIVERED_RETENTION - timedelta(hours=1)
    dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint("new"))
    clock.advance(hours=1)

    assert not is_possible(change, dynamodb_events, old.id, clock())


@EACH
def test_of_two_events_that_had_one_place_only_the_one_that_has_it_can_be_changed(
    dynamodb_events: DynamoEventStore, clock: FixedClock, change: Change
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    clock.at += UNDELIVERED_RETENTION
    new = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event

    assert not is_possible(change, dynamodb_events, old.id, clock())

    assert dynamodb_events.get(TENANT, new.id) == new


@pytest.mark.parametrize("name", ["acknowledge", "replay"])
def test_an_event_that_is_changed_while_it_keeps_a_place_lives_its_whole_time_again(
    dynamodb_events: DynamoEventStore, clock: FixedClock, name: str
) -> None:
    old = dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    clock.at += UNDELIVERED_RETENTION - timedelta(hours=1)
    dynamodb_events.add(TENANT, a_keyed_event(clock()), a_fingerprint("new"))
    CHANGES[name](dynamodb_events, old.id, clock())

    clock.at += DELIVERED_RETENTION - SECOND

    assert dynamodb_events.get(TENANT, old.id).id == old.id


def test_a_replayed_event_is_as_new(
    dynamodb_events: DynamoEventStore,
    dynamodb: "DynamoDBClient",
    events_table: str,
    clock: FixedClock,
) -> None:
    event = store_event(dynamodb_events, clock(), payload=LARGE)
    dynamodb_events.acknowledge(TENANT, event.id, clock())
    clock.advance(days=20)

    assert dynamodb_events.replay(TENANT, event.id) == 1

    assert dynamodb_events.get(TENANT, event.id) == event
    clock.at += UNDELIVERED_RETENTION - SECOND
    sweep(dynamodb, events_table, clock())
    assert dynamodb_events.get(TENANT, event.id) == event
    dynamodb_events.acknowledge(TENANT, event.id, clock())
    clock.at += DELIVERED_RETENTION - SECOND
    sweep(dynamodb, events_table, clock())
    assert dynamodb_events.get(TENANT, event.id).payload == LARGE


@EACH
def test_readers_are_told_before_anything_changes_that_the_index_may_lag(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    change: Change,
) -> None:
    event = store_event(dynamodb_events, clock())

    with recorded(dynamodb) as calls:
        change(dynamodb_events, event.id, clock())

    changed = [call["Key"]["sk"]["S"] for name, call in calls if name == "UpdateItem"]
    assert changed == ["tenant", "event"]


@EACH
@pytest.mark.usefixtures("no_waiting")
def test_a_store_that_refuses_a_change_is_no_missing_event(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    clock: FixedClock,
    change: Change,
) -> None:
    known, event = (store_event(dynamodb_events, clock()) for _ in range(2))
    dynamodb_events.acknowledge(TENANT, known.id, clock())

    with (
        failing(dynamodb, "UpdateItem", 400, "AccessDeniedException"),
        pytest.raises(ClientError),
    ):
        change(dynamodb_events, event.id, clock())


@pytest.mark.parametrize("payload", [b"{}", LARGE], ids=["small", "large"])
@pytest.mark.parametrize("number", [1, 2])
def test_what_is_erased_while_it_is_replayed_stays_erased(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    events_table: str,
    clock: FixedClock,
    payload: bytes,
    number: int,
) -> None:
    known, event = (store_event(dynamodb_events, clock(), payload=payload) for _ in range(2))
    dynamodb_events.acknowledge(TENANT, known.id, clock())
    updates = 1 if payload == b"{}" else number

    def erase() -> None:
        dynamodb_events.erase(TENANT, event.id, clock())

    with (
        before_call(dynamodb, "UpdateItem", erase, updates),
        pytest.raises((NotFoundError, EventErasedError)),
    ):
        dynamodb_events.replay(TENANT, event.id)

    assert ids(walk(dynamodb_events, ALL_EVENTS)) == [known.id]
    stored = dynamodb.scan(TableName=events_table)["Items"]
    (left,) = (item for item in stored if event.id in str(item))
    assert "erased_at" in left
    assert left["status"] == {"S": "erased"}, "no list asks for it, a deletion does"


def test_an_event_of_a_later_round_than_was_ever_replayed_does_not_fail(
    dynamodb_events: DynamoEventStore, clock: FixedClock
) -> None:
    event = store_event(dynamodb_events, clock())
    round_ = dynamodb_events.replay(TENANT, event.id)

    assert not dynamodb_events.mark_failed(TENANT, event.id, 3, round_ + 1)


def test_of_an_event_whose_time_of_replay_was_not_kept_only_the_last_round_acknowledges(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    events_table: str,
    clock: FixedClock,
) -> None:
    event = store_event(dynamodb_events, clock())
    round_ = dynamodb_events.replay(TENANT, event.id)
    dynamodb.update_item(  # as an earlier release replayed it
        TableName=events_table,
        Key=items.event_key(TENANT, event.id),
        UpdateExpression="REMOVE replayed_at",
    )
    at = clock.advance(hours=1)

    assert not dynamodb_events.acknowledge(TENANT, event.id, at, Pushed(0, at))
    assert dynamodb_events.acknowledge(TENANT, event.id, at, Pushed(round_, at))


def test_the_tombstone_keeps_the_first_moment_and_nothing_that_was_said(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    events_table: str,
    clock: FixedClock,
) -> None:
    event = store_event(dynamodb_events, clock(), payload=LARGE, metadata={"a": "b"})
    dynamodb_events.mark_failed(TENANT, event.id, 3)
    dynamodb_events.acknowledge(TENANT, event.id, clock())
    dynamodb_events.erase(TENANT, event.id, clock())
    (first,) = (i for i in dynamodb.scan(TableName=events_table)["Items"] if event.id in str(i))

    clock.advance(seconds=5)
    with suppress(EventErasedError):
        dynamodb_events.erase(TENANT, event.id, clock())

    (again,) = (i for i in dynamodb.scan(TableName=events_table)["Items"] if event.id in str(i))
    assert again == first
    gone = {"payload", "payload_bytes", "metadata", "delivered_at"} | {"delivery_attempts"}
    assert not (gone & set(first))
