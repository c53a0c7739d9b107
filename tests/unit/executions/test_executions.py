"""What the events of an execution add up to: the same in whatever order and parts they come."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clock import START
from triggers_api.executions.tally import MAX_TYPES, ExecutionStatus, Summary, Tally

Events = list[tuple[str, datetime]]

WORDS = ["started", "completed", "succeeded", "failed", "fetched"]
TYPES = st.builds(
    lambda job, word: f"{job}.{word}",
    st.sampled_from(["sync", "import", "invoice", "a.b"]),
    st.sampled_from(WORDS),
)
TIMES = st.integers(0, 5000).map(lambda seconds: START + timedelta(seconds=seconds))
EVENTS = st.lists(st.tuples(TYPES, TIMES), max_size=30)


def events(*types: str) -> Events:
    """Of these types, a second apart."""
    return [(each, START + timedelta(seconds=second)) for second, each in enumerate(types)]


def summary_of(*types: str) -> Summary:
    summary = Summary.of("exec_42", Tally.of(events(*types)))
    assert summary is not None
    return summary


def many_types(count: int, word: str) -> Events:
    return events(*(f"type{number:04}.{word}" for number in range(count)))


@pytest.mark.parametrize(
    ("types", "status"),
    [
        (["sync.started"], "running"),
        (["order.fetched"], "running"),
        (["sync.started", "order.fetched", "sync.completed"], "completed"),
        (["sync.started", "sync.succeeded"], "completed"),
        (["sync.started", "sync.failed"], "completed_with_errors"),
        (["sync.started", "invoice.failed"], "running"),
        (["sync.started", "invoice.failed", "sync.completed"], "completed_with_errors"),
        (["sync.completed", "sync.started"], "completed"),
        (["sync.started", "sync.completed", "invoice.failed"], "completed_with_errors"),
        (["sync.started", "import.started", "sync.completed"], "running"),
        (["sync.started", "a.started", "sync.completed", "a.failed"], "completed_with_errors"),
        (["sync.started", "import.completed"], "running"),
        (["sync.started", "sync.orders.completed"], "running"),
        (["sync.orders.started", "sync.orders.completed"], "completed"),
        (["order.fetched", "sync.completed"], "completed"),
        (["order.fetched", "invoice.failed"], "running"),
        (["started", "completed"], "running"),
        (["sync.restarted"], "running"),
    ],
)
def test_the_status_follows_what_jobs_said(types: list[str], status: str) -> None:
    assert summary_of(*types).status == ExecutionStatus(status)


def test_an_execution_lasts_from_its_first_event_to_the_last_end_of_a_job() -> None:
    summary = summary_of(
        "order.fetched", "sync.started", "import.started", "sync.completed", "import.completed", "a"
    )

    assert summary.started_at == START
    assert summary.completed_at == START + timedelta(seconds=4)
    assert summary.duration_seconds == 4.0


def test_a_running_execution_has_neither_end_nor_duration() -> None:
    summary = summary_of("sync.started", "order.fetched")

    assert (summary.completed_at, summary.duration_seconds) == (None, None)


def test_only_the_ends_of_jobs_that_said_they_started_count() -> None:
    summary = summary_of("sync.started", "sync.completed", "invoice.completed")

    assert summary.completed_at == START + timedelta(seconds=1)


def test_counts_are_in_the_order_of_the_alphabet_and_failures_are_counted_apart() -> None:
    summary = summary_of("sync.started", "invoice.failed", "order.failed", "invoice.failed")

    assert list(summary.counts.items()) == [
        ("invoice.failed", 2),
        ("order.failed", 1),
        ("sync.started", 1),
    ]
    assert (summary.total_events, summary.failed_events) == (4, 3)


def test_without_events_there_is_no_execution() -> None:
    assert Summary.of("exec_42", Tally()) is None


@given(EVENTS, st.randoms())
def test_the_order_of_events_changes_nothing(told: Events, chance: Random) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)

    assert Tally.of(shuffled) == Tally.of(told)


@given(EVENTS, st.integers(0, 30), st.integers(0, 30))
def test_parts_add_up_to_the_whole_wherever_it_is_parted(
    told: Events, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    first, second, third = (Tally.of(part) for part in (told[:low], told[low:high], told[high:]))

    assert first.plus(second).plus(third) == Tally.of(told)
    assert first.plus(second.plus(third)) == Tally.of(told)


@given(EVENTS)
def test_an_end_is_never_before_the_beginning(told: Events) -> None:
    summary = Summary.of("exec_42", Tally.of(told))

    assert summary is None or (summary.duration_seconds or 0) >= 0
    assert summary is None or summary.total_events == len(told)


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.integers(0, 2 * MAX_TYPES), st.sampled_from(["failed", "seen", "completed"])),
        min_size=MAX_TYPES,
        max_size=2 * MAX_TYPES,
    ),
    st.integers(0, 2 * MAX_TYPES),
)
def test_parts_of_too_many_types_add_up_as_well(told: list[tuple[int, str]], place: int) -> None:
    whole = events(*(f"type{number:04}.{word}" for number, word in told))

    parts = Tally.of(whole[:place]).plus(Tally.of(whole[place:]))

    assert parts == Tally.of(whole)
    assert (
        Tally.of(whole[::-1]).counts
        == Tally.of([(event_type, START) for event_type, _ in whole]).counts
    )


def test_beyond_so_many_types_the_rest_is_counted_together() -> None:
    tally = Tally.of([*many_types(MAX_TYPES, "seen"), *many_types(10, "watched")])

    assert len(tally.counts) == MAX_TYPES + 1
    assert tally.counts["*"] == 10
    assert sum(tally.counts.values()) == MAX_TYPES + 10


def test_failures_beyond_so_many_types_are_still_failures() -> None:
    tally = Tally.of(many_types(MAX_TYPES + 7, "failed"))
    summary = Summary.of("exec_42", tally)

    assert tally.counts["*.failed"] == 7
    assert summary is not None
    assert summary.failed_events == MAX_TYPES + 7


def test_what_jobs_say_keeps_its_name_before_all_else() -> None:
    told = [*many_types(2 * MAX_TYPES, "seen"), *events("zebra.started", "zebra.completed")]
    summary = Summary.of("exec_42", Tally.of(told))

    assert summary is not None
    assert summary.counts["zebra.started"] == 1
    assert summary.status is ExecutionStatus.COMPLETED
