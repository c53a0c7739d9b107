"""Facts about held time: what one tenant keeps waiting for leaves the functions to the others."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.held_time import HELD_SECONDS, LONGEST, HeldTime
from triggers_api.access.token_bucket import TokensTaken
from triggers_api.errors import RateLimitedError, StoreUnavailableError


@pytest.fixture
def buckets() -> InMemoryTokenBuckets:
    return InMemoryTokenBuckets()


@pytest.fixture
def held(buckets: InMemoryTokenBuckets, clock: FixedClock) -> HeldTime:
    return HeldTime(buckets, clock)


NEVER_ENDED: list[ExitStack] = []  # a wait that nobody refers to would be ended by Python


def waiting(held: HeldTime, tenant: str = TENANT) -> int:
    """How many waits the tenant can begin now, none of which ends."""
    stack = ExitStack()
    NEVER_ENDED.append(stack)
    for number in range(100):
        try:
            stack.enter_context(held.hold(tenant))
        except RateLimitedError:
            return number
    raise AssertionError("nothing bounds them")


def test_a_tenant_waits_for_two_that_are_silent_at_a_time(held: HeldTime) -> None:
    assert waiting(held) == 2


def test_what_one_tenant_holds_is_not_taken_from_another(held: HeldTime) -> None:
    waiting(held)

    assert waiting(held, OTHER_TENANT) == 2


def test_all_processes_share_what_a_tenant_may_hold(
    buckets: InMemoryTokenBuckets, clock: FixedClock
) -> None:
    waiting(HeldTime(buckets, clock))

    assert waiting(HeldTime(buckets, clock)) == 0


def test_in_the_long_run_a_tenant_never_holds_more_than_two_functions(
    held: HeldTime, clock: FixedClock
) -> None:
    begun = 0
    for _ in range(600):
        begun += waiting(held)
        clock.advance(seconds=1)

    seconds_held = begun * LONGEST
    assert seconds_held <= 600 * HELD_SECONDS.per_second + HELD_SECONDS.burst


def test_a_refusal_says_to_the_second_when_there_is_time_again(
    held: HeldTime, clock: FixedClock
) -> None:
    waiting(held)

    with pytest.raises(RateLimitedError) as refused, held.hold(TENANT):
        pass

    clock.advance(seconds=refused.value.retry_after_seconds)
    assert waiting(held) == 1


def test_receivers_that_answer_at_once_can_be_asked_again_and_again(
    held: HeldTime, clock: FixedClock
) -> None:
    for _ in range(100):
        with held.hold(TENANT):
            clock.advance(seconds=0.4)
        clock.advance(seconds=0.1)


def test_a_wait_that_fails_gives_back_what_it_did_not_need(held: HeldTime) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), held.hold(TENANT):
            raise ZeroDivisionError

    assert waiting(held) == 1


class GivesNothing(InMemoryTokenBuckets):
    def take(self, *_: Any, **__: Any) -> TokensTaken:
        raise StoreUnavailableError("away")


class TakesNothingBack(InMemoryTokenBuckets):
    def give_back(self, *_: Any) -> None:
        raise StoreUnavailableError("away")


def test_nobody_waits_while_the_store_cannot_count(clock: FixedClock) -> None:
    with pytest.raises(StoreUnavailableError), HeldTime(GivesNothing(), clock).hold(TENANT):
        raise AssertionError("it was let in")


def test_a_store_that_takes_nothing_back_spoils_no_answer(clock: FixedClock) -> None:
    with HeldTime(TakesNothingBack(), clock).hold(TENANT):
        pass
