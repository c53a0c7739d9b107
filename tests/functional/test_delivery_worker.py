"""The delivery worker's handler: which messages are kept, and for how long they wait."""

import json
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from tests.builders.push import a_scheduler_letter, a_task
from tests.functional.delivery_bench import DELAYS, PERMANENT, REFUSED, SENDING_TAKES, Bench
from triggers_api.aws.task_queue import to_body
from triggers_api.push.breaker import FAILURES_TO_OPEN, OPEN_FOR
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.turns import LOOKS_AGAIN_WITHIN


@pytest.fixture
def bench() -> Bench:
    return Bench()


def busy(seconds: float) -> Receipt:
    """What a receiver says that wants to be left alone for so long."""
    wait = timedelta(seconds=seconds)
    return Receipt(status_code=429, error="429", refusal=Refusal.TOO_FAST, retry_after=wait)


def test_a_delivered_message_is_done(bench: Bench) -> None:
    event, task = bench.post()

    assert bench.work(task) == []

    (push,) = bench.channel.pushes
    assert (push.event, push.delivery_id) == (event, task.delivery_id)
    assert bench.record_of(task).status is DeliveryStatus.SUCCEEDED
    assert (bench.queue.later, bench.queue.dead_letters) == ([], [])


def test_a_message_that_was_delivered_before_is_done_without_sending(bench: Bench) -> None:
    _, task = bench.post()
    bench.work(task)

    assert bench.work(task) == []

    assert len(bench.channel.pushes) == 1


def test_of_a_batch_only_what_must_come_again_is_answered_as_failed(bench: Bench) -> None:
    bench.configs.disable(bench.config, "just so")
    off = a_task(bench.post()[0], bench.config)
    on = bench.put_config()
    delivered = a_task(bench.post()[0], on)
    refused = a_task(bench.post(REFUSED)[0], on)
    given_up = a_task(bench.post(PERMANENT)[0], on)

    assert bench.work(off, "{", delivered, refused, given_up, "") == ["m1", "m5"]

    assert [task for _, task in bench.queue.later] == [refused]
    assert [task for task, _ in bench.queue.dead_letters] == [given_up]
    assert bench.record_of(off).status is DeliveryStatus.DROPPED
    assert bench.record_of(delivered).status is DeliveryStatus.SUCCEEDED


def test_ten_messages_are_delivered_at_once(bench: Bench) -> None:
    tasks = [bench.post()[1] for _ in range(10)]
    # Each waits until all are being sent; one after the other, the first would wait in vain.
    bench.channel.while_sending = Barrier(10, timeout=10).wait

    assert bench.work(*tasks) == []

    assert {push.delivery_id for push in bench.channel.pushes} == {
        task.delivery_id for task in tasks
    }


def test_a_letter_of_the_scheduler_that_is_sent_again_as_it_is_is_delivered(bench: Bench) -> None:
    _, task = bench.post()

    assert bench.work(a_scheduler_letter(task)) == []

    assert bench.record_of(task).status is DeliveryStatus.SUCCEEDED


def without(name: str) -> str:
    _, task = Bench().post()
    said: dict[str, Any] = json.loads(to_body(task))
    del said[name]
    return json.dumps(said)


@pytest.mark.parametrize(
    "body",
    [
        *("", "not JSON", "{}", "[]", "7", "null", '"x"', without("tenant")),
        '{"tenant": "acme", "event_id": "evt_1", "config_id": "cfg_1", "kind": "digest"}',
    ],
    ids=["empty", "text", "{}", "[]", "number", "null", "string", "no tenant", "another kind"],
)
def test_a_message_that_cannot_be_read_is_kept_and_disturbs_no_other(
    bench: Bench, body: str
) -> None:
    _, task = bench.post()

    assert bench.work(body, task) == ["m0"]

    assert bench.record_of(task).status is DeliveryStatus.SUCCEEDED


@pytest.mark.parametrize("seconds", [0.5, 1, 30.5, 60, 901, 86_400])
def test_what_a_receiver_wants_later_is_another_message_and_no_attempt(
    bench: Bench, seconds: float
) -> None:
    _, task = bench.post(busy(seconds))

    assert bench.work(task) == []

    ((again_at, again),) = bench.queue.later
    assert again_at >= bench.clock() + timedelta(seconds=seconds)
    assert replace(again, ticket=None, waits_since=None) == task
    record = bench.deliveries.find(task)
    if again_at - bench.clock() <= LOOKS_AGAIN_WITHIN:
        assert record is None
    else:  # by which it is found if its schedule is lost
        assert record is not None
        assert (record.attempts, record.next_attempt_at) == ((), again_at)


def test_the_waits_grow_along_the_schedule_and_then_it_is_given_up(bench: Bench) -> None:
    _, task = bench.post(REFUSED)
    kept = []

    while not bench.queue.dead_letters:
        kept += bench.work(task)
        bench.clock.at = bench.record_of(task).next_attempt_at or bench.clock()

    assert kept == []
    attempts = bench.record_of(task).attempts
    waits = [
        at - attempt.at - SENDING_TAKES
        for (at, _), attempt in zip(bench.queue.later, attempts, strict=False)
    ]
    assert waits == list(DELAYS)
    assert len(attempts) == 7


@pytest.mark.parametrize("early", [0.9, 0.001])
def test_a_message_that_comes_too_early_is_another_one_for_the_rest(
    bench: Bench, early: float
) -> None:
    _, task = bench.post(REFUSED)
    bench.work(task)
    due = bench.record_of(task).next_attempt_at
    bench.clock.advance(seconds=1 - early)

    assert bench.work(task) == []

    assert [at for at, _ in bench.queue.later] == [due, due]
    assert len(bench.channel.pushes) == 1


def test_a_message_of_a_receiver_left_alone_is_another_one_after_that(bench: Bench) -> None:
    for _ in range(FAILURES_TO_OPEN):
        bench.work(bench.post(REFUSED)[1])
    opened_at = bench.clock()
    _, task = bench.post()
    pushes = len(bench.channel.pushes)

    assert bench.work(task) == []

    ((again_at, again),) = bench.queue.later[FAILURES_TO_OPEN:]
    assert (again_at, again.delivery_id) == (opened_at + OPEN_FOR, task.delivery_id)
    assert bench.deliveries.find(task) is None
    assert len(bench.channel.pushes) == pushes


def test_a_message_whose_next_cannot_be_queued_is_kept_and_queues_it_when_it_comes_again(
    bench: Bench,
) -> None:
    _, task = bench.post(REFUSED)
    bench.queue.is_down = True
    assert bench.work(task) == ["m0"]
    bench.queue.is_down = False

    assert bench.work(task) == []

    assert [queued for _, queued in bench.queue.later] == [task]
    assert len(bench.channel.pushes) == 1
