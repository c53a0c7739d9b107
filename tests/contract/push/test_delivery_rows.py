"""Deliveries in DynamoDB: lost answers, sizes, calls, and when a row is swept."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.capacity import Bill, metered
from tests.clock import START, FixedClock
from tests.contract.clients import before_call
from tests.contract.push.calls import answers_lost, operations, recorded
from tests.contract.push.conftest import RETENTION, Table
from triggers_api.errors import NotFoundError, UnreadableError
from triggers_api.events.ports import Position
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryPage, DeliveryQuery
from triggers_api.stored import word

pytestmark = pytest.mark.usefixtures("no_waiting")

HTTP_OK = type("Answer", (), {"status_code": 200})()
RETRYING, SUCCEEDED = DeliveryStatus.RETRYING, DeliveryStatus.SUCCEEDED


@pytest.mark.parametrize("known", [None, 1])
def test_a_record_that_is_sent_again_because_its_answer_was_lost_is_kept(
    table: Table, known: int | None
) -> None:
    first = a_delivery(a_task(an_event(START), a_config()), RETRYING)
    delivery = first
    if known is not None:
        table.deliveries.record(first, known_attempts=None)
        delivery = replace(first, attempts=first.attempts * 2, status=SUCCEEDED)

    with answers_lost(table.client, "PutItem", 1):
        assert table.deliveries.record(delivery, known_attempts=known)

    assert table.deliveries.find(first.task) == delivery


def test_what_another_release_made_of_a_delivery_is_shown_and_no_workers_business(
    table: Table,
) -> None:
    parked = a_delivery(a_task(an_event(START), a_config()), word(DeliveryStatus, "parked"))
    table.deliveries.record(parked, known_attempts=None)

    assert table.deliveries.get(TENANT, parked.id).status == "parked"
    with pytest.raises(UnreadableError):  # so that its task comes again
        table.deliveries.find(parked.task)
    table.deliveries.erase_answers(TENANT, parked.task.event_id)
    assert table.deliveries.get(TENANT, parked.id).status is DeliveryStatus.DROPPED


@pytest.mark.parametrize("known", [None, 1])
def test_another_workers_record_is_not_taken_for_our_own(table: Table, known: int | None) -> None:
    first = a_delivery(a_task(an_event(START), a_config()), RETRYING)
    if known is not None:
        table.deliveries.record(first, known_attempts=None)
    later = START + timedelta(milliseconds=1)
    attempts = (an_attempt(START),) * (known or 0)
    mine = replace(first, attempts=(*attempts, an_attempt(START)))
    theirs = replace(first, attempts=(*attempts, an_attempt(later)))

    def overtake() -> None:
        assert table.deliveries.record(theirs, known_attempts=known)

    with before_call(table.client, "PutItem", overtake):
        assert not table.deliveries.record(mine, known_attempts=known)

    assert table.deliveries.find(first.task) == theirs


def test_a_record_outlives_a_wait_that_is_longer_than_its_retention(table: Table) -> None:
    due_at = START + 2 * RETENTION
    task = a_task(an_event(START), a_config())
    table.deliveries.record(a_delivery(task, RETRYING, next_attempt_at=due_at), known_attempts=None)

    (item,) = table.items()

    assert int(item["expires_at"]["N"]) == int((due_at + RETENTION).timestamp())


def test_a_record_that_ends_without_an_attempt_is_kept_its_retention_from_then(
    table: Table, clock: FixedClock
) -> None:
    delivery = a_delivery(a_task(an_event(START), a_config()), attempts=(an_attempt(START),))
    table.deliveries.record(delivery, known_attempts=None)
    at = clock.advance(days=29)

    given_up = replace(delivery.replayed(at), status=DeliveryStatus.DEAD, next_attempt_at=None)
    table.deliveries.record(given_up, known_attempts=1)

    (item,) = table.items()
    assert int(item["expires_at"]["N"]) == int((at + RETENTION).timestamp())


def test_a_record_is_swept_when_its_retention_after_the_last_attempt_has_passed(
    table: Table, clock: FixedClock
) -> None:
    attempts = (an_attempt(START), an_attempt(START + timedelta(hours=20)))
    delivery = a_delivery(a_task(an_event(START), a_config()), attempts=attempts)
    never_tried = a_delivery(a_task(an_event(START), a_config()), attempts=())
    table.deliveries.record(never_tried, known_attempts=None)
    clock.advance(hours=20)
    table.deliveries.record(delivery, known_attempts=None)

    expiry = {item["id"]["S"]: int(item["expires_at"]["N"]) for item in table.items()}

    last = START + timedelta(hours=20)
    assert expiry[delivery.id] == int((last + RETENTION).timestamp())
    assert expiry[never_tried.id] == int((START + RETENTION).timestamp())


def test_what_workers_rest_on_is_read_consistently(table: Table) -> None:
    task = a_task(an_event(START), a_config())

    with recorded(table.client) as calls:
        table.deliveries.find(task)
        table.deliveries.of_round(TENANT, task.event_id, 0)

    assert operations(calls) == ["GetItem", "Query"]
    assert all(params["ConsistentRead"] for _, params in calls)


def test_an_id_that_is_no_deliverys_is_not_even_looked_up(table: Table) -> None:
    with recorded(table.client) as calls, pytest.raises(NotFoundError):
        table.deliveries.get(TENANT, "dlv_test_0123456789ABCDEF")

    assert calls == []


def test_more_deliveries_of_an_event_than_one_answer_holds_are_all_read(table: Table) -> None:
    event = an_event(START)
    large = an_attempt(error="x" * 150_000)
    made = [a_delivery(a_task(event, a_config()), attempts=(large,)) for _ in range(16)]
    for each in made:
        table.deliveries.record(each, known_attempts=None)

    with recorded(table.client) as calls:
        of_round = table.deliveries.of_round(TENANT, event.id, 0)
    assert len(calls) > 1

    query = DeliveryQuery(event_id=event.id)
    listed = table.deliveries.list_deliveries(TENANT, query, limit=100, after=None)
    expected = {each.id for each in made}
    assert {each.id for each in of_round} == expected
    assert {each.id for each in listed.deliveries} == expected


@dataclass
class Cost:
    """Of one page."""

    shown: int
    bill: Bill


def costs_of(table: Table, query: DeliveryQuery, limit: int = 50) -> Cost:
    """The first page, without the reading of the tenant's configs."""
    with metered(table.client, "NotificationsTable") as bill:
        page = table.deliveries.list_deliveries(TENANT, query, limit=limit, after=None)
    return Cost(len(page.deliveries), bill)


