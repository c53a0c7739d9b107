"""What no request expects: places that change hands, payloads swept early, half-done work."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import (
    ALL_EVENTS,
    INBOX,
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
from tests.contract.conftest import OpenStore
from triggers_api.errors import NotFoundError
from triggers_api.events.event import Event
from triggers_api.settings import EventsSettings
from triggers_api.store import items
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenants import MAX_SHARDS, TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGE = incompressible_payload(6000)
DAY = timedelta(days=1)


class KilledError(Exception):
    """The process ends here."""


def kill() -> None:
    raise KilledError


def retaining(table: str, undelivered: timedelta, delivered: timedelta) -> EventsSettings:
    return EventsSettings(
        table=table, undelivered_retention=undelivered, delivered_retention=delivered
    )


def sweep(client: "DynamoDBClient", table: str, at: datetime) -> None:
    """As time to live does, at its quickest."""
    for item in client.scan(TableName=table)["Items"]:
        if "expires_at" in item and items.may_be_swept(item, at):
            client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


def test_a_key_used_every_day_neither_breaks_a_list_nor_keeps_its_first_event(
    dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock
) -> None:
    store = DynamoEventStore(dynamodb, retaining(events_table, 2 * DAY, DAY), clock)
    first = store.add(TENANT, a_keyed_event(clock(), "daily", payload=LARGE), a_fingerprint("0"))

    for day in range(1, 8):
        clock.at += DAY
        store.add(TENANT, a_keyed_event(clock(), "daily", payload=LARGE), a_fingerprint(str(day)))
        sweep(dynamodb, events_table, clock())
        assert len(ids(walk(store, INBOX))) == 2

    with pytest.raises(NotFoundError):
        store.get(TENANT, first.event.id)


def test_an_event_whose_payload_was_swept_is_gone_and_breaks_no_list(
    dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock
) -> None:
    """So it is when an event was stored before the retention was raised."""
    short = DynamoEventStore(dynamodb, retaining(events_table, 30 * DAY, DAY), clock)
    event = short.add(TENANT, an_event(clock(), payload=LARGE), None).event
    long = DynamoEventStore(dynamodb, retaining(events_table, 30 * DAY, 365 * DAY), clock)
    long.acknowledge(TENANT, event.id, clock())
    clock.at += 60 * DAY
    sweep(dynamodb, events_table, clock())

    assert ids(walk(long, ALL_EVENTS)) == []
    with pytest.raises(NotFoundError):
        long.get(TENANT, event.id)


def test_a_claim_on_a_place_that_changed_hands_costs_the_newcomer_nothing(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    slow, quick = open_store(dynamodb, events_table), open_store(dynamodb, events_table)
    slow.add(TENANT, a_keyed_event(clock(), "key"), a_fingerprint("old"))
    clock.at += UNDELIVERED_RETENTION - timedelta(seconds=1)
    newcomers: list[Event] = []

    def take_the_place() -> None:
        clock.advance(seconds=2)
        event = a_keyed_event(clock(), "key")
        newcomers.append(quick.add(TENANT, event, a_fingerprint("same")).event)

    with before_call(dynamodb, "UpdateItem", take_the_place):
        answered = slow.add(TENANT, a_keyed_event(clock(), "key"), a_fingerprint("same")).event

    clock.advance(hours=26)
    assert answered == newcomers[0]
    assert ids(walk(slow, INBOX)) == [answered.id]


def test_a_claim_leaves_an_acknowledged_event_its_whole_retention(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    one, other = open_store(dynamodb, events_table), open_store(dynamodb, events_table)
    event = one.add(TENANT, a_keyed_event(clock(), "key"), a_fingerprint("old")).event
    clock.at += UNDELIVERED_RETENTION - timedelta(hours=1)

    with before_call(dynamodb, "UpdateItem", lambda: other.acknowledge(TENANT, event.id, clock())):
        one.add(TENANT, a_keyed_event(clock(), "key"), a_fingerprint("new"))

    clock.at += 2 * DAY
    assert one.get(TENANT, event.id).delivered_at is not None


def test_who_finishes_a_claimed_event_need_not_spell_its_payload_alike(
    dynamodb: "DynamoDBClient", events_table: str, open_store: OpenStore, clock: FixedClock
) -> None:
    store = open_store(dynamodb, events_table)
    store.add(TENANT, a_keyed_event(clock(), "key"), a_fingerprint("old"))
    clock.advance(hours=25)
    one, other = LARGE[:-1] + b',"a":1.0}', LARGE[:-1] + b',"a":1.00}'
    with before_call(dynamodb, "PutItem", kill, number=2), pytest.raises(KilledError):
        store.add(TENANT, a_keyed_event(clock(), "key", payload=one), a_fingerprint("same"))

    clock.advance(seconds=5)
    event = a_keyed_event(clock(), "key", payload=other)
    addition = store.add(TENANT, event, a_fingerprint("same"))

    assert addition.replayed
    assert store.get(TENANT, addition.event.id).payload in (one, other)


@pytest.mark.parametrize("shards", [0, -1, MAX_SHARDS + 1])
def test_a_number_of_shards_that_no_list_could_read_is_refused(
    dynamodb: "DynamoDBClient", events_table: str, shards: int
) -> None:
    rows = TenantRows(dynamodb, events_table)

    with pytest.raises(ValueError, match="1 to 64"):
        rows.raise_shards(TENANT, shards)

    assert rows.read(TENANT).shards == 1


def test_a_process_that_meets_very_many_tenants_remembers_a_thousand(
    dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock
) -> None:
    rows = TenantRows(dynamodb, events_table, clock)
    for number in range(1_010):
        rows.shards_to_write(f"tenant-{number}")
        rows.note_change(f"tenant-{number}", clock())

    assert len(rows._shards) == len(rows._noted) == 1_000  # noqa: SLF001  # what it holds
