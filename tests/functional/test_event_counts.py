"""What a worker counts of events: each change of a status once, whoever made it."""

from dataclasses import replace

import pytest

from tests.builders.push import a_task
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import PERMANENT, Bench, metrics_of


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_event_that_a_push_acknowledges_is_counted_once(log_lines: LogLines) -> None:
    bench = Bench(acknowledges=True)
    event, task = bench.post()
    other = a_task(event, bench.put_config(acknowledges=True))

    bench.work(task)
    bench.work(other)
    bench.work(task)

    counted = [metrics_of(line).get("EventsAcknowledged") for line in log_lines()]
    assert counted == [[1.0], None, None]


def test_an_event_is_counted_as_failed_when_its_last_push_is_given_up(
    bench: Bench, log_lines: LogLines
) -> None:
    event, task = bench.post(PERMANENT)
    first = replace(task, pushes=2)
    second = replace(a_task(event, bench.put_config()), pushes=2)

    for each in (first, second, first):
        bench.work(each)

    counted = [metrics_of(line).get("EventsFailed") for line in log_lines()]
    assert counted == [None, [1.0], None]


def test_a_change_that_only_the_repetition_made_is_counted_then(
    bench: Bench, log_lines: LogLines
) -> None:
    _, task = bench.post(PERMANENT)
    bench.queue.is_down = True
    bench.work(task)
    bench.queue.is_down = False

    bench.work(task)

    assert metrics_of(log_lines()[-1]) == {"EventsFailed": [1.0]}
