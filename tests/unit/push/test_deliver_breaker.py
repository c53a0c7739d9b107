"""The circuit breaker at work: what is sent, what waits, and who writes its state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.clock import START
from tests.fakes.push import ACCEPTED, REFUSED
from tests.unit.push.bench import Bench
from triggers_api.push.breaker import (
    FAILURES_TO_OPEN,
    OPEN_FOR,
    PROBE_TAKES,
    BreakerState,
    CircuitBreaker,
)
from triggers_api.push.channel import Receipt
from triggers_api.push.outcome import Result
from triggers_api.push.pace import Pace
from triggers_api.push.retry import RetrySchedule

OPEN = CircuitBreaker(failures=10, opened_at=START)
ALMOST_OPEN = CircuitBreaker(failures=9)
HALF_OPEN_AT = START + OPEN_FOR


def half_open() -> Bench:
    bench = Bench(breaker=OPEN)
    bench.clock.at = HALF_OPEN_AT
    return bench


def test_a_failure_is_counted_and_a_success_forgets_it() -> None:
    bench = Bench()

    bench.work(REFUSED)
    assert bench.breaker.failures == 1
    bench.work_when_due(ACCEPTED)
    assert bench.breaker == CircuitBreaker()


def test_a_success_forgets_failures_that_were_counted_while_it_was_on_its_way() -> None:
    """They were not in a row: else many sends at once would open it for a few failures."""
    bench = Bench()
    other = replace(bench.task, round=1)
    bench.meanwhile(lambda: bench.work(ACCEPTED, task=other))  # who is sent first is answered last

    outcome = bench.work(REFUSED)

    assert outcome.result is Result.SUCCEEDED
    assert bench.breaker == CircuitBreaker()


def test_the_tenth_failure_in_a_row_opens_it_and_says_so() -> None:
    bench = Bench(RetrySchedule((timedelta(seconds=1),) * FAILURES_TO_OPEN))

    opened = [bench.work_when_due(REFUSED).breaker_opened for _ in range(FAILURES_TO_OPEN)]

    assert opened == [False] * 9 + [True]
    assert bench.breaker.state(bench.clock()) is BreakerState.OPEN


def test_while_it_is_open_nothing_is_sent_and_nothing_used_up() -> None:
    bench = Bench(breaker=OPEN)

    outcome = bench.work()

    assert outcome.result is Result.BREAKER_OPEN
    assert outcome.again_at is not None
    assert outcome.again_at == HALF_OPEN_AT
    assert (bench.channel.pushes, bench.found, bench.breaker) == ([], None, OPEN)


def test_a_retry_that_meets_it_keeps_its_record() -> None:
    bench = Bench(breaker=ALMOST_OPEN)
    bench.work(REFUSED)
    record = bench.record
    bench.clock.advance(seconds=20)

    outcome = bench.work()

    assert (outcome.result, outcome.delivery) == (Result.BREAKER_OPEN, record)
    assert bench.record == record


def test_half_open_one_worker_probes_and_the_others_wait() -> None:
    bench = half_open()
    others: list[Result] = []
    bench.meanwhile(lambda: others.append(bench.work().result))

    assert bench.work(ACCEPTED).result is Result.SUCCEEDED

    assert others == [Result.BREAKER_OPEN]
    assert len(bench.channel.pushes) == 1


def test_of_two_that_want_to_probe_at_once_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = half_open()
    change = bench.configs.change_breaker

    def be_slower(*arguments: Any) -> bool:
        monkeypatch.setattr(bench.configs, "change_breaker", change)
        probing = OPEN.taken(None, 0, bench.clock())
        assert change(TENANT, bench.config.id, OPEN, probing)
        return change(*arguments)

    monkeypatch.setattr(bench.configs, "change_breaker", be_slower)

    outcome = bench.work()

    assert outcome.result is Result.BREAKER_OPEN
    assert outcome.again_at is not None
    assert outcome.again_at >= HALF_OPEN_AT + PROBE_TAKES
    assert bench.channel.pushes == []


def test_three_probes_that_succeed_close_it() -> None:
    bench = half_open()

    for successes in (1, 2):
        bench.work(ACCEPTED, task=replace(bench.task, round=successes))
        assert (bench.breaker.successes, bench.breaker.probing_until) == (successes, None)
    bench.work(ACCEPTED)

    assert bench.breaker == CircuitBreaker()


def test_a_probe_that_fails_opens_it_again_but_that_is_no_news() -> None:
    bench = half_open()

    outcome = bench.work(REFUSED)

    assert (outcome.result, outcome.breaker_opened) == (Result.RETRYING, False)
    at = bench.clock()
    pace = Pace(next_at=at + OPEN_FOR, since=at, served=0)
    assert bench.breaker == CircuitBreaker(failures=11, opened_at=at, pace=pace, failing_since=at)


def test_a_failure_that_others_were_faster_with_is_counted_all_the_same() -> None:
    bench = Bench()
    for _ in range(3):
        bench.meanwhile(lambda: _fail(bench))
        bench.work_when_due(REFUSED)

    assert bench.breaker.failures == 6


def test_the_one_whose_write_opens_it_says_so() -> None:
    bench = Bench(breaker=CircuitBreaker(failures=8))
    bench.meanwhile(lambda: _fail(bench))

    outcome = bench.work(REFUSED)

    assert outcome.breaker_opened
    assert bench.breaker.failures == 10


def test_a_success_that_others_were_faster_with_needs_no_write() -> None:
    bench = Bench(breaker=CircuitBreaker(failures=3))
    bench.meanwhile(
        lambda: bench.configs.change_breaker(
            TENANT, bench.config.id, bench.breaker, CircuitBreaker()
        )
    )

    assert bench.work(ACCEPTED).result is Result.SUCCEEDED
    assert bench.breaker == CircuitBreaker()


@pytest.mark.parametrize("receipt", [ACCEPTED, REFUSED])
def test_a_config_deleted_meanwhile_has_no_breaker_to_tell(receipt: Receipt) -> None:
    bench = Bench(breaker=ALMOST_OPEN)
    bench.meanwhile(lambda: bench.configs.delete(TENANT, bench.config.id))

    outcome = bench.work(receipt)

    assert not outcome.breaker_opened
    assert len(bench.record.attempts) == 1


def test_a_breaker_that_cannot_be_written_stops_no_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(breaker=ALMOST_OPEN)
    monkeypatch.setattr(bench.configs, "change_breaker", lambda *_: False)

    outcome = bench.work(REFUSED)

    assert (outcome.result, outcome.breaker_opened) == (Result.RETRYING, False)


def _fail(bench: Bench) -> None:
    """Another worker's attempt fails."""
    before = bench.breaker
    after = before.failed(bench.clock())
    assert bench.configs.change_breaker(TENANT, bench.config.id, before, after)
