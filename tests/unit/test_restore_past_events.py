"""What was done just before the second, and answered after it, is in the copy already."""

from datetime import timedelta

import pytest

from admin.restoring.past_events import replayed
from tests.builders.events import UNDELIVERED_RETENTION
from tests.clock import START
from triggers_api.store.items import number
from triggers_api.timestamps import to_text

THEN = {
    "status": {"S": "pending"},
    "created_at": {"S": to_text(START - timedelta(days=1))},
    "replayed_at": {"S": to_text(START)},
    "rounds": number(1),
    "expires_at": number((START + UNDELIVERED_RETENTION).timestamp()),
}


@pytest.mark.parametrize("status", ["pending", "delivered"])
def test_a_replay_that_the_copy_has_is_not_done_again(status: str) -> None:
    then = THEN | {"status": {"S": status}}

    assert replayed(then, START + timedelta(seconds=9), UNDELIVERED_RETENTION) == then


def test_a_replay_of_a_minute_after_another_is_the_next_round() -> None:
    at = START + timedelta(minutes=1)

    back = replayed(THEN | {"status": {"S": "delivered"}}, at, UNDELIVERED_RETENTION)

    assert (back["status"], back["rounds"]) == ({"S": "pending"}, number(2))
