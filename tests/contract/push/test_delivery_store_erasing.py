"""`DeliveryStore.erase_answers`: what receivers said may quote the event."""

from dataclasses import replace

import pytest

from tests.builders import OTHER_TENANT, TENANT
from tests.builders_push import a_delivery
from tests.clock import START
from tests.contract.push.test_delivery_store import DEAD, RETRYING, SUCCEEDED, new_task
from triggers_api.push.delivery import ERASED, Attempt, Delivery
from triggers_api.push.ports import DeliveryStore


@pytest.mark.parametrize(
    "delivery",
    [
        a_delivery(new_task(), SUCCEEDED),
        a_delivery(new_task(), RETRYING, next_attempt_at=START),
        a_delivery(new_task(), DEAD, reason="the receiver answered 'Jane Doe'"),
    ],
    ids=["succeeded", "retrying", "dead"],
)
def test_what_receivers_said_to_an_erased_event_is_gone(
    deliveries: DeliveryStore, delivery: Delivery
) -> None:
    failed = Attempt(at=START, duration_ms=1, status_code=400, error="Jane Doe is unknown")
    accepted = Attempt(at=START, duration_ms=1, status_code=204, error=None)
    deliveries.record(replace(delivery, attempts=(failed, accepted)), known_attempts=None)

    for _ in range(2):
        deliveries.erase_answers(TENANT, delivery.task.event_id)

    found = deliveries.get(TENANT, delivery.id)
    assert found.attempts == (replace(failed, error=ERASED), accepted)
    assert found.is_final
    assert found.reason == (None if delivery.status is SUCCEEDED else ERASED)


def test_who_was_sending_while_the_event_was_erased_cannot_record_it(
    deliveries: DeliveryStore,
) -> None:
    retrying = a_delivery(new_task(), RETRYING, next_attempt_at=START)
    deliveries.record(retrying, known_attempts=None)
    deliveries.erase_answers(TENANT, retrying.task.event_id)

    failed = Attempt(at=START, duration_ms=1, status_code=400, error="Jane Doe is unknown")
    sent = replace(retrying, attempts=(*retrying.attempts, failed))
    assert not deliveries.record(sent, known_attempts=1)

    assert "Jane Doe" not in str(deliveries.get(TENANT, retrying.id))


def test_the_answers_of_other_events_and_tenants_stay(deliveries: DeliveryStore) -> None:
    mine = a_delivery(new_task(), DEAD, reason="no")
    theirs = a_delivery(replace(mine.task, tenant=OTHER_TENANT), DEAD, reason="no")
    other = a_delivery(new_task(), DEAD, reason="no")
    for each in (mine, theirs, other):
        deliveries.record(each, known_attempts=None)

    deliveries.erase_answers(TENANT, mine.task.event_id)

    assert deliveries.get(OTHER_TENANT, theirs.id) == theirs
    assert deliveries.get(TENANT, other.id) == other
