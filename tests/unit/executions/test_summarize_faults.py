"""Who folds, what a text counts, and that no fault changes a count."""

import contextlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import TENANT, an_event
from tests.fakes.executions import InMemoryExecutionStore
from tests.simulation.faults import Fault
from tests.simulation.scheduler import KilledError
from tests.unit.executions.executions_bench import EXECUTION, Bench, is_sampled
from triggers_api.errors import StoreUnavailableError, TooManyAtOnceError
from triggers_api.executions.summarize import FOLDED_AT_ONE_IN, READS_AT_MOST, Summarize


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_sampled_event_folds_what_has_settled_with_one_read(bench: Bench) -> None:
    bench.store = InMemoryExecutionStore(bench.events, bench.clock)
    bench.summarize = Summarize(bench.store, bench.clock)
    bench.post(130)
    bench.settle()
    posted = bench.post(2000, seconds=0.01)
    chosen = next(event for event in posted if is_sampled(event))

    for event in posted:
        if not is_sampled(event):
            bench.summarize.notice(TENANT, event, bench.clock())
    assert bench.store.reads == 0

    bench.summarize.notice(TENANT, chosen, chosen.created_at)
    assert bench.store.reads == 1
    assert bench.folded() == 130


def test_about_one_event_in_so_many_is_sampled(bench: Bench) -> None:
    posted = bench.post(100 * FOLDED_AT_ONE_IN)

    assert 70 < sum(map(is_sampled, posted)) < 130


def test_an_event_without_an_execution_costs_nothing(bench: Bench) -> None:
    (event,) = bench.post(execution_id=None)

    bench.summarize.notice(TENANT, event, bench.clock() + timedelta(days=1))

    assert bench.summarize.counts_with(TENANT, event) is None
    assert bench.store.reads == 0


def test_counts_hold_the_event_that_they_are_told_with_though_the_index_lags(
    bench: Bench,
) -> None:
    bench.post(3)
    unseen = an_event(bench.clock.advance(seconds=1), event_type="sync.completed")

    assert bench.summarize.counts_with(TENANT, unseen) == {
        "order.fetched": 3,
        "sync.completed": 1,
    }
    bench.events.add(TENANT, unseen, None)
    assert bench.summarize.counts_with(TENANT, unseen) == {
        "order.fetched": 3,
        "sync.completed": 1,
    }


def test_counts_hold_an_event_that_was_folded_once(bench: Bench) -> None:
    posted = bench.post(300)
    bench.settle()
    bench.total()

    for event in (posted[0], posted[150], posted[-1]):
        assert bench.summarize.counts_with(TENANT, event) == {"order.fetched": 300}


def test_a_text_does_not_wait_for_a_count_without_end(bench: Bench) -> None:
    (*_, last) = bench.post(READS_AT_MOST * 70)

    with pytest.raises(TooManyAtOnceError):
        bench.summarize.counts_with(TENANT, last)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_a_fault_at_any_call_of_a_fold_changes_no_count(fault: Fault) -> None:
    def begin() -> Bench:
        bench = Bench()
        bench.post(220)
        bench.settle()
        bench.post(30)
        return bench

    bench = begin()
    untroubled, calls = bench.exposed(-1, Fault.NONE)
    untroubled(TENANT, EXECUTION)
    assert Counter(calls.calls)["executions.keep_checkpoint"] == 1

    for number in range(len(calls.calls)):
        bench = begin()
        troubled, _ = bench.exposed(number, fault)
        with contextlib.suppress(KilledError, StoreUnavailableError):
            assert troubled(TENANT, EXECUTION).total_events == 250
        assert bench.total() == 250
        assert bench.total() == 250


def test_a_count_that_cannot_be_kept_is_answered_all_the_same(bench: Bench) -> None:
    bench.post(120)
    bench.settle()
    calls = ["find", "read", "read", "keep"]
    troubled, _ = bench.exposed(calls.index("keep"), Fault.REFUSED)

    assert troubled(TENANT, EXECUTION).total_events == 120


def test_who_is_overtaken_while_folding_answers_right(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.post(400)
    bench.settle()
    other = Summarize(bench.store, bench.clock)
    keep = bench.store.keep_checkpoint

    def be_overtaken(*args: Any, **named: Any) -> bool:
        monkeypatch.setattr(bench.store, "keep_checkpoint", keep)
        assert other(TENANT, EXECUTION).total_events == 400
        return keep(*args, **named)

    monkeypatch.setattr(bench.store, "keep_checkpoint", be_overtaken)

    assert bench.total() == 400
    assert bench.total() == 400


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["post", "post many", "wait", "read", "fold", "late"]),
        st.integers(1, 150),
    ),
    max_size=25,
)


@given(STEPS)
def test_whenever_somebody_looks_the_count_is_that_of_all_events(
    steps: list[tuple[str, int]],
) -> None:
    bench = Bench(uncounted_at_once=1000)
    expected = 1
    newest = bench.post()[-1]
    for step, number in steps:
        if step.startswith("post"):
            count = number if step == "post many" else 1
            newest = bench.post(count, seconds=0.2)[-1]
            expected += count
        elif step == "wait":
            bench.clock.advance(seconds=number)
        elif step == "fold":
            bench.summarize.fold(TENANT, EXECUTION)
        elif step == "late":
            late = an_event(bench.clock() - timedelta(seconds=number))
            bench.events.add(TENANT, late, None)
            bench.summarize.notice(TENANT, late, bench.clock())
            expected += 1
        assert bench.total() == expected
        counts = bench.summarize.counts_with(TENANT, newest)
        assert counts is not None
        assert sum(counts.values()) == expected
