"""What becomes of a message whose delivery could not be carried out to its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.builders.push import a_delivery
from tests.functional.delivery_bench import GONE, PERMANENT, Bench
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.delivery import Delivery, DeliveryStatus


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("crashes", "seconds"), [(0, 5), (1, 10), (3, 40), (6, 320), (7, 320), (99, 320)]
)
def test_a_task_that_crashed_comes_again_soon_and_then_later_and_later(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, crashes: int, seconds: int
) -> None:
    _, task = bench.post()
    monkeypatch.setattr(bench.deliveries, "find", crash)

    assert bench.work(replace(task, crashes=crashes)) == []

    again_at = bench.clock() + timedelta(seconds=seconds)
    assert bench.queue.later == [(again_at, replace(task, crashes=crashes + 1))]


def test_a_task_that_crashes_all_workers_is_a_dead_letter(
    monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    _, task = bench.post()
    monkeypatch.setattr(bench.deliveries, "find", crash)

    assert bench.work(replace(task, crashes=100)) == []

    ((letter, reason),) = bench.queue.dead_letters
    assert (letter.delivery_id, reason) == (task.delivery_id, "workers crashed on it 100 times")
    assert bench.queue.later == []


def test_a_task_that_crashed_and_cannot_be_queued_is_kept(bench: Bench) -> None:
    _, task = bench.post(PERMANENT)
    bench.queue.is_down = True

    assert bench.work(task) == ["m0"]


def crash(*_: object) -> None:
    raise ConnectionError


def test_a_dead_letter_that_cannot_be_sent_keeps_the_message_until_it_can(bench: Bench) -> None:
    event, task = bench.post(GONE)
    bench.queue.is_down = True
    assert bench.work(task) == ["m0"]
    bench.queue.is_down = False

    assert bench.work(task) == []

    assert bench.queue.dead_letters == [(task, GONE.error)]
    assert bench.events.get(TENANT, event.id).status is EventStatus.FAILED
    assert len(bench.channel.pushes) == 1


def test_who_gives_up_what_was_delivered_meanwhile_acknowledges_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(acknowledges=True)
    event, task = bench.post()
    bench.configs.disable(bench.config, "just so")
    record = bench.deliveries.record

    def overtake(delivery: Delivery, *, known_attempts: int | None) -> bool:
        """Another worker delivers it, records that, and stops."""
        assert record(a_delivery(task, DeliveryStatus.SUCCEEDED), known_attempts=None)
        return record(delivery, known_attempts=known_attempts)

    monkeypatch.setattr(bench.deliveries, "record", overtake)

    assert bench.work(task) == []

    assert bench.events.get(TENANT, event.id).status is EventStatus.DELIVERED
    assert bench.queue.dead_letters == []
