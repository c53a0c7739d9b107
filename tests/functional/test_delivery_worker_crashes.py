"""What becomes of a message whose delivery could not be carried out to its end."""

from datetime import timedelta

import pytest

from tests.builders import TENANT
from tests.builders_push import a_delivery
from tests.functional.delivery_bench import GONE, PERMANENT, Bench
from triggers_api.lifecycle import EventStatus
from triggers_api.push.channel import Receipt
from triggers_api.push.delivery import Delivery, DeliveryStatus


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_message_that_cannot_be_hidden_is_kept(bench: Bench) -> None:
    _, task = bench.post(Receipt(error="429", retry_after=timedelta(seconds=30)))
    bench.is_hiding_down = True

    assert bench.work(task) == ["m0"]

    assert bench.record_of(task).status is DeliveryStatus.RETRYING


@pytest.mark.parametrize(
    ("receive_count", "hidden"), [(1, 5), (2, 10), (4, 40), (7, 320), (8, 320), (100, 320)]
)
def test_a_task_that_crashed_comes_again_soon_and_then_later_and_later(
    bench: Bench, receive_count: int, hidden: int
) -> None:
    _, task = bench.post(PERMANENT)
    bench.queue.is_down = True
    bench.receive_count = receive_count

    assert bench.work(task) == ["m0"]

    assert bench.hidden == [("handle of m0", hidden)]


def test_a_task_that_crashed_and_cannot_be_hidden_is_kept(bench: Bench) -> None:
    _, task = bench.post(PERMANENT)
    bench.queue.is_down = bench.is_hiding_down = True

    assert bench.work(task) == ["m0"]


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
    bench.configs.disable(TENANT, bench.config.id, "just so")
    record = bench.deliveries.record

    def overtake(delivery: Delivery, *, known_attempts: int | None) -> bool:
        """Another worker delivers it, records that, and stops."""
        assert record(a_delivery(task, DeliveryStatus.SUCCEEDED), known_attempts=None)
        return record(delivery, known_attempts=known_attempts)

    monkeypatch.setattr(bench.deliveries, "record", overtake)

    assert bench.work(task) == []

    assert bench.events.get(TENANT, event.id).status is EventStatus.DELIVERED
    assert bench.queue.dead_letters == []
