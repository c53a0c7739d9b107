"""Counting with checkpoints: right at any moment, whoever folds, and however that ends."""

import contextlib
import zlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import OTHER_TENANT, TENANT, an_event
from tests.clock import FixedClock
from tests.fakes import InMemoryEventStore
from tests.fakes_executions import InMemoryExecutionStore
from tests.simulation.faults import Exposed, Fault, OneFault
from tests.simulation.scheduler import KilledError
from triggers_api.errors import NotFoundError, StoreUnavailableError
from triggers_api.event import Event
from triggers_api.ports import Tail
from triggers_api.summarize import (
    FOLDED_AT_ONE_IN,
    FOLDS_FROM,
    READS_AT_MOST,
    SETTLES_WITHIN,
    Summarize,
)

EXECUTION = "exec_42"


class Bench:
    """Events, and what is counted of them; reads are small, so that there are several."""

    def __init__(self, tail_size: int = 70) -> None:
        self.clock = FixedClock()
        self.events = InMemoryEventStore(self.clock)
        self.store = InMemoryExecutionStore(self.events, self.clock, tail_size=tail_size)
        self.summarize = Summarize(self.store, self.clock)

    def post(self, count: int = 1, *, seconds: float = 0.1, **fields: Any) -> list[Event]:
        """New events, some time apart."""
        posted = []
        for _ in range(count):
            event = an_event(self.clock.advance(seconds=seconds), **fields)
            posted.append(self.events.add(TENANT, event, None).event)
        return posted

    def settle(self) -> None:
        self.clock.at += SETTLES_WITHIN + timedelta(seconds=1)

    def total(self) -> int:
        return self.summarize(TENANT, EXECUTION).total_events

    def folded(self) -> int:
        return sum(self.store.find_checkpoint(TENANT, EXECUTION).tally.counts.values())

    def exposed(self, number: int, fault: Fault) -> tuple[Summarize, OneFault]:
        """Another process, one of whose calls fails."""
        faults = OneFault(number, fault)
        store: Any = Exposed("executions", self.store, faults, lambda _: None)
        return Summarize(store, self.clock), faults


@pytest.fixture
def bench() -> Bench:
    return Bench()


def is_sampled(event: Event) -> bool:
    return zlib.crc32(event.id.encode()) % FOLDED_AT_ONE_IN == 0


def test_an_unknown_execution_is_not_found(bench: Bench) -> None:
    bench.post()

    for tenant, execution_id in ((TENANT, "exec_43"), (OTHER_TENANT, EXECUTION)):
        with pytest.raises(NotFoundError) as caught:
            bench.summarize(tenant, execution_id)
        assert caught.value.code == "execution_not_found"


def test_few_events_are_counted_without_a_write(bench: Bench) -> None:
    bench.post(FOLDS_FROM - 1)
    bench.settle()

    assert bench.total() == FOLDS_FROM - 1
    assert bench.folded() == 0


def test_many_settled_events_are_folded_and_not_read_again(bench: Bench) -> None:
    bench.post(300)
    bench.settle()

    assert bench.total() == 300
    assert bench.folded() >= 300 - FOLDS_FROM
    reads = bench.store.reads
    assert bench.total() == 300
    assert bench.store.reads == reads + 1  # what is left is less than is worth folding


def test_what_has_not_settled_is_counted_but_not_folded(bench: Bench) -> None:
    bench.post(150)
    bench.settle()
    bench.post(250)

    assert bench.total() == 400
    assert bench.folded() <= 150


def test_an_event_that_appears_late_within_the_margin_is_counted(bench: Bench) -> None:
    """Its request was slow, or the index was: it comes with an older time than its neighbours."""
    begun = bench.clock.at
    bench.post(200, seconds=0.01)
    bench.clock.at = begun + timedelta(seconds=55)
    assert bench.total() == 200
    bench.events.add(TENANT, an_event(begun + timedelta(milliseconds=1)), None)

    assert bench.total() == 201
    bench.settle()
    assert bench.total() == 201


def test_an_event_stored_long_after_its_time_makes_everything_be_counted_anew(
    bench: Bench,
) -> None:
    early = bench.clock.at
    bench.post(300)
    bench.settle()
    assert bench.total() == 300
    late = an_event(early)
    bench.events.add(TENANT, late, None)
    assert bench.total() == 300  # it stands where all was counted already

    bench.summarize.notice(TENANT, late, bench.clock())

    assert bench.total() == 301
    assert bench.total() == 301


def test_a_fold_that_had_not_seen_the_late_event_is_in_vain(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = bench.clock.at
    bench.post(150)
    bench.settle()
    read = bench.store.read_tail

    def read_and_be_overtaken(*args: Any, **named: Any) -> Tail:
        monkeypatch.setattr(bench.store, "read_tail", read)
        tail = read(*args, **named)
        late = an_event(early)
        bench.events.add(TENANT, late, None)
        Summarize(bench.store, bench.clock).notice(TENANT, late, bench.clock())
        return tail

    monkeypatch.setattr(bench.store, "read_tail", read_and_be_overtaken)
    bench.total()

    assert bench.total() == 151


def test_a_tail_of_many_reads_is_counted_in_one_call_and_kept_on_the_way(bench: Bench) -> None:
    bench.post(READS_AT_MOST * 70)
    bench.settle()

    assert bench.total() == READS_AT_MOST * 70
    assert bench.folded() >= READS_AT_MOST * 70 - FOLDS_FROM


def test_a_tail_too_long_for_one_call_is_counted_by_several(bench: Bench) -> None:
    count = 3 * READS_AT_MOST * 70
    bench.post(count)
    bench.settle()

    for _ in range(2):
        with pytest.raises(StoreUnavailableError) as caught:
            bench.total()
        assert caught.value.retry_after_seconds == 1
    assert bench.total() == count


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

    with pytest.raises(StoreUnavailableError):
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
    bench = Bench(tail_size=1000)
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
