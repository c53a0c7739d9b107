"""How a lease scans: what it finds behind what was handed out, when, and what it keeps."""

from datetime import timedelta

import pytest

from tests.builders.events import TENANT, ids, store_event
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import leasing_on
from tests.unit.leases.lease_inbox import MINUTE, Inbox
from tests.unit.leases.lease_world import Disturbed
from triggers_api.events.ports import Position
from triggers_api.leases.ledger import Lease, Ledger


@pytest.fixture
def inbox(fake_events: InMemoryEventStore, clock: FixedClock) -> Inbox:
    return Inbox(fake_events, clock)


def test_an_empty_inbox_is_scanned_once(inbox: Inbox) -> None:
    assert inbox.leased() == []
    assert inbox.store.scanned_after == [None]


def test_a_scan_without_an_end_keeps_its_place_and_what_ended_leases_left(inbox: Inbox) -> None:
    posted = inbox.post(61)
    inbox.lease(60)
    inbox.acknowledge(posted[:60])
    inbox.clock.advance(minutes=2)
    inbox.events.replay(TENANT, posted[59].id)
    inbox.store.scanned_after.clear()
    places = [Position(START + timedelta(seconds=n), "evt") for n in range(1, 5)]
    inbox.store.empty_pages += places

    assert inbox.leased(1) == []

    assert inbox.store.scanned_after == [None, *places[:3]]
    assert inbox.store.read_ledger(TENANT).scan_position == places[3]
    inbox.clock.advance(milliseconds=1)
    assert inbox.leased(1) == [posted[59].id]


def test_behind_what_was_handed_out_the_leases_are_read_once_for_all_pages(
    inbox: Inbox,
) -> None:
    posted = inbox.post(30)
    inbox.lease(29, timedelta(hours=1))
    inbox.clock.advance(minutes=2)
    inbox.store.leases_read = 0
    inbox.store.empty_pages += [
        Position(START + timedelta(microseconds=n), "evt") for n in range(1, 4)
    ]

    assert inbox.leased() == [posted[29].id]

    assert inbox.store.leases_read == 2  # those that ended, and those that hold


def test_what_is_left_of_ended_leases_stays_theirs_where_nothing_else_is_free(
    inbox: Inbox,
) -> None:
    posted = inbox.post(80)
    inbox.lease(80)
    inbox.acknowledge(posted[:79])
    inbox.clock.advance(minutes=2)
    assert inbox.leased(1) == []

    inbox.clock.advance(milliseconds=1)

    assert inbox.leased(1) == [posted[79].id]


def test_a_lease_is_filled_up_from_the_next_ended_one(inbox: Inbox) -> None:
    posted = inbox.post(20)
    inbox.lease(12)
    inbox.lease(8)
    inbox.acknowledge(posted[:10])
    inbox.clock.advance(minutes=2)

    assert inbox.leased(10) == ids(posted[10:])


def test_leases_are_not_read_while_enough_of_them_is_known(inbox: Inbox) -> None:
    posted = inbox.post(60)
    inbox.lease(60)
    inbox.acknowledge(posted[:30])
    inbox.clock.advance(minutes=2)
    inbox.store.leases_read = 0

    assert inbox.leased(2) == ids(posted[30:32])

    assert (inbox.store.looks, inbox.store.leases_read) == ([10, 10, 10, 10], 1)


def test_in_a_busy_inbox_a_replayed_event_waits_for_a_minute_and_no_longer(inbox: Inbox) -> None:
    posted = inbox.post(50)
    inbox.acknowledge(posted[:1])
    inbox.lease(1, timedelta(hours=1))
    inbox.lease(1, timedelta(hours=1))  # the first pass begins
    inbox.events.replay(TENANT, posted[0].id)
    inbox.clock.at += MINUTE - timedelta(milliseconds=1)
    assert inbox.leased(1) == [posted[3].id]
    inbox.clock.advance(milliseconds=1)

    assert inbox.leased(1) == [posted[0].id]


def test_an_event_that_the_index_shows_late_is_handed_out_by_the_first_lease_after_five_seconds(
    inbox: Inbox,
) -> None:
    inbox.post(2)
    inbox.lease()
    inbox.lease()
    late = store_event(inbox.events, inbox.clock() - timedelta(microseconds=500))
    inbox.clock.advance(seconds=4.9)
    assert inbox.leased() == []
    inbox.clock.advance(seconds=0.2)

    assert inbox.leased() == [late.id]


def test_workers_who_keep_up_with_a_stream_find_what_comes_late_in_it(inbox: Inbox) -> None:
    inbox.post(1)
    for _ in range(2):
        inbox.lease(5, timedelta(hours=1))  # the first pass, from the very beginning, is over
    late = store_event(inbox.events, inbox.clock() - timedelta(microseconds=500))
    handed_out: list[str] = []

    for _ in range(8):
        inbox.clock.advance(seconds=1)
        inbox.post(1)
        handed_out += ids(list(inbox.lease(1, timedelta(hours=1)).events))

    assert late.id in handed_out


def test_a_pass_that_had_many_leases_to_read_puts_off_the_next(inbox: Inbox) -> None:
    inbox.post(2)
    inbox.lease(1, timedelta(hours=1))
    ledger = inbox.store.read_ledger(TENANT)
    held = tuple(
        Lease(ledger.new_id(inbox.clock() + timedelta(hours=1), number.to_bytes(10, "big")), ())
        for number in range(10_000, 10_400)
    )
    changed = Ledger(
        version=2, change_id="b", reached=ledger.reached, scan_position=ledger.scan_position
    )
    assert inbox.store.change(TENANT, changed, held)

    inbox.lease(1)

    begun = inbox.store.read_ledger(TENANT)
    assert begun.next_pass_at == inbox.clock() + timedelta(milliseconds=20) * 401


@pytest.mark.parametrize("others", [1, 2])
def test_leases_that_are_newer_than_the_ledger_are_not_judged_by_it(
    inbox: Inbox, others: int
) -> None:
    """Another worker, with a smaller limit, passes the ended lease on between the two reads."""
    posted = inbox.post(9)
    inbox.lease(9)
    inbox.clock.advance(minutes=2)
    theirs: list[str] = []

    def lease_in_between() -> None:
        for _ in range(others):
            theirs.extend(inbox.leased(2))

    disturbed = Disturbed(inbox.store)
    disturbed.before[2] = lease_in_between
    inbox.clock.advance(milliseconds=1)
    mine = leasing_on(disturbed, inbox.clock).lease(TENANT, limit=50, duration=MINUTE)

    assert theirs == ids(posted[: 2 * others])
    assert set(ids(list(mine.events))).isdisjoint(theirs)
    inbox.clock.advance(milliseconds=1)
    rest = inbox.leased(50)
    assert sorted([*theirs, *ids(list(mine.events)), *rest]) == sorted(ids(posted))
