"""A pace: whose turn it is, and how it follows what the receiver says."""

from datetime import timedelta

import pytest

from tests.clock import START
from triggers_api.push.pace import (
    FIRST_INTERVAL,
    FORGOTTEN_AFTER,
    LONGEST_INTERVAL,
    Pace,
)

SECOND = timedelta(seconds=1)
PACE = Pace(next_at=START, since=START, served=10)


def test_turns_are_an_interval_apart_in_the_order_of_the_tickets() -> None:
    assert [PACE.turn_of(ticket, 13, START) - START for ticket in (11, 12, 13)] == [
        0 * SECOND,
        1 * SECOND,
        2 * SECOND,
    ]


def test_who_has_no_ticket_stands_behind_all_who_have_one() -> None:
    assert PACE.turn_of(None, 13, START) == START + 3 * SECOND
    assert PACE.turn_of(None, 10, START) == START


def test_a_turn_that_was_taken_moves_all_others_up() -> None:
    taken = PACE.taken(11, 13, START)

    assert (taken.next_at, taken.served) == (START + SECOND, 11)
    assert taken.turn_of(12, 13, START) == START + SECOND


def test_a_turn_that_nobody_came_for_has_passed() -> None:
    """Else a ticket that was lost would hold up all that were drawn later, for ever."""
    later = START + 2 * SECOND

    assert PACE.turn_of(13, 13, later) == later
    assert PACE.taken(13, 13, later).served == 13


def test_it_never_serves_more_tickets_than_were_drawn() -> None:
    assert PACE.taken(12, 12, START + timedelta(hours=1)).served == 12


def test_success_by_success_it_becomes_as_fast_as_none() -> None:
    pace: Pace | None = PACE
    successes, took = 0, timedelta(0)
    while pace is not None:
        took += pace.interval
        successes += 1
        pace = pace.faster()

    assert successes < 50
    assert took < timedelta(seconds=12)


def test_near_the_receivers_limit_it_changes_little() -> None:
    slower = PACE.slower(START, sent_at=PACE, wait=SECOND)
    faster = slower.faster()

    assert faster is not None
    assert 1 < slower.interval / PACE.interval < 1.1
    assert 1 < slower.interval / faster.interval < 1.01


def test_nobody_is_sent_to_before_the_time_that_the_receiver_asked_for() -> None:
    slower = PACE.slower(START, sent_at=PACE, wait=timedelta(minutes=3))

    assert slower.next_at == START + timedelta(minutes=3)
    assert slower.turn_of(10, 10, START) == slower.next_at


def test_a_receiver_that_does_not_say_when_is_asked_half_as_often_each_time() -> None:
    pace, intervals = PACE, []
    for _ in range(10):
        pace = pace.slower(START, sent_at=pace, wait=None)
        pace = Pace(  # the next is refused in another second
            next_at=pace.next_at,
            interval=pace.interval,
            since=START,
            served=pace.served,
            met_limit=True,
        )
        intervals.append(pace.interval)

    assert intervals[:3] == [2 * FIRST_INTERVAL, 4 * FIRST_INTERVAL, 8 * FIRST_INTERVAL]
    assert intervals[-1] == LONGEST_INTERVAL


def test_refusals_of_what_was_sent_at_once_are_one_refusal() -> None:
    refused = PACE.slower(START + SECOND, sent_at=PACE, wait=SECOND)

    again = refused.slower(START + SECOND, sent_at=PACE, wait=4 * SECOND)

    assert again.interval == refused.interval
    assert again.next_at == START + 5 * SECOND


def test_whoever_was_refused_keeps_its_place() -> None:
    taken = PACE.taken(11, 13, START)

    refused = taken.slower(START, sent_at=taken, wait=SECOND)

    assert refused.turn_of(11, 13, START) == refused.next_at


def test_who_asks_for_a_long_wait_is_asked_more_slowly_from_the_start() -> None:
    waits = [Pace.begun(START, wait=each * SECOND, served=0) for each in (0.1, 1, 10, 3600)]

    assert [each.interval / SECOND for each in waits] == [1, 1, 5, 10]
    assert [(each.next_at - START) / SECOND for each in waits] == [0.1, 1, 10, 3600]


def test_it_is_forgotten_after_an_hour_without_a_refusal_but_not_while_it_holds() -> None:
    assert not PACE.is_over(START + FORGOTTEN_AFTER)
    assert PACE.is_over(START + FORGOTTEN_AFTER + SECOND)
    held = PACE.slower(START, sent_at=PACE, wait=timedelta(hours=5))
    assert not held.is_over(START + timedelta(hours=5))


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 24 * 60])
@pytest.mark.parametrize("refused", ["first", "again", "at once with another"])
def test_however_long_a_receiver_wants_to_be_left_alone_pushes_come_back_one_by_one(
    minutes: int, refused: str
) -> None:
    """The hour without a refusal begins when the receiver can first refuse anything."""
    wait = timedelta(minutes=minutes)
    held = {
        "first": Pace.begun(START, wait=wait, served=0),
        "again": PACE.slower(START, sent_at=PACE, wait=wait),
        "at once with another": PACE.slower(START, sent_at=PACE, wait=SECOND).slower(
            START, sent_at=PACE, wait=wait
        ),
    }[refused]

    assert not held.is_over(START + wait + FORGOTTEN_AFTER - LONGEST_INTERVAL)
    assert held.is_over(START + wait + FORGOTTEN_AFTER + SECOND)
