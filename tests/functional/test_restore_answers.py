"""What a restore brings back of what receivers answered, while events are erased."""

from dataclasses import replace

import pytest

from admin.restoring.kinds import Part
from tests.builders.events import TENANT
from tests.builders.push import a_delivery, a_task
from tests.contract.clients import before_call
from tests.functional.damaged import Damaged
from triggers_api.errors import EventErasedError
from triggers_api.push.delivery import DeliveryStatus


@pytest.mark.parametrize(
    ("operation", "number"), [("PutItem", 1), ("GetItem", 1), ("GetItem", 2), ("PutItem", 2)]
)
def test_what_is_erased_while_a_delivery_comes_back_is_not_told_by_it(
    damaged: Damaged, operation: str, number: int
) -> None:
    config, event = damaged.subscribe(), damaged.post()
    said = a_delivery(a_task(event, config), DeliveryStatus.SUCCEEDED)
    quoting = replace(said, attempts=(replace(said.attempts[0], answer="Zaphod-Beeblebrox-42"),))
    damaged.deliveries.record(quoting, known_attempts=None)
    damaged.remember()
    damaged.lose(Part.NOTIFICATIONS, f"{TENANT}#{event.id}")

    def erase() -> None:
        damaged.events.erase(TENANT, event.id, damaged.clock())
        damaged.deliveries.erase_answers(TENANT, event.id)

    with before_call(damaged.dynamodb, operation, erase, number):
        damaged.bring_back("--tenant", TENANT)

    (record,) = damaged.deliveries.of_event(TENANT, event.id)
    with pytest.raises(EventErasedError):
        damaged.events.get(TENANT, event.id)
    assert (record.attempts[0].answer, record.status) == ("", DeliveryStatus.SUCCEEDED)


def test_a_delivery_comes_back_with_what_its_receiver_answered(damaged: Damaged) -> None:
    said = a_delivery(a_task(damaged.post(), damaged.subscribe()), DeliveryStatus.DEAD)
    damaged.deliveries.record(said, known_attempts=None)
    damaged.remember()
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()

    assert damaged.deliveries.find(said.task) == said
