"""Deliveries in DynamoDB: lost answers, sizes, calls, and when a row is swept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.clock import START
from tests.contract.clients import before_call
from tests.contract.push.calls import answers_lost, operations, recorded
from tests.contract.push.conftest import RETENTION, Table
from triggers_api.errors import NotFoundError
from triggers_api.events.ports import Position
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.ports import DeliveryPage, DeliveryQuery

pytestmark = pytest.mark.usefixtures("no_waiting")

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


def test_a_record_is_swept_when_its_retention_after_the_last_attempt_has_passed(
    table: Table,
) -> None:
    attempts = (an_attempt(START), an_attempt(START + timedelta(hours=20)))
    delivery = a_delivery(a_task(an_event(START), a_config()), attempts=attempts)
    never_tried = a_delivery(a_task(an_event(START), a_config()), attempts=())
    for each in (delivery, never_tried):
        table.deliveries.record(each, known_attempts=None)

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


def test_rare_dead_among_more_deliveries_than_one_query_looks_at_are_all_found(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.store.deliveries._READ_WHEN_FILTERING", 50)
    config = a_config()
    table.configs.put(config)
    dead = []
    for number in range(105):
        at = START + timedelta(seconds=number)
        is_dead = number % 50 == 0
        status = DeliveryStatus.DEAD if is_dead else SUCCEEDED
        delivery = a_delivery(a_task(an_event(at), config), status, at)
        table.deliveries.record(delivery, known_attempts=None)
        dead += [delivery] if is_dead else []

    query = DeliveryQuery(status=DeliveryStatus.DEAD)
    pages = [table.deliveries.list_deliveries(TENANT, query, limit=2, after=None)]
    while (after := pages[-1].next_after) is not None:
        pages.append(table.deliveries.list_deliveries(TENANT, query, limit=2, after=after))

    assert [each for page in pages for each in page.deliveries] == dead[::-1]
    assert len(pages) <= 4


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
