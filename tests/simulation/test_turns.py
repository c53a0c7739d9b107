"""A tenant's `deliveries_per_second`: delays, loses nothing, and no other tenant notices it."""

from datetime import datetime, timedelta

import pytest

from tests.clock import START
from tests.simulation.crowd import AT_ONCE, Crowd
from triggers_api.push.channel import Receipt, Refusal


def takes_all(_: datetime) -> tuple[float, Receipt]:
    return 0.03, Receipt(status_code=200)


def most_within(moments: list[datetime], seconds: float) -> int:
    """The most of these moments that any range of so many seconds holds."""
    ends = [at + timedelta(seconds=seconds) for at in moments]
    return max(
        sum(at <= each < end for each in moments) for at, end in zip(moments, ends, strict=True)
    )


@pytest.mark.parametrize(("pushes", "per_second"), [(100, 1), (450, 5), (1000, 20)])
def test_so_many_are_sent_each_second_and_each_waits_once(pushes: int, per_second: int) -> None:
    crowd = Crowd(pushes, takes_all, per_second=per_second)

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_at) == pushes
    assert crowd.took() <= timedelta(seconds=pushes / per_second + 2)
    for seconds in (1, 5, 20):
        assert most_within(crowd.accepted_at, seconds) <= per_second * (seconds + 2)
    assert crowd.queue.received <= 2 * pushes
    assert crowd.buckets.asked == pushes
    assert crowd.queue.most_in_flight <= AT_ONCE


def test_what_waits_for_hours_is_received_four_times_an_hour_and_never_lost() -> None:
    crowd = Crowd(9_000, takes_all, per_second=1)

    crowd.run(timedelta(days=10))

    assert len(crowd.accepted_at) == 9_000
    assert crowd.queue.dead_letters == []
    assert crowd.took() <= timedelta(seconds=9_010)
    assert crowd.queue.received <= 9_000 * (2 + 9_000 / 900 / 2)


def test_ten_times_its_limit_delays_a_tenant_and_no_other() -> None:
    alone = Crowd(0, takes_all, strangers=200)
    beside = Crowd(2_000, takes_all, per_second=20, strangers=200)

    alone.run(timedelta(hours=1))
    beside.run(timedelta(hours=1))

    assert len(beside.strangers_accepted_at) == 200
    later = max(beside.strangers_accepted_at) - max(alone.strangers_accepted_at)
    assert later <= timedelta(seconds=1)  # 2,000 turns are given at once, and hold no worker
    assert len(beside.accepted_at) == 2_000


def test_a_tenant_without_a_limit_asks_nobody() -> None:
    crowd = Crowd(200, takes_all)

    crowd.run(timedelta(hours=1))

    assert (crowd.queue.received, crowd.buckets.asked) == (200, 0)


def test_a_limit_that_is_lifted_lets_all_go_when_they_look_again() -> None:
    crowd = Crowd(5_000, takes_all, per_second=1)
    crowd.run(timedelta(minutes=5))

    crowd.per_second = None
    crowd.run(timedelta(hours=3))

    assert len(crowd.accepted_at) == 5_000
    assert crowd.took() <= timedelta(minutes=21)


def test_a_limit_that_is_lowered_holds_for_those_who_have_turns() -> None:
    crowd = Crowd(600, takes_all, per_second=10)
    crowd.run(timedelta(seconds=10))
    before = len(crowd.accepted_at)

    crowd.per_second = 1
    crowd.run(timedelta(hours=3))

    assert len(crowd.accepted_at) == 600
    assert most_within(crowd.accepted_at[before:], 60) <= 60 + 3


@pytest.mark.parametrize("between", [None, 100])
def test_a_limit_that_returns_makes_nobody_wait_for_turns_that_nobody_takes(
    between: int | None,
) -> None:
    crowd = Crowd(3_000, takes_all, per_second=1)
    crowd.run(timedelta(minutes=1))
    crowd.per_second = between
    crowd.run(timedelta(minutes=18))
    assert len(crowd.accepted_at) == 3_000

    crowd.per_second = 1
    crowd.join(10)
    began_at = crowd.time.now
    crowd.run(timedelta(hours=3))

    assert len(crowd.accepted_at) == 3_010
    assert crowd.accepted_at[-1] - began_at <= timedelta(seconds=10 + 2)


@pytest.mark.parametrize("per_second", [1, 5, 50])
def test_a_push_loses_its_turn_at_most_once_each_time_its_receiver_goes_down(
    per_second: int,
) -> None:
    """A turn is taken only while the breaker lets its push through, and is sent or lapses.

    It lapses if the breaker has opened meanwhile. So turns are those sent, and at most one more
    for each push and opening.
    """

    def down_at_first(at: datetime) -> tuple[float, Receipt]:
        if at < START + timedelta(minutes=10):
            return 0.03, Receipt(error="no answer", refusal=Refusal.DOWN)
        return takes_all(at)

    crowd = Crowd(300, down_at_first, per_second=per_second)

    crowd.run(timedelta(hours=12))

    assert len(crowd.accepted_at) == 300
    assert crowd.queue.dead_letters == []
    assert crowd.sent <= crowd.buckets.asked <= crowd.sent + 300 * crowd.configs.opened
