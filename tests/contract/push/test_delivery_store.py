"""`DeliveryStore`: records are kept on condition, and found by task, by id and by round."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.clock import START
from triggers_api.errors import NotFoundError
from triggers_api.push.delivery import Attempt, Delivery, DeliveryStatus, Task
from triggers_api.push.ports import DeliveryStore

SUCCEEDED, RETRYING, DEAD = (
    DeliveryStatus.SUCCEEDED,
    DeliveryStatus.RETRYING,
    DeliveryStatus.DEAD,
)


def new_task(tenant: str = TENANT, **fields: Any) -> Task:
    return a_task(an_event(START), a_config(tenant=tenant), **fields)


def with_another_attempt(delivery: Delivery, **fields: Any) -> Delivery:
    at = delivery.attempts[-1].at + timedelta(seconds=1)
    return replace(delivery, attempts=(*delivery.attempts, an_attempt(at)), **fields)


@pytest.mark.parametrize(
    "delivery",
    [
        a_delivery(new_task(), SUCCEEDED),
        a_delivery(new_task(round=2, pushes=3), RETRYING, next_attempt_at=START),
        a_delivery(new_task(), DEAD, reason="Grund: ünbekannt", tries_before=1),
        a_delivery(new_task(), DEAD, attempts=(), event_type="", reason="the event is gone"),
        a_delivery(
            new_task(),
            RETRYING,
            attempts=(
                Attempt(at=START, duration_ms=0, status_code=None, error="timed out"),
                Attempt(at=START, duration_ms=15_000, status_code=503, error="ü"),
                Attempt(at=START, duration_ms=1, status_code=204, error=None),
            ),
        ),
    ],
    ids=["succeeded", "of a round", "dead", "never attempted", "attempted"],
)
def test_a_record_is_found_as_it_was_kept(deliveries: DeliveryStore, delivery: Delivery) -> None:
    assert deliveries.record(delivery, known_attempts=None)

    assert deliveries.find(delivery.task) == delivery
    assert deliveries.get(TENANT, delivery.id) == delivery


def test_there_is_no_record_before_the_first_attempt(deliveries: DeliveryStore) -> None:
    task = new_task()

    assert deliveries.find(task) is None
    assert deliveries.of_round(TENANT, task.event_id, 0) == ()


def test_a_replay_finds_the_record_that_it_replays(deliveries: DeliveryStore) -> None:
    delivery = a_delivery(new_task())
    deliveries.record(delivery, known_attempts=None)

    assert deliveries.find(replace(delivery.task, replayed_after=1)) == delivery


def test_the_next_attempt_is_recorded_on_what_was_known(deliveries: DeliveryStore) -> None:
    first = a_delivery(new_task(), RETRYING, next_attempt_at=START)
    deliveries.record(first, known_attempts=None)
    second = with_another_attempt(first, status=SUCCEEDED, next_attempt_at=None)

    assert deliveries.record(second, known_attempts=1)

    assert deliveries.find(first.task) == second


def test_a_record_changes_without_an_attempt_too(deliveries: DeliveryStore) -> None:
    first = a_delivery(new_task(), RETRYING, next_attempt_at=START)
    deliveries.record(first, known_attempts=None)
    given_up = replace(first, status=DEAD, next_attempt_at=None, reason="the config was deleted")

    assert deliveries.record(given_up, known_attempts=1)

    assert deliveries.find(first.task) == given_up


def test_what_was_given_up_before_any_attempt_can_go_on(deliveries: DeliveryStore) -> None:
    given_up = a_delivery(new_task(), attempts=(), reason="the config is disabled")
    deliveries.record(given_up, known_attempts=None)
    replayed = given_up.replayed(START)

    assert deliveries.record(replayed, known_attempts=0)

    assert deliveries.find(given_up.task) == replayed


@pytest.mark.parametrize("known", [None, 0, 1, 3])
def test_who_does_not_know_the_last_attempt_records_nothing(
    deliveries: DeliveryStore, known: int | None
) -> None:
    first = a_delivery(new_task(), RETRYING)
    second = with_another_attempt(first)
    deliveries.record(first, known_attempts=None)
    deliveries.record(second, known_attempts=1)

    assert not deliveries.record(
        with_another_attempt(second, status=SUCCEEDED), known_attempts=known
    )

    assert deliveries.find(first.task) == second


@pytest.mark.parametrize("known", [0, 1])
def test_who_knows_a_record_that_is_not_there_records_nothing(
    deliveries: DeliveryStore, known: int
) -> None:
    delivery = a_delivery(new_task())

    assert not deliveries.record(delivery, known_attempts=known)

    assert deliveries.find(delivery.task) is None


def test_of_two_workers_with_the_same_first_attempt_one_records(deliveries: DeliveryStore) -> None:
    one = a_delivery(new_task(), SUCCEEDED)
    other = a_delivery(one.task, RETRYING, at=START + timedelta(milliseconds=1))

    assert deliveries.record(one, known_attempts=None)
    assert not deliveries.record(other, known_attempts=None)

    assert deliveries.find(one.task) == one


@pytest.mark.parametrize(
    "delivery_id",
    [
        new_task().delivery_id,
        f"{new_task().delivery_id}0000000",
        "dlv_",
        "",
        "dlv_test_0123456789ABCDEF",
        "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
        f"{new_task().delivery_id}\n",
        "dlv_" + "x" * 10_000,
    ],
    ids=[
        "unknown",
        "round too long",
        "only the prefix",
        "empty",
        "of a test",
        "an event's",
        "newline",
        "long",
    ],
)
def test_what_is_no_deliverys_id_is_not_found(deliveries: DeliveryStore, delivery_id: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        deliveries.get(TENANT, delivery_id)

    assert caught.value.code == "delivery_not_found"
    assert len(caught.value.message) < 200


def test_another_tenants_delivery_is_not_found(deliveries: DeliveryStore) -> None:
    delivery = a_delivery(new_task())
    deliveries.record(delivery, known_attempts=None)

    with pytest.raises(NotFoundError):
        deliveries.get(OTHER_TENANT, delivery.id)

    assert deliveries.find(replace(delivery.task, tenant=OTHER_TENANT)) is None
    assert deliveries.of_round(OTHER_TENANT, delivery.task.event_id, 0) == ()


def test_a_round_holds_the_deliveries_of_its_event_and_number_only(
    deliveries: DeliveryStore,
) -> None:
    event = an_event(START)
    made = {
        (number, of.id): a_delivery(a_task(of, a_config(), round=number))
        for of in (event, an_event(START))
        for number in (0, 1, 10)
    }
    second = a_delivery(a_task(event, a_config(), round=1), SUCCEEDED)
    for each in (*made.values(), second):
        deliveries.record(each, known_attempts=None)

    found = deliveries.of_round(TENANT, event.id, 1)

    assert sorted(found, key=lambda each: each.id) == sorted(
        [made[1, event.id], second], key=lambda each: each.id
    )
    assert deliveries.of_round(TENANT, event.id, 10) == (made[10, event.id],)
    assert deliveries.of_round(TENANT, event.id, 2) == ()


@pytest.mark.parametrize("answers", [["no such customer"], ["ü\x00\ud83d…", "", "x" * 1024]])
def test_what_receivers_answered_comes_back_word_for_word(
    deliveries: DeliveryStore, answers: list[str]
) -> None:
    said = tuple(
        replace(an_attempt(), answer=each.encode("utf-8", "replace").decode()) for each in answers
    )
    delivery = a_delivery(a_task(an_event(START), a_config()), attempts=said)
    deliveries.record(delivery, known_attempts=None)

    assert deliveries.find(delivery.task) == delivery


def test_a_record_remembers_when_its_event_was_dispatched(deliveries: DeliveryStore) -> None:
    task = a_task(an_event(START), a_config(), dispatched_at=1_795_000_000.125)
    deliveries.record(a_delivery(task), known_attempts=None)

    found = deliveries.find(task)

    assert found is not None
    assert found.task.dispatched_at == 1_795_000_000.125


def test_erasing_leaves_nothing_of_an_answer_not_even_of_a_success(
    deliveries: DeliveryStore,
) -> None:
    event = an_event(START)
    for status in (DeliveryStatus.SUCCEEDED, DeliveryStatus.DEAD):
        said = (replace(an_attempt(error=None), answer="ok, A-1 is yours"),)
        task = a_task(event, a_config())
        deliveries.record(a_delivery(task, status, attempts=said), known_attempts=None)

    deliveries.erase_answers(TENANT, event.id)

    kept = deliveries.of_event(TENANT, event.id)
    assert {each.attempts[0].answer for each in kept} == {""}