def successes_and(
    table: Table, rare: DeliveryStatus, successes: int, *, every: int, event_type: str = ""
) -> list[Delivery]:
    """To one config: many successes, and after each so many of them a rare one, newest first."""
    config = a_config()
    table.configs.put(config)
    found = []
    for number in range(successes):
        at = START + timedelta(seconds=number)
        table.deliveries.record(
            a_delivery(a_task(an_event(at), config), SUCCEEDED, at), known_attempts=None
        )
        if number % every == 0:
            task = a_task(an_event(at), config)
            of_type = {"event_type": event_type} if event_type else {}
            found.append(a_delivery(task, rare, at, **of_type))
            table.deliveries.record(found[-1], known_attempts=None)
    return found[::-1]


def test_a_page_of_dead_ones_costs_the_same_behind_any_number_of_successes(table: Table) -> None:
    dead = successes_and(table, DeliveryStatus.DEAD, 5, every=5)
    few = costs_of(table, DeliveryQuery(status=DeliveryStatus.DEAD))
    dead = successes_and(table, DeliveryStatus.DEAD, 200, every=200) + dead
    many = costs_of(table, DeliveryQuery(status=DeliveryStatus.DEAD))

    assert (few.shown, many.shown) == (1, 2)
    # One query for which configs have some, then for each of them one, and one read for each.
    assert few.bill.operations == ["Query", "Query", "BatchGetItem"]
    assert few.bill.read_units == 0.5 + 0.5 + 1
    assert many.bill.operations == ["Query", "Query", "Query", "BatchGetItem"]
    assert many.bill.read_units == 0.5 + 2 * 0.5 + 2


