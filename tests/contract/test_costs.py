"""What events cost: promised figures, computed from the real requests (see `capacity.py`)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import TENANT, an_api_key, an_event, incompressible_payload
from tests.capacity import Bill, Shape, item_bytes, metered, write_units
from tests.clock import START, FixedClock
from tests.contract.clients import payload_items
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore
from tests.http_api import Api
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenants import INDEX_SETTLES_WITHIN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def api(dynamodb_events: DynamoEventStore, clock: FixedClock) -> Api:
    """The whole API on DynamoDB, warm: it knows its caller, and is at work for it."""
    return open_api(dynamodb_events, clock)


@pytest.fixture
def traced_api(dynamodb: "DynamoDBClient", events_table: str, clock: FixedClock) -> Api:
    """The same, of which every request is recorded by X-Ray."""
    settings = replace(ApiSettings.from_environment().events, table=events_table)
    return open_api(DynamoEventStore(dynamodb, settings, clock, lambda: TRACE), clock)


def open_api(events: DynamoEventStore, clock: FixedClock) -> Api:
    api_keys = InMemoryApiKeyStore()
    key, token = an_api_key(clock())
    api_keys.add(key)
    handler = build(ApiSettings.from_environment(), dependencies(events, api_keys), clock)
    warm = Api(handler, token)
    acknowledge(warm, create(warm, order(0)))
    return warm


def order(
    number: int, size: int = 1024, execution_id: str | None = "exec_amazon_orders_2026_11_21"
) -> bytes:
    """A request that posts an order, filled up with what a customer writes to that size."""
    event: dict[str, Any] = {
        "event_type": "order.fetched",
        "execution_id": execution_id,
        "payload": {
            "order_id": f"302-{7814452 + number}-1903521",
            "purchased_at": "2026-11-21T21:04:17Z",
            "buyer": {"name": "Łukasz Müller-Ørsted", "email": f"l{number}@marketplace.example"},
            "address": {"street": "Venloer Straße 241", "postcode": "50823", "city": "Köln"},
            "lines": [
                {"sku": "TEA-EARL-250", "title": "Earl Grey 250 g", "quantity": 2, "price": 8.90},
                {"sku": "MUG-JP-01", "title": "Mug, stoneware", "quantity": 1, "price": 14.00},
                {"sku": "GRIND-PRO", "title": "Coffee grinder", "quantity": 1, "price": 189.00},
            ],
            "currency": "EUR",
            "total": 220.80,
            "note": "",
        },
        "metadata": {"connector": "amazon", "entity_type": "order"},
    }
    missing = size - len(json.dumps(event, ensure_ascii=False).encode())
    words = "Please ring twice, the bell on the third floor is faint; leave it with the bakery."
    event["payload"]["note"] = (words * 9)[:missing]
    return json.dumps(event, ensure_ascii=False).encode()


def create(api: Api, body: object, **headers: str) -> str:
    answer = api.post("/events", body, **headers)
    assert answer.status == 201
    event_id: str = answer.json()["id"]
    return event_id


def acknowledge(api: Api, event_id: str) -> None:
    assert api.post(f"/events/{event_id}/acknowledge").status == 204


def read_inbox(dynamodb: "DynamoDBClient", api: Api) -> tuple[Bill, int]:
    """What one page of the inbox costs, and how many events are on it."""
    with metered(dynamodb, "EventsTable") as bill:
        answer = api.get("/inbox?limit=100")
    return bill, len(answer.json())


def test_the_order_that_the_figures_are_for_has_1024_bytes() -> None:
    assert [len(order(number)) for number in (1, 99)] == [1024, 1024]


@pytest.mark.parametrize("headers", [{}, {"idempotency_key": "order-302-7814452-1903521"}], ids=len)
@pytest.mark.parametrize(("execution_id", "units"), [(None, 5), ("exec_amazon_orders", 6)])
def test_an_event_of_1_kb_costs_5_write_units_in_its_life_and_6_in_an_execution(
    dynamodb: "DynamoDBClient",
    api: Api,
    headers: dict[str, str],
    execution_id: str | None,
    units: int,
) -> None:
    with metered(dynamodb, "EventsTable") as bill:
        event_id = create(api, order(1, execution_id=execution_id), **headers)
        created = bill.write_units
        acknowledge(api, event_id)

    assert bill.write_units == units
    assert bill.write_units - created == 3  # nothing that the index of executions holds changes
    assert bill.read_units == 0


def test_an_event_of_1_kb_that_is_traced_costs_no_more(
    dynamodb: "DynamoDBClient", traced_api: Api
) -> None:
    with metered(dynamodb, "EventsTable") as bill:
        draft = order(1, execution_id=None)
        event_id = create(traced_api, draft, idempotency_key="order-302-7814452-1903521")
        acknowledge(traced_api, event_id)

    assert (bill.write_units, bill.read_units) == (5, 0)


@pytest.mark.parametrize("size", range(200, 1300, 31))
def test_a_trace_pushes_no_event_over_a_step_of_the_price(
    dynamodb: "DynamoDBClient", events_table: str, traced_api: Api, size: int
) -> None:
    """At worst, the payload is stored apart, as that of a larger event is."""
    draft = {"event_type": "order.fetched", "payload": json.loads(incompressible_payload(size))}

    with metered(dynamodb, "EventsTable") as bill:
        event_id = create(traced_api, draft)
        acknowledge(traced_api, event_id)

    apart = sum(map(item_bytes, payload_items(dynamodb, events_table, event_id)))
    assert bill.write_units == 5 + -(-apart // 1024)


def test_repeating_a_request_costs_1_write_unit_and_1_read_unit(
    dynamodb: "DynamoDBClient", api: Api, clock: FixedClock
) -> None:
    create(api, order(1), idempotency_key="key-1")
    clock.advance(seconds=1)

    with metered(dynamodb, "EventsTable") as bill:
        create(api, order(1), idempotency_key="key-1")

    assert (bill.write_units, bill.read_units) == (1, 1)


def test_a_large_event_costs_its_payload_and_5_write_units(
    dynamodb: "DynamoDBClient", events_table: str, api: Api
) -> None:
    payload = json.loads(incompressible_payload(10 * 1024))

    with metered(dynamodb, "EventsTable") as bill:
        event_id = create(api, {"event_type": "order.fetched", "payload": payload})
        acknowledge(api, event_id)

    (body,) = payload_items(dynamodb, events_table, event_id)
    assert bill.write_units == -(-item_bytes(body) // 1024) + 5


@pytest.mark.parametrize("size", range(200, 1300, 31))
def test_no_event_is_pushed_over_a_step_of_the_price_by_what_is_added_to_it_later(
    dynamodb: "DynamoDBClient", events_table: str, api: Api, size: int
) -> None:
    draft = {"event_type": "order.fetched", "payload": json.loads(incompressible_payload(size))}

    with metered(dynamodb, "EventsTable") as bill:
        event_id = create(api, draft, idempotency_key=f"key-{size}")
        acknowledge(api, event_id)

    apart = sum(map(item_bytes, payload_items(dynamodb, events_table, event_id)))
    assert bill.write_units == 5 + -(-apart // 1024)


@pytest.mark.parametrize("waiting", [100, 200])
def test_a_page_of_100_events_costs_15_read_units_however_many_there_are(
    dynamodb: "DynamoDBClient", api: Api, clock: FixedClock, waiting: int
) -> None:
    for number in range(waiting):
        clock.advance(milliseconds=1)
        create(api, order(number))
    clock.at += 3 * INDEX_SETTLES_WITHIN

    bill, listed = read_inbox(dynamodb, api)

    assert listed == 100
    assert bill.read_units <= 15
    assert bill.items_read <= 100 + 3  # the tenant's row, and one more of each status


def test_recent_acknowledgements_add_at_most_1_read_unit_for_each_event_listed(
    dynamodb: "DynamoDBClient", api: Api, clock: FixedClock
) -> None:
    for number in range(50):
        create(api, order(number))
    acknowledge(api, create(api, order(50)))
    unsettled, listed = read_inbox(dynamodb, api)
    clock.at += 3 * INDEX_SETTLES_WITHIN

    at_rest, _ = read_inbox(dynamodb, api)

    assert listed == 50
    assert unsettled.read_units - at_rest.read_units <= listed


def test_an_empty_inbox_costs_2_read_units(dynamodb: "DynamoDBClient", api: Api) -> None:
    bill, listed = read_inbox(dynamodb, api)

    assert listed == 0
    assert bill.read_units <= 2


def test_a_list_that_shows_nothing_of_many_events_says_so_after_a_look_at_1000(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, api: Api
) -> None:
    at = START - timedelta(hours=1)
    for number in range(1200):
        dynamodb_events.add(TENANT, an_event(at + timedelta(seconds=number)), None)

    for asked in ("severity=critical", "event_type=order.rare", "status=failed"):
        with metered(dynamodb, "EventsTable") as bill:
            answer = api.get(f"/events?{asked}")

        assert answer.json() == [], asked
        assert ("link" in answer.headers) == (asked != "status=failed"), asked
        assert bill.items_read <= 1000 + 10, asked
        assert bill.read_units <= 125, asked


def test_the_events_of_an_execution_cost_the_same_among_any_number_of_others(
    dynamodb: "DynamoDBClient", dynamodb_events: DynamoEventStore, api: Api
) -> None:
    at = START - timedelta(hours=1)
    for number in range(150):
        mine = "exec_mine" if number % 50 == 0 else f"exec_{number % 7}"
        event = an_event(at + timedelta(seconds=number), execution_id=mine)
        dynamodb_events.add(TENANT, event, None)

    with metered(dynamodb, "EventsTable") as bill:
        answer = api.get("/events?execution_id=exec_mine")

    assert len(answer.json()) == 3
    assert bill.operations == ["Query", "BatchGetItem"]
    assert bill.read_units == 0.5 + 3


def test_the_model_counts_names_values_and_steps_as_documented() -> None:
    item = {"pk": {"S": "é"}, "n": {"N": "123"}, "b": {"B": b"1234"}}

    assert item_bytes(item) == (2 + 2) + (1 + 3) + (1 + 4)


def test_the_model_bills_a_change_of_the_indexs_key_twice() -> None:
    shape = Shape(frozenset({"pk"}), frozenset({"status"}), frozenset({"text"}))
    before = {"pk": {"S": "1"}, "status": {"S": "a"}, "text": {"S": "x" * 1100}}

    assert write_units(shape, None, before) == 2 + 2
    assert write_units(shape, before, before | {"status": {"S": "b"}}) == 2 + 2 + 2
    assert write_units(shape, before, before | {"text": {"S": "short"}}) == 2 + 2
    assert write_units(shape, before, before | {"unprojected": {"S": "x"}}) == 2
