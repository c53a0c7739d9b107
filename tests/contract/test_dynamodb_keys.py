"""The place that an idempotency key holds on DynamoDB: how long, for whom, and at whose cost."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import (
    ALL_EVENTS,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    an_event,
    ids,
    incompressible_payload,
    walk,
)
from tests.clock import FixedClock
from tests.contract.clients import before_call
from tests.contract.test_dynamodb_bad_luck import sweep
from triggers_api.errors import NotFoundError, StoreUnavailableError, TooManyAtOnceError
from triggers_api.store import items
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOUR = timedelta(hours=1)
SIZES = pytest.mark.parametrize("payload", [b'{"n":1}', incompressible_payload(9000)], ids=len)


class Keyed:
    """A store on which one key is used again and again."""

    def __init__(
        self, client: "DynamoDBClient", store: DynamoEventStore, table: str, clock: FixedClock
    ) -> None:
        self.client, self.store, self.table, self.clock = client, store, table, clock

    def add(self, said: str = "one body", key: str = "key-1") -> tuple[str, bool]:
        event = a_keyed_event(self.clock(), key)
        addition = self.store.add(TENANT, event, a_fingerprint(said))
        return addition.event.id, addition.replayed

    def wait(self, delta: timedelta) -> None:
        self.clock.at += delta
        sweep(self.client, self.table, self.clock())

    def listed(self) -> list[str]:
        return ids(walk(self.store, ALL_EVENTS))


@pytest.fixture
def keyed(
    dynamodb: "DynamoDBClient",
    dynamodb_events: DynamoEventStore,
    events_table: str,
    clock: FixedClock,
) -> Keyed:
    return Keyed(dynamodb, dynamodb_events, events_table, clock)


def test_a_claim_outlives_the_event_in_whose_place_it_stands(keyed: Keyed) -> None:
    keyed.add("old")
    keyed.wait(UNDELIVERED_RETENTION - HOUR)
    new, _ = keyed.add("new")

    keyed.wait(23 * HOUR + timedelta(minutes=59))

    assert keyed.add("new") == (new, True)


def test_a_place_is_kept_an_hour_longer_than_its_claim_for_clocks_that_differ(
    keyed: Keyed,
) -> None:
    old, _ = keyed.add("old")
    keyed.wait(UNDELIVERED_RETENTION - HOUR)
    keyed.add("new")

    keyed.wait(25 * HOUR - timedelta(seconds=1))

    key = items.event_key(TENANT, old)
    assert "Item" in keyed.client.get_item(TableName=keyed.table, Key=key)


def test_a_claim_takes_nothing_of_the_time_of_a_younger_event(keyed: Keyed) -> None:
    old, _ = keyed.add("old")
    keyed.wait(30 * HOUR)
    keyed.add("new")

    keyed.wait(timedelta(days=300))

    assert keyed.store.get(TENANT, old).id == old


def test_an_event_whose_place_is_claimed_twice_is_not_seen_again(keyed: Keyed) -> None:
    old, _ = keyed.add("old")
    keyed.wait(UNDELIVERED_RETENTION - HOUR)
    second, _ = keyed.add("second")
    keyed.wait(24 * HOUR)

    third, replayed = keyed.add("third")

    assert not replayed
    assert keyed.listed() == [second, third]
    with pytest.raises(NotFoundError):
        keyed.store.get(TENANT, old)
    with pytest.raises(NotFoundError):
        keyed.store.acknowledge(TENANT, old, keyed.clock())


def test_two_keys_that_are_used_again_in_one_moment_make_two_events(keyed: Keyed) -> None:
    for key in ("key-1", "key-2"):
        keyed.add("old", key)
    keyed.wait(25 * HOUR)

    (one, _), (other, _) = (keyed.add("new", key) for key in ("key-1", "key-2"))

    assert one != other
    assert len(keyed.listed()) == 4


def test_a_place_that_is_swept_while_it_is_claimed_stores_nothing_and_asks_to_come_again(
    keyed: Keyed,
) -> None:
    old, _ = keyed.add("old")
    keyed.wait(25 * HOUR)

    def swept() -> None:
        keyed.client.delete_item(TableName=keyed.table, Key=items.event_key(TENANT, old))

    with (
        before_call(keyed.client, "UpdateItem", swept),
        pytest.raises(TooManyAtOnceError),
    ):
        keyed.add("new")

    assert keyed.listed() == []
    new, replayed = keyed.add("new")
    assert (keyed.listed(), replayed) == ([new], False)


def test_a_replay_shows_none_of_the_attempts_that_were_made_since(keyed: Keyed) -> None:
    event = a_keyed_event(keyed.clock())
    first = keyed.store.add(TENANT, event, a_fingerprint()).event
    keyed.store.mark_failed(TENANT, first.id, 7)

    assert keyed.store.add(TENANT, event, a_fingerprint()).event == first


@SIZES
def test_the_second_in_which_an_event_expires_frees_its_place(keyed: Keyed, payload: bytes) -> None:
    event = a_keyed_event(keyed.clock(), payload=payload)
    keyed.store.add(TENANT, event, a_fingerprint("old"))
    keyed.clock.at += UNDELIVERED_RETENTION

    later = a_keyed_event(keyed.clock(), payload=payload)
    addition = keyed.store.add(TENANT, later, a_fingerprint("new"))

    assert not addition.replayed
    assert walk(keyed.store, ALL_EVENTS) == [later]


@SIZES
def test_two_requests_that_drew_one_id_are_not_taken_for_one(keyed: Keyed, payload: bytes) -> None:
    event = an_event(keyed.clock(), payload=payload, entropy=bytes(10))
    keyed.store.add(TENANT, event, None)
    keyed.clock.advance(milliseconds=5)
    other = an_event(keyed.clock(), payload=payload, entropy=bytes(10))

    with pytest.raises(StoreUnavailableError):
        keyed.store.add(TENANT, other, None)

    assert walk(keyed.store, ALL_EVENTS) == [event]