def test_a_list_of_what_is_not_sorted_by_says_how_far_it_came_after_1000_deliveries(
    table: Table,
) -> None:
    rare = successes_and(table, SUCCEEDED, 1100, every=1100, event_type="order.rare")
    query = DeliveryQuery(config_id=rare[0].task.config_id, event_type="order.rare")

    first = table.deliveries.list_deliveries(TENANT, query, limit=50, after=None)
    with metered(table.client, "NotificationsTable") as bill:
        table.deliveries.list_deliveries(TENANT, query, limit=50, after=None)
    rest = table.deliveries.list_deliveries(TENANT, query, limit=50, after=first.next_after)

    assert (first.deliveries, rest) == ((), DeliveryPage(tuple(rare), None))
    assert bill.items_read == 1000
    assert bill.read_units <= 100


def test_a_filter_that_leaves_much_reads_little_more_than_it_shows(table: Table) -> None:
    successes_and(table, DeliveryStatus.DEAD, 300, every=10)

    cost = costs_of(table, DeliveryQuery(status=SUCCEEDED), limit=50)

    assert cost.shown == 50
    assert cost.bill.items_read <= 1 + 100  # its config


@pytest.mark.parametrize("limit", [1, 20, 100])
def test_a_page_of_many_configs_reads_about_as_much_as_it_shows(table: Table, limit: int) -> None:
    configs = [a_config() for _ in range(20)]
    for config in configs:
        table.configs.put(config)
        for number in range(20):
            at = START + timedelta(seconds=number)
            task = a_task(an_event(at), config)
            table.deliveries.record(a_delivery(task, SUCCEEDED, at), known_attempts=None)

    with metered(table.client, "NotificationsTable") as bill:
        page = table.deliveries.list_deliveries(TENANT, DeliveryQuery(), limit=limit, after=None)

    assert len(page.deliveries) == limit
    # Its configs, and one more of each than its share of the page; each twice at most.
    assert bill.items_read <= 20 + 2 * (limit + 2 * 20)


def test_an_index_that_still_shows_a_replayed_delivery_as_dead_is_not_believed(
    table: Table,
) -> None:
    (dead,) = successes_and(table, DeliveryStatus.DEAD, 1, every=1)
    stale = table.client.query(
        TableName=table.name,
        IndexName="UnsuccessfulIndex",
        KeyConditionExpression="tenant = :tenant AND unsuccessful = :dead",
        ExpressionAttributeValues={":tenant": {"S": TENANT}, ":dead": {"S": "dead"}},
    )
    table.deliveries.record(dead.replayed(START), known_attempts=1)
    (config_id,) = {dead.task.config_id}

    def lag(params: Any, model: Any, **_: object) -> Any:  # noqa: ARG001
        return (HTTP_OK, stale) if params["body"].find(b"UnsuccessfulIndex") >= 0 else None

    events = table.client.meta.events
    events.register("before-call.dynamodb.Query", lag)
    try:
        query = DeliveryQuery(config_id=config_id, status=DeliveryStatus.DEAD)
        page = table.deliveries.list_deliveries(TENANT, query, limit=10, after=None)
    finally:
        events.unregister("before-call.dynamodb.Query", lag)

    assert page == DeliveryPage((), None)


def test_a_list_of_one_config_is_one_query_that_reads_one_page(table: Table) -> None:
    config = a_config()
    with recorded(table.client) as calls:
        table.deliveries.list_deliveries(
            TENANT,
            DeliveryQuery(config_id=config.id),
            limit=20,
            after=Position(START, "dlv_01KAM5ZQ8YF4N0T2V6X8Z1B3D5_" + "0" * 24 + "_0"),
        )

    ((operation, params),) = calls
    assert (operation, params["IndexName"], params["Limit"]) == ("Query", "HistoryIndex", 21)


def test_nothing_is_asked_for_where_no_delivery_can_be(table: Table) -> None:
    query = DeliveryQuery(config_id=a_config().id, since=START + timedelta(seconds=1))

    with recorded(table.client) as calls:
        page = table.deliveries.list_deliveries(
            TENANT,
            query,
            limit=20,
            after=Position(START, "dlv_01KAM5ZQ8YF4N0T2V6X8Z1B3D5_" + "0" * 24 + "_0"),
        )

    assert page == DeliveryPage((), None)
    assert calls == []
