"""A config's `rate_limit_per_second`: delays, loses nothing, and nobody else notices it."""

from datetime import datetime, timedelta

import pytest

from tests.builders.push import a_config
from tests.clock import START
from tests.simulation.crowd import AT_ONCE, Crowd
from tests.simulation.test_turns import takes_all
from triggers_api.push.channel import Receipt, Refusal


def most_within(moments: list[datetime], seconds: float) -> int:
    """The most of these moments, which are in order, that any range of so many seconds holds."""
    length, first, most = timedelta(seconds=seconds), 0, 0
    for last, at in enumerate(moments):
        while at - moments[first] >= length:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(("pushes", "per_second"), [(60, 1), (450, 7), (1000, 50)])
def test_no_second_sees_more_than_the_limit_and_each_push_waits_once(
    pushes: int, per_second: int
) -> None:
    crowd = Crowd(pushes, takes_all, config_per_second=per_second)

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_at) == pushes
    assert crowd.took() <= timedelta(seconds=pushes / per_second + 1)
    for seconds in (1, 2, 10):
        assert most_within(crowd.accepted_at, seconds) <= per_second * seconds + 1
    assert crowd.queue.received <= 2 * pushes
    assert crowd.buckets.asked == 2 * pushes
    assert crowd.queue.most_in_flight <= AT_ONCE


def test_what_floods_a_limited_config_delays_no_other_tenant() -> None:
    alone = Crowd(0, takes_all, strangers=100)
    beside = Crowd(2_000, takes_all, config_per_second=20, strangers=100)

    alone.run(timedelta(hours=1))
    beside.run(timedelta(hours=1))

    assert len(beside.accepted_at) == 2_000
    assert timedelta(seconds=99) <= beside.took() <= timedelta(seconds=102)
    assert most_within(beside.accepted_at, 1) <= 21
    later = max(beside.strangers_accepted_at) - max(alone.strangers_accepted_at)
    assert len(beside.strangers_accepted_at) == 100
    assert later <= timedelta(seconds=1)


def test_a_push_takes_one_turn_in_each_line_and_its_tenants_others_are_not_delayed() -> None:
    crowd = Crowd(300, takes_all, per_second=40, config_per_second=5)
    other = a_config(START)
    crowd.configs.put(other)
    crowd.join(200, other)

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_by[crowd.config_id]) == 300
    assert most_within(crowd.accepted_by[crowd.config_id], 1) <= 6
    assert crowd.buckets.asked == 3 * 300 + 200
    # 200 in a line of 40 a second, of which 5 are the limited config's.
    assert max(crowd.accepted_by[other.id]) - START <= timedelta(seconds=200 / 35 + 1)


def test_a_limit_no_lower_than_its_tenants_asks_for_no_second_turn() -> None:
    crowd = Crowd(100, takes_all, per_second=10, config_per_second=10)

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_at) == 100
    assert crowd.buckets.asked == 100


@pytest.mark.parametrize("others", [None, 100, 2])
def test_a_limit_that_changes_holds_for_those_who_wait(others: int | None) -> None:
    crowd = Crowd(600, takes_all, config_per_second=5)
    crowd.run(timedelta(seconds=10))
    before = len(crowd.accepted_at)

    crowd.limit_config(others)
    crowd.run(timedelta(hours=3))

    assert len(crowd.accepted_at) == 600
    if others is not None:
        # Who has a turn of the old limit looks again when it comes.
        assert most_within(crowd.accepted_at[before:], 1) <= others + 1


def test_a_limit_that_returns_makes_nobody_wait_for_turns_that_nobody_takes() -> None:
    crowd = Crowd(600, takes_all, config_per_second=1)
    crowd.run(timedelta(minutes=1))
    crowd.limit_config(None)
    crowd.run(timedelta(minutes=18))
    assert len(crowd.accepted_at) == 600

    crowd.limit_config(1)
    crowd.join(10)
    began_at = crowd.time.now
    crowd.run(timedelta(hours=3))

    assert crowd.accepted_at[-1] - began_at <= timedelta(seconds=12)


def test_a_receiver_that_was_down_gets_no_more_than_the_limit_when_it_is_back() -> None:
    def down_at_first(at: datetime) -> tuple[float, Receipt]:
        if at < START + timedelta(minutes=5):
            return 0.03, Receipt(error="no answer", refusal=Refusal.DOWN)
        return takes_all(at)

    crowd = Crowd(300, down_at_first, config_per_second=3)

    crowd.run(timedelta(hours=12))

    assert len(crowd.accepted_at) == 300
    assert crowd.queue.dead_letters == []
    assert most_within(crowd.accepted_at, 10) <= 3 * (10 + 2)  # its pace may hold one at the door
    assert crowd.buckets.asked <= 2 * crowd.sent + 300 * crowd.configs.opened


def test_a_worker_that_dies_with_a_turn_costs_that_turn_alone() -> None:
    crowd = Crowd(50, takes_all, config_per_second=5)
    crowd.die_with_the_next_turn()

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_at) == 50
    assert crowd.buckets.asked == 2 * 50 + 1
    assert most_within(crowd.accepted_at, 1) <= 6
