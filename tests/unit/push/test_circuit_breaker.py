from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.clock import START
from triggers_api.push.breaker import (
    FAILURES_TO_OPEN,
    OPEN_FOR,
    PROBE_TAKES,
    SUCCESSES_TO_CLOSE,
    BreakerState,
    CircuitBreaker,
)

HEALTHY = CircuitBreaker()


def failed(times: int, breaker: CircuitBreaker = HEALTHY) -> CircuitBreaker:
    for _ in range(times):
        breaker = breaker.failed(START)
    return breaker


OPEN = failed(FAILURES_TO_OPEN)
HALF_OPEN_AT = START + OPEN_FOR


def test_a_new_one_lets_everything_through() -> None:
    assert HEALTHY.state(START) is BreakerState.CLOSED
    assert HEALTHY.waits_until(START) is None


def test_ten_failures_in_a_row_open_it_and_nine_do_not() -> None:
    assert failed(9).state(START) is BreakerState.CLOSED
    assert failed(10).state(START) is BreakerState.OPEN
    assert failed(10).failures == 10


def test_a_success_between_failures_begins_the_count_anew() -> None:
    breaker = failed(9).succeeded(HALF_OPEN_AT)

    assert breaker == HEALTHY
    assert failed(9, breaker).state(START) is BreakerState.CLOSED


def test_it_is_open_for_120_seconds_to_the_microsecond() -> None:
    almost = HALF_OPEN_AT - timedelta(microseconds=1)

    assert timedelta(seconds=120) == OPEN_FOR
    assert OPEN.waits_until(START) == HALF_OPEN_AT
    assert (OPEN.state(almost), OPEN.waits_until(almost)) == (BreakerState.OPEN, HALF_OPEN_AT)
    assert OPEN.state(HALF_OPEN_AT) is BreakerState.HALF_OPEN
    assert OPEN.waits_until(HALF_OPEN_AT) is None


def test_half_open_it_lets_one_probe_through_at_a_time() -> None:
    probing = OPEN.taken(None, 0, HALF_OPEN_AT)

    assert probing.state(HALF_OPEN_AT) is BreakerState.HALF_OPEN
    assert probing.waits_until(HALF_OPEN_AT) == HALF_OPEN_AT + PROBE_TAKES
    assert probing.succeeded(HALF_OPEN_AT).waits_until(HALF_OPEN_AT) is None


def test_a_prober_that_died_is_waited_for_no_longer_than_a_probe_takes() -> None:
    probing = OPEN.taken(None, 0, HALF_OPEN_AT)

    assert probing.waits_until(HALF_OPEN_AT + PROBE_TAKES) is None


def test_three_probes_that_succeed_close_it() -> None:
    breaker = OPEN
    for _ in range(SUCCESSES_TO_CLOSE - 1):
        breaker = breaker.taken(None, 0, HALF_OPEN_AT).succeeded(HALF_OPEN_AT)
        assert breaker.state(HALF_OPEN_AT) is BreakerState.HALF_OPEN

    closed = breaker.taken(None, 0, HALF_OPEN_AT).succeeded(HALF_OPEN_AT)
    assert closed == CircuitBreaker(pace=closed.pace)
    assert closed.pace is not None  # what waited comes back one by one


@pytest.mark.parametrize("successes", range(SUCCESSES_TO_CLOSE))
def test_a_probe_that_fails_opens_it_again_for_the_whole_time(successes: int) -> None:
    breaker = OPEN
    for _ in range(successes):
        breaker = breaker.taken(None, 0, HALF_OPEN_AT).succeeded(HALF_OPEN_AT)

    breaker = breaker.taken(None, 0, HALF_OPEN_AT).failed(HALF_OPEN_AT)

    assert breaker.waits_until(HALF_OPEN_AT) == HALF_OPEN_AT + OPEN_FOR
    assert (breaker.failures, breaker.successes, breaker.probing_until) == (11, 0, None)


class BreakerMachine(RuleBasedStateMachine):
    """A breaker under all that can happen to it, beside the simplest account of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.breaker = CircuitBreaker()
        self.failures = 0
        self.successes = 0

    @rule(seconds=st.floats(0, 200))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.breaker.waits_until(self.now) is None)
    @rule(accepted=st.booleans())
    def an_attempt_is_made(self, accepted: bool) -> None:  # noqa: FBT001  # drawn
        before = self.breaker.state(self.now)
        assert before is not BreakerState.OPEN
        if before is BreakerState.HALF_OPEN:
            self.breaker = self.breaker.taken(None, 0, self.now)
        if accepted:
            self.failures = 0
            self.successes += 1
            self.breaker = self.breaker.succeeded(self.now)
        else:
            self.failures += 1
            self.successes = 0
            self.breaker = self.breaker.failed(self.now)
        self._check_change(before, self.breaker.state(self.now), accepted=accepted)

    @precondition(lambda self: self.breaker.state(self.now) is BreakerState.HALF_OPEN)
    @precondition(lambda self: self.breaker.waits_until(self.now) is None)
    @rule()
    def a_prober_dies(self) -> None:
        self.breaker = self.breaker.taken(None, 0, self.now)
        assert self.breaker.waits_until(self.now) == self.now + PROBE_TAKES

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        until = self.breaker.waits_until(self.now)
        if until is not None:
            assert self.now < until <= self.now + max(OPEN_FOR, PROBE_TAKES)
            assert self.breaker.waits_until(until) is None

    @invariant()
    def it_waits_only_after_ten_failures(self) -> None:
        if self.breaker.state(self.now) is BreakerState.CLOSED:
            assert self.breaker.waits_until(self.now) is None
            assert self.breaker.failures == self.failures < FAILURES_TO_OPEN
        else:
            assert self.breaker.failures >= FAILURES_TO_OPEN

    def _check_change(self, before: BreakerState, after: BreakerState, *, accepted: bool) -> None:
        if before is BreakerState.CLOSED:
            opens = self.failures >= FAILURES_TO_OPEN
            assert after is (BreakerState.OPEN if opens else BreakerState.CLOSED)
            self.successes = 0
        elif not accepted:
            assert after is BreakerState.OPEN
        else:
            closes = self.successes >= SUCCESSES_TO_CLOSE
            assert after is (BreakerState.CLOSED if closes else BreakerState.HALF_OPEN)
            self.successes = 0 if closes else self.successes


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=100, stateful_step_count=60)
