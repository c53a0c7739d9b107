"""Tasks that come twice, two workers with one task, and workers that stop."""

from itertools import product

import pytest

from tests.builders.events import TENANT
from tests.fakes.push import ACCEPTED, REFUSED
from tests.unit.push.bench import Bench, stop
from triggers_api.errors import QueueUnavailableError
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.outcome import Result

PERMANENT = Receipt(status_code=400, error="the receiver answered 400", refusal=Refusal.FINAL)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("receipt", [ACCEPTED, PERMANENT])
def test_a_task_that_comes_again_after_the_end_sends_nothing(
    bench: Bench, receipt: Receipt
) -> None:
    bench.work(receipt)
    record = bench.record

    outcome = bench.work()

    assert (outcome.result, outcome.again_at) == (Result.REPEATED, None)
    assert outcome.delivery == bench.record == record
    assert len(bench.channel.pushes) == 1


def test_it_comes_to_an_end_also_if_the_config_was_deleted_since(bench: Bench) -> None:
    bench.work(ACCEPTED)
    bench.configs.delete(TENANT, bench.config.id)

    assert bench.work().result is Result.REPEATED
    assert bench.record.status is DeliveryStatus.SUCCEEDED


def test_who_stopped_before_telling_of_the_dead_is_made_up_for(bench: Bench) -> None:
    bench.queue.is_down = True
    with pytest.raises(QueueUnavailableError):
        bench.work(PERMANENT)
    assert bench.event_status() is EventStatus.PENDING
    bench.queue.is_down = False

    assert bench.work().result is Result.REPEATED

    assert bench.queue.dead_letters == [(bench.task, PERMANENT.error)]
    assert bench.event_status() is EventStatus.FAILED


def test_who_stopped_before_acknowledging_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(acknowledges=True)
    with monkeypatch.context() as broken:
        broken.setattr(bench.events, "acknowledge", stop)
        with pytest.raises(KeyboardInterrupt):
            bench.work(ACCEPTED)
    assert bench.event_status() is EventStatus.PENDING

    assert bench.work().result is Result.REPEATED
    assert bench.event_status() is EventStatus.DELIVERED


def test_who_stopped_between_sending_and_recording_leaves_it_to_be_sent_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(bench.deliveries, "record", stop)
        with pytest.raises(KeyboardInterrupt):
            bench.work(ACCEPTED)
    assert bench.found is None

    assert bench.work(ACCEPTED).result is Result.SUCCEEDED
    assert [push.delivery_id for push in bench.channel.pushes] == [bench.task.delivery_id] * 2


@pytest.mark.parametrize(
    ("other", "receipt"),
    [
        *product([ACCEPTED, PERMANENT], [ACCEPTED, REFUSED, PERMANENT]),
        *product([REFUSED], [REFUSED, PERMANENT]),
    ],
)
def test_of_two_workers_with_one_task_the_faster_one_counts(
    bench: Bench, receipt: Receipt, other: Receipt
) -> None:
    records: list[Delivery] = []

    def other_worker() -> None:
        bench.work()
        records.append(bench.record)

    bench.meanwhile(other_worker)

    outcome = bench.work(other, receipt)

    assert outcome.result is Result.REPEATED
    assert [bench.record] == records
    assert outcome.again_at == bench.record.next_attempt_at
    assert len(bench.record.attempts) == 1


def test_what_the_slower_of_two_workers_got_through_is_not_sent_again(bench: Bench) -> None:
    bench.meanwhile(bench.work)

    outcome = bench.work(REFUSED, ACCEPTED)

    assert (outcome.result, outcome.again_at) == (Result.SUCCEEDED, None)
    assert bench.record.status is DeliveryStatus.SUCCEEDED
    assert [each.status_code for each in bench.record.attempts] == [500, 200]
    assert bench.work_when_due(REFUSED).result is Result.REPEATED
    assert len(bench.channel.pushes) == 2


@pytest.mark.parametrize("receipt", [ACCEPTED, REFUSED])
def test_the_slower_worker_finishes_for_a_faster_one_that_stopped(
    bench: Bench, receipt: Receipt
) -> None:
    def other_worker() -> None:
        bench.queue.is_down = True
        with pytest.raises(QueueUnavailableError):
            bench.work()
        bench.queue.is_down = False

    bench.meanwhile(other_worker)

    assert bench.work(PERMANENT, receipt).result is Result.REPEATED

    assert bench.queue.dead_letters == [(bench.task, PERMANENT.error)]
    assert bench.event_status() is EventStatus.FAILED


def test_of_two_workers_that_give_up_one_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.configs.delete(TENANT, bench.config.id)
    bench.before_recording(monkeypatch, bench.work)

    outcome = bench.work()

    assert (outcome.result, outcome.again_at) == (Result.REPEATED, None)
    assert bench.record.status is DeliveryStatus.DROPPED


def test_a_record_that_vanished_is_no_trouble(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.deliveries, "record", lambda *_, **__: False)

    outcome = bench.work(ACCEPTED)

    assert (outcome.result, outcome.again_at) == (Result.REPEATED, None)
