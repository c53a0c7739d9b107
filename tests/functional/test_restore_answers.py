"""What a restore brings back of what receivers answered, while events are erased."""

from contextlib import suppress
from dataclasses import replace

import pytest

from admin.restoring.kinds import Part
from tests.builders.events import TENANT
from tests.builders.push import a_delivery, a_task
from tests.contract.clients import before_call
from tests.contract.push.calls import answers_lost
from tests.functional.damaged import Damaged
from tests.functional.leaving_tenant import DeadError
from triggers_api.errors import EventErasedError
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task


def quoting(task: Task) -> Delivery:
    """A delivery whose receiver said something of the event."""
    made = a_delivery(task, DeliveryStatus.SUCCEEDED)
    return replace(made, attempts=(replace(made.attempts[0], answer="Zaphod-Beeblebrox-42"),))


@pytest.mark.parametrize(
    ("operation", "number"), [("PutItem", 1), ("GetItem", 1), ("GetItem", 2), ("PutItem", 2)]
)
def test_what_is_erased_while_a_delivery_comes_back_is_not_told_by_it(
    damaged: Damaged, operation: str, number: int
) -> None:
    config, event = damaged.subscribe(), damaged.post()
    damaged.deliveries.record(quoting(a_task(event, config)), known_attempts=None)
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
    said = quoting(a_task(damaged.post(), damaged.subscribe()))
    damaged.deliveries.record(said, known_attempts=None)
    damaged.remember()
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()

    assert damaged.deliveries.find(said.task) == said


@pytest.mark.parametrize("number", [0, 1, 2])
def test_it_goes_on_with_its_own_write_whose_answer_was_lost(damaged: Damaged, number: int) -> None:
    said = quoting(replace(a_task(damaged.post(), damaged.subscribe()), dispatched_at=1.5))
    damaged.deliveries.record(said, known_attempts=None)
    damaged.remember()
    damaged.lose(Part.NOTIFICATIONS, f"{TENANT}#{said.task.event_id}")

    with answers_lost(damaged.dynamodb, "PutItem", after=number) as lost:
        damaged.bring_back()

    assert lost
    assert damaged.deliveries.find(said.task) == said


def test_killed_at_any_call_it_still_brings_back_what_receivers_answered(damaged: Damaged) -> None:
    said = quoting(a_task(damaged.post(), damaged.subscribe()))
    damaged.deliveries.record(said, known_attempts=None)
    damaged.remember()
    was_silent, number, is_over = False, 0, False
    while not is_over:
        number += 1
        damaged.lose(Part.NOTIFICATIONS, f"{TENANT}#{said.task.event_id}")
        with suppress(DeadError), damaged.killed_at(number) as calls:
            damaged.bring_back()
        was_silent |= damaged.deliveries.find(said.task) not in (None, said)

        damaged.bring_back()

        assert damaged.deliveries.find(said.task) == said
        is_over = calls() < number
    assert was_silent
