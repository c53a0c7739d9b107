"""An event is erased between any two calls of a worker that pushes it; nothing of it is left."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.fakes.push import InMemoryDeliveryStore
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import Bench
from tests.marker import MARKER, tells
from triggers_api.events.erase import Erase
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.delivery import Task

CALLS = 12  # more than a worker makes for one task
ECHO = Receipt(status_code=400, error="Telegram answered 400 Bad Request.", said=MARKER)
FINAL_ECHO = replace(ECHO, refusal=Refusal.FINAL)
TAKEN = Receipt(status_code=200, answer=f"Thanks for {MARKER}")


class StoppedError(Exception):
    """The process ends here."""


def disturb(bench: Bench, number: int, action: Callable[[], object]) -> None:
    """Before the n-th call that the worker makes, something else happens."""
    calls = count(1)

    def watched(thing: Any, name: str) -> None:
        real = getattr(thing, name)

        def call(*arguments: Any, **named: Any) -> Any:
            if next(calls) == number:
                action()
            return real(*arguments, **named)

        setattr(thing, name, call)

    watched(bench.events, "get")
    watched(bench.events, "find_trail")
    watched(bench.events, "mark_failed")
    watched(bench.configs, "find")
    watched(bench.channel, "send")
    watched(bench.queue, "send_dead_letter")
    for name in ("find", "record", "of_round"):
        watched(bench.deliveries, name)


def work_to_the_end(bench: Bench, task: Task) -> None:
    """The queue shows a message until it was answered as done."""
    for _ in range(30):
        failed: list[str] = ["m0"]
        with suppress(StoppedError):
            failed = bench.work(task)
        later = [each for _, each in bench.queue.later]
        bench.queue.later.clear()
        if not failed and not later:
            return
        bench.clock.advance(hours=13)


@pytest.mark.parametrize("is_stopped", [False, True], ids=["", "and the worker stops"])
@pytest.mark.parametrize(
    "answer", [ECHO, FINAL_ECHO, TAKEN], ids=["for now", "for good", "in a receipt"]
)
@pytest.mark.parametrize("attempts_before", [0, 1])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_an_event_that_is_erased_while_it_is_pushed_leaves_no_word(
    log_lines: LogLines,
    number: int,
    attempts_before: int,
    answer: Receipt,
    *,
    is_stopped: bool,
) -> None:
    bench = Bench()
    event, task = bench.post(ECHO, payload=b'{"said": "%s"}' % MARKER.encode())
    for _ in range(attempts_before):
        bench.work(task)
        bench.clock.advance(hours=13)
    bench.channel.by_event[event.id] = answer
    erased = Erase(bench.events, InMemoryDeliveryStore(), bench.clock)
    erase_answers = bench.deliveries.erase_answers

    def erase() -> None:
        erased(TENANT, event.id)
        erase_answers(TENANT, event.id)
        if is_stopped:
            raise StoppedError

    disturb(bench, number, erase)
    work_to_the_end(bench, task)
    if not tells(str(bench.events.__dict__)):  # else it was done before its turn came
        record = bench.deliveries.find(task)
        assert record is None or record.is_final
        assert not tells(str(record))
    assert not tells(str(bench.queue.dead_letters))
    assert not tells(str(log_lines()))


@pytest.mark.parametrize("answer", [ECHO, FINAL_ECHO], ids=["for now", "for good"])
def test_what_a_receiver_says_is_told_in_the_history_and_nowhere_else(
    log_lines: LogLines, answer: Receipt
) -> None:
    bench = Bench()
    _, task = bench.post(answer)

    work_to_the_end(bench, task)

    record = bench.record_of(task)
    assert record.attempts[0].in_words == f"Telegram answered 400 Bad Request: {MARKER}."
    assert record.reason == "Telegram answered 400 Bad Request."
    assert len(bench.queue.dead_letters) == 1
    assert not tells(str(bench.queue.dead_letters))
    assert not tells(str(log_lines()))
