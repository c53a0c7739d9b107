"""Rescue: what was lost is pushed again, and what waits rightly is left alone."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_delivery, a_task
from tests.clock import START
from tests.unit.push.rescue_bench import HOUR, SECOND, Bench
from triggers_api.errors import QueueUnavailableError
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.pace import Pace
from triggers_api.push.ports import Retrying, Workers
from triggers_api.push.rescue import (
    LATE_AFTER,
    LATE_BEHIND_OTHERS_AFTER,
    LATE_BEHIND_WORKERS_AFTER,
    SHARE_WHILE_BEHIND,
    Rescued,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_is_late_at_two_looks_gets_another_message(bench: Bench) -> None:
    lost = bench.retrying(bench.config())
    assert lost.next_attempt_at is not None
    late_at = lost.next_attempt_at + LATE_AFTER

    assert bench.rescue_at(late_at) == 0
    assert bench.rescue_at(late_at + HOUR - SECOND) == 0
    assert bench.rescue_at(late_at + HOUR) == 1

    (task,) = bench.queue.tasks
    assert replace(task, waits_since=None) == lost.task
    assert task.waits_since == lost.next_attempt_at.timestamp()


def test_what_is_not_late_yet_is_left_alone(bench: Bench) -> None:
    bench.retrying(bench.config())

    for minutes in range(0, 120, 15):
        bench.clock.at = START + timedelta(minutes=minutes)
        assert bench.rescue() == Rescued(tenants=2)


def test_if_nothing_becomes_of_a_message_the_next_comes_twice_as_late_and_daily_in_the_end(
    bench: Bench,
) -> None:
    due_at = START + HOUR
    bench.retrying(bench.config(), due_at)
    sent = []

    for quarters in range(4 * 24 * 5):
        moment = START + timedelta(minutes=15 * quarters)
        sent += [(moment - due_at) / HOUR] * bench.rescue_at(moment)

    assert sent == [2, 4, 8, 16, 32, 56, 80, 104]


def test_what_was_tried_meanwhile_is_looked_at_anew(bench: Bench) -> None:
    lost = bench.retrying(bench.config())
    bench.rescue_at(START + 2 * HOUR)
    tried = replace(
        lost.with_attempt(lost.attempts[0]), next_attempt_at=START + 2 * HOUR + 15 * SECOND
    )
    assert bench.deliveries.record(tried, known_attempts=1)

    assert bench.rescue_at(START + 3 * HOUR) == 0
    assert bench.rescue_at(START + 3 * HOUR + 15 * SECOND) == 0  # noted for the first time
    assert bench.rescue_at(START + 4 * HOUR + 15 * SECOND) == 1


@pytest.mark.parametrize(
    "status", [DeliveryStatus.DEAD, DeliveryStatus.SUCCEEDED, DeliveryStatus.DROPPED]
)
def test_what_is_final_is_none_of_its_business(bench: Bench, status: DeliveryStatus) -> None:
    made = a_delivery(a_task(an_event(START), bench.config()), status)
    bench.deliveries.record(made, known_attempts=None)

    for hours in (2, 24, 24 * 9, 24 * 20):
        assert bench.rescue_at(START + hours * HOUR) == 0


def test_two_runs_at_once_send_one_message(bench: Bench) -> None:
    lost = bench.retrying(bench.config())
    bench.rescue_at(START + 2 * HOUR)
    found = bench.store.list_retrying(TENANT, begun_before=START + HOUR, limit=9, after="").found
    bench.clock.at = START + 3 * HOUR
    assert bench.store.note_late(found[0], bench.clock())  # the other run is faster

    assert bench.rescue().pushed == 0
    assert lost.id not in bench.pushed()


def test_of_two_runs_that_found_the_same_the_faster_one_sends_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.retrying(bench.config())
    bench.rescue_at(START + 2 * HOUR)
    note = bench.store.note_late

    def note_after_another(found: Retrying, at: datetime) -> bool:
        assert note(found, at)  # the other run's, between our reading and our note
        return note(found, at)

    monkeypatch.setattr(bench.store, "note_late", note_after_another)

    assert bench.rescue_at(START + 3 * HOUR) == 0
    assert bench.pushed() == []


def test_a_message_that_could_not_be_sent_is_sent_by_a_later_run(bench: Bench) -> None:
    bench.retrying(bench.config())
    bench.rescue_at(START + 2 * HOUR)
    bench.clock.at = START + 3 * HOUR
    bench.queue.is_down = True
    failed = bench.rescue().failures
    bench.queue.is_down = False

    assert isinstance(failed[TENANT], QueueUnavailableError)
    assert bench.rescue_at(START + 5 * HOUR) == 1


DOWN = CircuitBreaker(failures=10, opened_at=START)
PACED = CircuitBreaker(
    pace=Pace(next_at=START, since=START + 9 * HOUR, interval=timedelta(minutes=5), served=0)
)


@pytest.mark.parametrize(
    ("breaker", "tickets"), [(DOWN, 0), (PACED, 100)], ids=["down", "too busy"]
)
def test_what_waits_for_its_receiver_is_late_once_all_that_waited_has_been_given_up(
    bench: Bench, breaker: CircuitBreaker, tickets: int
) -> None:
    config = bench.config()
    assert bench.configs.change_breaker(TENANT, config.id, config.breaker, breaker)
    for _ in range(tickets):
        bench.configs.take_ticket(TENANT, config.id)
    bench.retrying(config)

    assert bench.rescue_at(START + 2 * HOUR) == 0
    assert bench.rescue().held == 1
    assert bench.rescue_at(START + 4 * HOUR) == 0

    down = replace(DOWN, opened_at=START + 9 * 24 * HOUR)
    assert bench.configs.change_breaker(TENANT, config.id, breaker, down)
    assert bench.rescue_at(START + HOUR + LATE_BEHIND_OTHERS_AFTER) == 0
    assert bench.rescue_at(START + HOUR + LATE_BEHIND_OTHERS_AFTER + 24 * HOUR) == 1


@pytest.mark.parametrize("name", ["", "its own"])
def test_what_stands_in_a_long_line_is_held_and_in_a_short_one_is_not(
    bench: Bench, name: str
) -> None:
    config = bench.config()
    line = (TENANT, config.id if name else "")
    bench.retrying(config)

    bench.store.lines[line] = START + 9 * HOUR
    assert bench.rescue_at(START + 2 * HOUR) == 0
    assert bench.rescue_at(START + 4 * HOUR) == 0
    bench.store.lines[line] = START + 5 * HOUR + timedelta(minutes=10)
    assert bench.rescue_at(START + 5 * HOUR) == 0
    bench.store.lines[line] = START + 6 * HOUR + timedelta(minutes=10)
    assert bench.rescue_at(START + 9 * HOUR) == 1


def test_another_configs_line_holds_nothing(bench: Bench) -> None:
    bench.retrying(bench.config())
    bench.store.lines[TENANT, bench.config().id] = START + 99 * HOUR

    assert bench.rescue_at(START + 2 * HOUR) == 0
    assert bench.rescue_at(START + 3 * HOUR) == 1


def test_while_no_worker_works_only_what_is_late_by_a_day_is_lost(bench: Bench) -> None:
    bench.retrying(bench.config())
    bench.workers = Workers.STAND_STILL

    assert bench.rescue_at(START + 3 * HOUR) == 0
    assert bench.rescue_at(START + 5 * HOUR) == 0
    assert bench.rescue_at(START + HOUR + LATE_BEHIND_WORKERS_AFTER) == 0
    assert bench.rescue_at(START + HOUR + 2 * LATE_BEHIND_WORKERS_AFTER) == 1


def test_workers_who_are_behind_with_another_tenant_delay_no_rescue(bench: Bench) -> None:
    lost = bench.retrying(bench.config())
    bench.workers = Workers.BEHIND

    assert bench.rescue_at(START + 2 * HOUR) == 0
    assert bench.rescue_at(START + 3 * HOUR) == 1
    assert bench.pushed() == [lost.id]


def test_while_workers_are_behind_a_tenant_has_a_share_of_each_run_and_the_rest_after_a_day(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.push.rescue.SHARE_WHILE_BEHIND", 3)
    config = bench.config()
    many = {bench.retrying(config).id for _ in range(8)}
    theirs = {bench.retrying(bench.config(OTHER_TENANT)).id for _ in range(2)}
    bench.workers = Workers.BEHIND
    bench.clock.at = START + 2 * HOUR

    first = bench.rescue()

    assert (first.noted, first.held) == (3 + 2, 5)
    assert [bench.rescue().noted for _ in range(3)] == [3, 2, 0]  # those that were not noted yet
    assert bench.rescue_at(START + 3 * HOUR) == 3 + 2
    assert theirs < set(bench.pushed())
    bench.rescue_at(START + HOUR + LATE_BEHIND_WORKERS_AFTER)
    bench.rescue_at(START + HOUR + 2 * LATE_BEHIND_WORKERS_AFTER)
    assert set(bench.pushed()) == many | theirs


def test_the_messages_of_all_shares_are_a_small_part_of_what_workers_take() -> None:
    taken_in_a_quarter = 1_000 * 2 * 15 * 60  # a thousand at once, half a second each

    assert taken_in_a_quarter / 20 >= 100 * SHARE_WHILE_BEHIND  # of a hundred tenants


def test_nobody_asks_about_workers_or_configs_while_nothing_is_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("asked")

    bench.retrying(bench.config())
    monkeypatch.setattr(bench.configs, "list_configs", never)
    monkeypatch.setattr(bench.store, "lines_of", never)

    bench.clock.at = START + 2 * HOUR - SECOND
    assert bench.rescue().failures == {}


@pytest.mark.parametrize("config", ["deleted", "disabled"])
def test_what_has_nowhere_to_go_is_sent_for_a_worker_to_drop(bench: Bench, config: str) -> None:
    its = bench.config()
    lost = bench.retrying(its)
    if config == "deleted":
        bench.configs.delete(TENANT, its.id)
    else:
        bench.configs.disable(its, "gone")

    bench.rescue_at(START + 2 * HOUR)
    bench.rescue_at(START + 3 * HOUR)

    assert bench.pushed() == [lost.id]
