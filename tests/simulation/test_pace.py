"""What waits for one receiver comes back one by one, as fast as it is taken, and cheaply."""

from datetime import datetime, timedelta

import pytest

from tests.clock import START
from tests.simulation.crowd import AT_ONCE, Crowd, Receiver
from triggers_api.push.channel import Receipt, Refusal


def one_each(seconds: float, *, wait: float | None) -> Receiver:
    """Takes one push in so many seconds, else 429 with that Retry-After."""
    free_at = START

    def receive(at: datetime) -> tuple[float, Receipt]:
        nonlocal free_at
        if at < free_at:
            after = None if wait is None else timedelta(seconds=wait)
            return 0.03, Receipt(
                status_code=429, error="429", refusal=Refusal.TOO_FAST, retry_after=after
            )
        free_at = at + timedelta(seconds=seconds)
        return 0.03, Receipt(status_code=200)

    return receive


def silent_until(back_at: timedelta) -> Receiver:
    """Refuses connections, is silent when it is probed, and then takes whatever comes."""

    def receive(at: datetime) -> tuple[float, Receipt]:
        if at >= START + back_at:
            return 0.03, Receipt(status_code=200)
        takes = 0.01 if at < START + timedelta(seconds=100) else 14
        return takes, Receipt(error="no answer")

    return receive


def test_sixty_for_a_receiver_of_one_a_second_take_seventy_seconds() -> None:
    crowd = Crowd(60, one_each(1, wait=1))

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_at) == 60
    assert crowd.took() <= timedelta(seconds=70)
    assert crowd.sent <= 60 + AT_ONCE + 10
    assert crowd.queue.dead_letters == []


@pytest.mark.parametrize(
    ("pushes", "receiver", "seconds", "receives"),
    [
        (450, one_each(1, wait=1), 500, 6),
        (450, one_each(0.1, wait=1), 130, 5),
        (60, one_each(10, wait=10), 740, 8),
        (60, one_each(2, wait=None), 240, 6),
        (60, one_each(1, wait=5), 90, 6),
    ],
    ids=["1 a second", "10 a second", "6 a minute", "does not say when", "says too long"],
)
def test_a_crowd_is_taken_about_as_fast_as_its_receiver_can(
    pushes: int, receiver: Receiver, seconds: int, receives: int
) -> None:
    crowd = Crowd(pushes, receiver)

    crowd.run(timedelta(hours=10))

    assert len(crowd.accepted_at) == pushes
    assert crowd.took() <= timedelta(seconds=seconds)
    assert crowd.queue.received <= receives * pushes
    assert crowd.queue.most_in_flight <= AT_ONCE  # what waits is not among them


def test_a_receiver_that_comes_back_gets_all_that_waited_and_nothing_waits_in_flight() -> None:
    crowd = Crowd(450, silent_until(timedelta(minutes=10)))

    crowd.run(timedelta(hours=1))

    assert len(crowd.accepted_at) == 450
    assert crowd.took() <= timedelta(minutes=14)
    assert crowd.queue.received <= 10 * 450
    assert crowd.queue.most_in_flight <= AT_ONCE


def test_a_healthy_receiver_costs_neither_a_write_nor_a_second_message() -> None:
    crowd = Crowd(200, lambda _: (0.03, Receipt(status_code=200)))

    crowd.run(timedelta(hours=1))

    assert (crowd.queue.received, crowd.configs.writes) == (200, 0)
