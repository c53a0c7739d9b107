"""Counting with checkpoints: right at any moment, whoever folds."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.unit.executions.executions_bench import EXECUTION, Bench
from triggers_api.errors import NotFoundError, TooManyAtOnceError
from triggers_api.executions.ports import Uncounted
from triggers_api.executions.summarize import FOLDS_FROM, READS_AT_MOST, Summarize


@pytest.fixture
def bench() -> Bench:
    return Bench()


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
    read = bench.store.read_uncounted

    def read_and_be_overtaken(*args: Any, **named: Any) -> Uncounted:
        monkeypatch.setattr(bench.store, "read_uncounted", read)
        uncounted = read(*args, **named)
        late = an_event(early)
        bench.events.add(TENANT, late, None)
        Summarize(bench.store, bench.clock).notice(TENANT, late, bench.clock())
        return uncounted

    monkeypatch.setattr(bench.store, "read_uncounted", read_and_be_overtaken)
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
        with pytest.raises(TooManyAtOnceError) as caught:
            bench.total()
        assert caught.value.retry_after_seconds == 1
    assert bench.total() == count
