from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.clock import START
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task, event_of

TASK = a_task(an_event(START), a_config())
STATUSES = st.sampled_from(DeliveryStatus)


def a_record(status: DeliveryStatus, attempts: int, tries_before: int = 0) -> Delivery:
    return a_delivery(TASK, status, attempts=(an_attempt(),) * attempts, tries_before=tries_before)


def test_an_id_names_event_config_and_round_and_nothing_else() -> None:
    others = (replace(TASK, pushes=7), replace(TASK, replayed_after=3))
    assert {task.delivery_id for task in others} == {TASK.delivery_id}

    for other in (
        a_task(an_event(START), a_config()),
        replace(TASK, event_id=an_event(START).id),
        replace(TASK, config_id=a_config().id),
        replace(TASK, round=1),
    ):
        assert other.delivery_id != TASK.delivery_id


def test_an_id_leads_back_to_its_event() -> None:
    assert event_of(TASK.delivery_id) == TASK.event_id
    assert event_of(replace(TASK, round=12).delivery_id) == TASK.event_id


@given(st.text() | st.sampled_from([TASK.delivery_id, TASK.event_id]).map(lambda id_: id_ + "x"))
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    assert event_of(text) is None


@given(STATUSES, st.integers(0, 5))
def test_only_what_is_retrying_goes_on_by_itself(status: DeliveryStatus, attempts: int) -> None:
    assert a_record(status, attempts).is_final == (status is not DeliveryStatus.RETRYING)


@given(STATUSES, st.integers(0, 5), st.none() | st.integers(0, 5))
def test_a_replay_holds_until_the_next_attempt(
    status: DeliveryStatus, attempts: int, replayed_after: int | None
) -> None:
    delivery = a_record(status, attempts)
    task = replace(TASK, replayed_after=replayed_after)

    assert delivery.is_replayed_by(task) == (delivery.is_final and attempts == replayed_after)
    assert not delivery.is_replayed_by(TASK)


@given(STATUSES, st.integers(0, 5), st.integers(0, 5))
def test_a_replayed_delivery_has_its_history_and_its_whole_schedule(
    status: DeliveryStatus, before: int, after: int
) -> None:
    delivery = a_record(status, before)
    at = START + timedelta(days=1)

    replayed = delivery.replayed(at)

    assert (replayed.status, replayed.next_attempt_at) == (DeliveryStatus.RETRYING, at)
    assert (replayed.reason, replayed.tries) == (None, 0)
    assert replayed.attempts == delivery.attempts
    assert (replayed.id, replayed.created_at) == (delivery.id, delivery.created_at)
    more = replace(replayed, attempts=replayed.attempts + (an_attempt(),) * after)
    assert more.tries == after


def test_a_task_is_a_fresh_one_unless_told_otherwise() -> None:
    task = Task(tenant="acme", event_id="evt_1", config_id="cfg_1")

    assert (task.round, task.pushes, task.replayed_after) == (0, 1, None)
