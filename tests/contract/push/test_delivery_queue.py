"""`DeliveryQueue`: tasks are handed on now, later, or to where people look."""

import json
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_scheduler_letter, a_task
from tests.clock import START, FixedClock
from tests.contract.push.queues import Watched
from triggers_api.aws.task_queue import from_body, to_body
from triggers_api.push.delivery import Task

SECOND = timedelta(seconds=1)
FULL = Task(
    tenant="acme-ü",
    event_id="evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
    config_id="cfg_0123456789abcdef01234567",
    round=7,
    pushes=3,
    replayed_after=12,
    execution_id="exec_43",
    trace="Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    ticket=17,
    waits_since=1795312672.5,
    turn_at=1795312680.25,
    turn_rate=20,
    config_turn_at=1795312681.5,
    config_turn_rate=5,
    door_at=1795312682.125,
    crashes=2,
    dispatched_at=1795312670.75,
    beyond={"of_another_release": [1]},
)


def new_task() -> Task:
    return a_task(an_event(START), a_config(tenant=TENANT))


def in_order(tasks: list[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: task.delivery_id)


def test_the_full_task_differs_from_a_plain_one_in_every_field() -> None:
    plain = new_task()

    assert [f.name for f in fields(Task) if getattr(plain, f.name) == getattr(FULL, f.name)] == []


@pytest.mark.parametrize("task", [FULL, new_task()], ids=["full", "plain"])
def test_a_body_says_all_of_a_task(task: Task) -> None:
    read = from_body(to_body(task))

    assert [getattr(read, f.name) for f in fields(Task)] == [
        getattr(task, f.name)
        for f in fields(Task)  # also those that make no difference
    ]


def test_a_letter_of_the_scheduler_says_the_task_that_it_could_not_send() -> None:
    assert from_body(a_scheduler_letter(FULL)) == FULL


@pytest.mark.parametrize("name", ["tenant", "event_id", "config_id"])
@pytest.mark.parametrize("value", [None, 7, ["a"], {}])
def test_a_task_that_names_nothing_is_none(name: str, value: object) -> None:
    body = json.loads(to_body(new_task())) | {name: value}

    with pytest.raises(ValueError, match="texts"):
        from_body(json.dumps(body))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 25])
def test_every_task_that_is_sent_is_queued_once(watched: Watched, count: int) -> None:
    tasks = [new_task() for _ in range(count)]

    watched.queue.send(tasks)

    assert in_order(watched.now()) == in_order(tasks)
    assert (watched.later(), watched.dead_letters()) == ([], [])


def test_all_of_a_task_is_queued(watched: Watched) -> None:
    watched.queue.send([FULL])
    watched.queue.send_later(FULL, START + 100 * SECOND)
    watched.queue.send_later(FULL, START + 10_000 * SECOND)
    watched.queue.send_dead_letter(FULL, "the receiver answered 410 Gone, ü")

    assert watched.now() == [FULL]
    assert [task for _, task in watched.later()] == [FULL, FULL]
    letter = replace(FULL.out_of_line(), ticket=None, waits_since=None, crashes=0)
    # Moved back, it begins anew.
    assert watched.dead_letters() == [(letter, "the receiver answered 410 Gone, ü")]


@pytest.mark.parametrize(
    "wait",
    [0.000001, 61, 61.5, 135, 899.2, 900, 900.000001, 901, 1800, 7230.7, 43_200 * 1.2, 86_400],
)
def test_what_is_sent_later_comes_at_that_time_to_the_second(
    watched: Watched, clock: FixedClock, wait: float
) -> None:
    task, at = new_task(), clock() + timedelta(seconds=wait)

    watched.queue.send_later(task, at)

    ((due, queued),) = watched.later()
    assert queued == task
    assert abs(due - at) < SECOND
    assert watched.dead_letters() == []


@pytest.mark.parametrize("wait", [100, 2000])
def test_the_same_task_for_the_same_time_is_at_most_doubled(watched: Watched, wait: int) -> None:
    task, at = new_task(), START + wait * SECOND

    for _ in range(2):
        watched.queue.send_later(task, at)

    assert 1 <= len(watched.later()) <= 2
    assert {queued for _, queued in watched.later()} == {task}


@pytest.mark.parametrize("wait", [100, 2000])
def test_other_tasks_and_other_times_are_apart(watched: Watched, wait: int) -> None:
    task = new_task()
    others = [new_task(), replace(task, round=1), replace(task, config_id=new_task().config_id)]

    for each in (task, *others):
        watched.queue.send_later(each, START + wait * SECOND)
    watched.queue.send_later(task, START + (wait + 60) * SECOND)

    assert len(watched.later()) == 5
    assert {queued for _, queued in watched.later()} == {task, *others}


def test_every_dead_letter_is_kept(watched: Watched) -> None:
    letters = [(new_task(), f"reason {number}") for number in range(3)]

    for task, reason in letters:
        watched.queue.send_dead_letter(task, reason)

    assert sorted(watched.dead_letters(), key=lambda each: each[1]) == letters
    assert watched.now() == []
