"""From when on counts are kept, what counts as late, and how often who loses tries again."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.unit.executions.executions_bench import EXECUTION, Bench, is_sampled
from triggers_api.errors import TooManyAtOnceError
from triggers_api.executions.summarize import FOLDS_FROM, LATE_AFTER, SETTLES_WITHIN

ONE_MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def bench() -> Bench:
    return Bench()


class Keeping:
    """Stands before a store's `keep_checkpoint`: refuses it for a while, and counts."""

    def __init__(self, bench: Bench, patch: pytest.MonkeyPatch, *refusals: Any) -> None:
        self.calls = 0
        self._keep = bench.store.keep_checkpoint
        self._refusals = list(refusals)
        patch.setattr(bench.store, "keep_checkpoint", self)

    def __call__(self, *args: Any, **named: Any) -> bool:
        self.calls += 1
        if not self._refusals:
            return self._keep(*args, **named)
        refusal = self._refusals.pop(0)
        if isinstance(refusal, Exception):
            raise refusal
        return False


@pytest.mark.parametrize(("events", "kept"), [(FOLDS_FROM - 1, 0), (FOLDS_FROM, FOLDS_FROM)])
@pytest.mark.parametrize("how", ["counting", "folding"])
def test_a_hundred_settled_events_are_worth_a_write_and_99_are_not(
    events: int, kept: int, how: str
) -> None:
    bench = Bench(uncounted_at_once=1000)
    bench.post(events)
    bench.settle()

    if how == "counting":
        assert bench.total() == events
    else:
        bench.summarize.fold(TENANT, EXECUTION)

    assert bench.folded() == kept


def test_an_event_settles_when_it_is_older_than_a_minute_and_not_before() -> None:
    bench = Bench(uncounted_at_once=1000)
    (*_, last) = bench.post(FOLDS_FROM)
    bench.clock.at = last.created_at + SETTLES_WITHIN
    bench.total()
    assert bench.folded() == 0

    bench.clock.at += ONE_MICROSECOND
    bench.total()

    assert bench.folded() == FOLDS_FROM


@pytest.mark.parametrize(("more", "is_late"), [(timedelta(0), False), (ONE_MICROSECOND, True)])
def test_who_is_stored_more_than_half_a_minute_after_its_time_is_late(
    bench: Bench, more: timedelta, *, is_late: bool
) -> None:
    bench.post(150)
    bench.settle()
    bench.total()
    event = next(e for e in iter(lambda: an_event(bench.clock()), None) if not is_sampled(e))

    bench.summarize.notice(TENANT, event, event.created_at + LATE_AFTER + more)

    assert (bench.folded() == 0) is is_late


def test_a_late_event_makes_nobody_count_while_it_is_stored(bench: Bench) -> None:
    bench.post(150)
    bench.settle()
    bench.total()
    event = next(e for e in iter(lambda: an_event(bench.clock()), None) if is_sampled(e))
    reads = bench.store.reads

    bench.summarize.notice(TENANT, event, event.created_at + timedelta(hours=1))

    assert (bench.store.reads, bench.folded()) == (reads, 0)


def test_who_forgets_while_others_fold_tries_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.post(150)
    bench.settle()
    bench.total()
    late = an_event(bench.clock() - timedelta(hours=1))
    keeping = Keeping(bench, monkeypatch, *[False] * 4)

    bench.summarize.notice(TENANT, late, bench.clock())

    assert (keeping.calls, bench.folded()) == (5, 0)


def test_who_can_never_forget_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.post()
    late = an_event(bench.clock() - timedelta(hours=1))
    Keeping(bench, monkeypatch, *[False] * 9)

    with pytest.raises(TooManyAtOnceError):
        bench.summarize.notice(TENANT, late, bench.clock())


@pytest.mark.parametrize("refusal", [False, TooManyAtOnceError("busy")])
def test_who_could_not_keep_a_count_does_not_try_again_in_that_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, refusal: Any
) -> None:
    bench.post(700)
    bench.settle()
    keeping = Keeping(bench, monkeypatch, refusal)

    assert bench.total() == 700

    assert keeping.calls == 1


def test_what_was_kept_on_the_way_is_not_written_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.post(700)  # ten reads of 70: every second one is worth a write
    bench.settle()
    keeping = Keeping(bench, monkeypatch)

    assert bench.total() == 700

    assert (keeping.calls, bench.folded()) == (5, 700)


def test_the_last_event_that_was_folded_is_counted_once_in_a_text() -> None:
    bench = Bench(uncounted_at_once=1000)
    (*_, last) = bench.post(FOLDS_FROM)
    bench.settle()
    bench.total()

    assert bench.summarize.counts_with(TENANT, last) == {"order.fetched": FOLDS_FROM}
