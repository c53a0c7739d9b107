"""Where a ledger's scan stands, when it begins anew, and that it never loses its place."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import an_event
from tests.clock import START
from triggers_api.events.ports import EventPage, Position
from triggers_api.leases.ledger import Ledger, is_lease_id

NEVER = START + timedelta(days=9)


def at(seconds: float) -> Position:
    return Position(START + timedelta(seconds=seconds), "evt")


def a_ledger(*, reached: Position | None, scan_position: Position | None = None) -> Ledger:
    """At rest unless a pass is said to be due."""
    return Ledger(
        version=1,
        reached=reached,
        scan_position=scan_position,
        next_pass_at=NEVER,
        next_full_pass_at=NEVER,
    )


@pytest.mark.parametrize(
    ("scan_position", "reached", "is_behind"),
    [
        (None, None, False),
        (None, at(5), True),
        (at(4), at(5), True),
        (at(5), at(5), False),
    ],
)
def test_a_scan_is_behind_what_was_handed_out_until_it_gets_there(
    scan_position: Position | None, reached: Position | None, *, is_behind: bool
) -> None:
    assert a_ledger(reached=reached, scan_position=scan_position).is_behind is is_behind


PLACES = st.none() | st.integers(0, 9).map(at)


@given(
    scan_position=PLACES,
    reached=PLACES,
    seconds=st.lists(st.integers(0, 9), max_size=3),
    end=st.integers(0, 9),
    more=st.booleans(),
)
def test_a_page_takes_the_scan_to_its_end_and_never_takes_back_what_was_reached(
    scan_position: Position | None,
    reached: Position | None,
    seconds: list[int],
    end: int,
    *,
    more: bool,
) -> None:
    ledger = a_ledger(reached=reached, scan_position=scan_position)
    events = tuple(an_event(START + timedelta(seconds=second)) for second in sorted(seconds))
    page = EventPage(events, at(end) if more else None)

    read = ledger.after(page)

    seen = [place for place in (scan_position, reached) if place is not None]
    handed_out = [Position(event.created_at, event.id) for event in events]
    if more:
        assert read.scan_position == at(end)
        assert read.reached == max(at(end), reached or at(end))
    else:
        assert read.scan_position == read.reached == max([*seen, *handed_out], default=None)
    assert replace(read, scan_position=scan_position, reached=reached) == ledger


@pytest.mark.parametrize(
    ("pass_in", "full_pass_in", "begins_at"),
    [
        (0, 9, START - timedelta(seconds=10)),
        (-9, 9, START - timedelta(seconds=10)),
        (0.001, 9, "where it was"),
        (9, 0, "the beginning"),
        (0, 0, "the beginning"),
        (9, 0.001, "where it was"),
    ],
)
def test_a_pass_begins_at_the_moment_that_it_is_due(
    pass_in: float, full_pass_in: float, begins_at: datetime | str
) -> None:
    ledger = Ledger(
        reached=at(-1),
        scan_position=at(-1),
        next_pass_at=START + timedelta(seconds=pass_in),
        next_full_pass_at=START + timedelta(seconds=full_pass_in),
    )

    begun = ledger.begun_anew(START)

    if begins_at == "where it was":
        assert begun == ledger
    elif begins_at == "the beginning":
        assert begun.scan_position is None
        assert begun.next_pass_at == START + timedelta(seconds=5)
        assert begun.next_full_pass_at == START + timedelta(seconds=60)
    else:
        assert begun.scan_position is not None
        assert begun.scan_position.created_at == begins_at
        assert begun.next_pass_at == START + timedelta(seconds=5)
        assert begun.next_full_pass_at == ledger.next_full_pass_at
    assert begun.reached == ledger.reached


@pytest.mark.parametrize("reached", [at(-11), at(-10.001), None])
def test_nothing_that_came_before_the_last_seconds_is_looked_at_a_second_time(
    reached: Position | None,
) -> None:
    ledger = replace(a_ledger(reached=reached, scan_position=reached), next_pass_at=START)

    assert ledger.begun_anew(START) == ledger


def test_a_pass_under_way_is_not_begun_again() -> None:
    ledger = Ledger(reached=at(5), scan_position=at(3), next_pass_at=START, next_full_pass_at=START)

    assert ledger.begun_anew(START) == ledger


@pytest.mark.parametrize(("leases", "later"), [(0, 7), (100, 7), (350, 7), (400, 8), (9000, 180)])
def test_passes_are_put_off_by_what_they_cost_and_never_brought_forward(
    leases: int, later: float
) -> None:
    due = START + timedelta(seconds=7)
    ledger = replace(a_ledger(reached=at(0)), next_pass_at=due, next_full_pass_at=due)

    spaced = ledger.spaced(START, leases)

    assert spaced.next_pass_at == START + timedelta(seconds=later)
    assert spaced.next_full_pass_at == START + timedelta(seconds=later)


LEASE_ID = Ledger().new_id(START, bytes(10))


@pytest.mark.parametrize("text", [LEASE_ID + "0", LEASE_ID + "\n", " " + LEASE_ID, LEASE_ID[:-1]])
def test_an_id_is_a_leases_only_as_a_whole(text: str) -> None:
    assert is_lease_id(LEASE_ID)
    assert not is_lease_id(text)
