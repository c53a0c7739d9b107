"""What a piece of work reads is counted where it is read, in every thread of it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import an_event
from tests.clock import START, FixedClock
from triggers_api.events.lifecycle import UNDELIVERED
from triggers_api.events.ports import EventQuery
from triggers_api.parallel import InParallel
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.ports import DeliveryQuery
from triggers_api.read_meter import metered, note_read
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.listing import StatusIndex
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.range import Range, Reach, gathered
from triggers_api.store.sizes import item_bytes, read_units
from triggers_api.store.table import Item, Query, Table
from triggers_api.timestamps import to_text

QUERY = Query("pk = :pk", {":pk": {"S": "a"}}, consistent=True)


class Answering:
    """A client of which each query takes 12.5 read units; all items are as large as this one."""

    def __init__(self, item: Item | None = None) -> None:
        self.item = item or {}

    def query(self, **request: Any) -> dict[str, Any]:
        assert request["ReturnConsumedCapacity"] == "TOTAL"
        capacity = {"TableName": "t", "CapacityUnits": 12.5}
        return {"Items": [], "Count": 0, "ScannedCount": 1, "ConsumedCapacity": capacity}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.item}

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        return {"Responses": {"t": [self.item] * 3}}


def table() -> Table:
    client: Any = Answering()
    return Table(client, "t")


def test_every_kind_of_read_is_counted() -> None:
    with metered() as meter:
        table().page(QUERY)
        table().count(QUERY, up_to=10)
        list(table().first(QUERY, up_to=10))
        table().find({}, consistent=True)
        table().find({}, consistent=False)
        table().find_all([{}, {}, {}])

    assert meter.units == 3 * 12.5 + 1 + 0.5 + 3


def test_a_large_item_is_a_unit_for_each_4_kb_begun() -> None:
    large: Item = {"pk": {"S": "a"}, "text": {"S": "x" * 20_000}, "on": {"BOOL": True}}
    client: Any = Answering(large)
    with metered() as by_its_key:
        Table(client, "t").find({}, consistent=True)
        Table(client, "t").find({}, consistent=False)
    with metered() as among_others:
        Table(client, "t").find_all([{}])

    assert by_its_key.units == 5 + 2.5
    assert among_others.units == 3 * 5


def test_what_is_read_of_many_shards_is_counted_too() -> None:
    query = EventQuery(statuses=UNDELIVERED)
    with metered() as meter:
        StatusIndex(table(), "acme", 7, query).read_range(None, 10)

    assert meter.units == len(UNDELIVERED) * 7 * 12.5


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        (DeliveryQuery(event_id=an_event(START).id), 1),
        (DeliveryQuery(status=DeliveryStatus.DEAD), 1),  # which configs have any
        (DeliveryQuery(), 2),  # which configs there are, and were
    ],
    ids=["of one event", "given up", "of all configs"],
)
def test_the_history_owes_what_it_read(
    clock: FixedClock, query: DeliveryQuery, queries: int
) -> None:
    client: Any = Answering()
    box: Any = None
    configs = DynamoConfigStore(client, "t", box, clock)
    store = DynamoDeliveryStore(client, "t", configs, retention=timedelta(days=30), clock=clock)

    page = store.list_deliveries("acme", query, limit=10, after=None)

    assert page.read_units == queries * 12.5


def test_a_page_owes_what_it_read_to_check_its_items_by_their_size() -> None:
    entry: Item = {"created_at": {"S": to_text(START)}, "id": {"S": "evt_1"}}
    client: Any = Answering({"text": {"S": "x" * 20_000}})

    page = gathered(
        lambda *_: Range([entry], None, 0.5),
        lambda _: Table(client, "t").find_all([{}]),
        after=None,
        limit=1,
        reach=Reach(ranges=1, of_nothing=1),
    )

    assert page.units == 0.5 + 3 * 5


@pytest.mark.parametrize("item", [{}, {"a": {"L": [{"N": "-12"}, {"NULL": True}]}}])
def test_an_item_of_any_kind_of_value_has_a_size(item: Item) -> None:
    every: Item = item | {"b": {"SS": ["one", "two"]}, "c": {"NS": ["1"]}, "d": {"B": b"12"}}
    assert item_bytes(every | {"e": {"M": item}}) > item_bytes(every) > 0
    assert read_units(every) == read_units(None) == 1


def test_what_is_read_in_parallel_is_counted_too(clock: FixedClock) -> None:
    with metered() as meter:
        InParallel(clock).all(range(50), lambda _: table().page(QUERY))

    assert meter.units == 50 * 12.5


def test_what_is_counted_within_is_counted_around_it_too() -> None:
    with metered() as outer:
        note_read(1)
        with metered() as inner:
            note_read(2)

    assert (inner.units, outer.units) == (2, 3)


def test_what_is_read_beside_or_afterwards_is_not_counted() -> None:
    with metered() as first:
        note_read(1)
    with metered() as second:
        note_read(2)
    note_read(4)

    assert (first.units, second.units) == (1, 2)
