"""A queue tells how many letters are hidden as of up to a minute ago: no deletion ends by that.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.clock import FixedClock
from tests.fakes.tenants import InMemoryDeletionStore
from tests.simulation.cloud.shortcut import ShortClient
from tests.simulation.cloud.sqs import Queue, Sqs
from triggers_api.access.deletion import TAKEN_FOR, OneRunAtATime
from triggers_api.aws.clients import create_client
from triggers_api.aws.tenant_tasks import HIDDEN_SECONDS, DeadLetters
from triggers_api.errors import QueueUnavailableError

URL: Final = "https://sqs.us-east-1.amazonaws.com/1/letters"
TENANTS: Final = ("shop", "bank")


class Letters:
    """One of each tenant, and what removes a tenant's; figures are those of a minute ago."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.failing: list[int] = []
        self.queue = Queue(URL, 30, lambda: clock().timestamp(), random.Random(1), 345_600)  # noqa: S311
        service = Sqs({URL: self.queue}, lambda _: self.failing, lambda: 60.0)

        def carry(_service: str, operation: str, request: Any, _patience: float) -> Any:
            return service(operation, request)

        client = ShortClient("sqs", create_client("sqs"), lambda: carry, lambda _: None)
        for tenant in TENANTS:
            self.queue.send(json.dumps({"tenant": tenant}))
        self.remove = OneRunAtATime(
            DeadLetters(client, URL, clock), InMemoryDeletionStore(), "letters", clock
        )
        self.pass_time(timedelta(minutes=10))

    def pass_time(self, time: timedelta) -> None:
        self.clock.at += time

    @property
    def left(self) -> list[str]:
        return [json.loads(each.body)["tenant"] for each in self.queue.messages.values()]


@pytest.fixture
def letters(clock: FixedClock) -> Letters:
    return Letters(clock)


def begun(letters: Letters, tenant: str) -> Iterator[int]:
    """A look that has hidden what it found, and goes on."""
    look = iter(letters.remove(tenant))
    next(look)
    return look


def test_nobody_looks_while_another_run_has_hidden_the_letters(letters: Letters) -> None:
    look = begun(letters, "bank")

    with pytest.raises(QueueUnavailableError, match="Another run"):
        list(letters.remove("shop"))

    list(look)
    assert list(letters.remove("shop")) == [1]
    assert letters.left == []


def test_nobody_looks_while_a_run_that_died_has_hidden_the_letters(letters: Letters) -> None:
    _died = begun(letters, "bank")
    letters.pass_time(timedelta(seconds=HIDDEN_SECONDS - 1))

    with pytest.raises(QueueUnavailableError, match="Another run"):
        list(letters.remove("shop"))

    letters.pass_time(TAKEN_FOR)
    assert list(letters.remove("shop")) == [1]


def test_nobody_looks_while_letters_are_hidden_that_could_not_be_shown(letters: Letters) -> None:
    look = begun(letters, "bank")
    letters.failing = [0]
    with pytest.raises(QueueUnavailableError, match="hidden"):
        list(look)
    letters.failing = []

    with pytest.raises(QueueUnavailableError, match="Another run"):
        list(letters.remove("shop"))

    letters.pass_time(TAKEN_FOR)
    assert list(letters.remove("shop")) == [1]
