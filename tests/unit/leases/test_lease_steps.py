"""What one lease and one release do, step by step: in which order, how often, and no further."""

from datetime import datetime, timedelta

import pytest

from tests.builders.events import TENANT, ids, store_event
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import InMemoryLeaseStore, leasing_on
from tests.unit.leases.lease_inbox import MINUTE, Inbox
from triggers_api.errors import TooManyAtOnceError
from triggers_api.leases.lease import WAITS, Leased, LeaseEvents
from triggers_api.leases.ledger import Lease, Ledger, ends_at_of


@pytest.fixture
def inbox(fake_events: InMemoryEventStore, clock: FixedClock) -> Inbox:
    return Inbox(fake_events, clock)


def test_what_ended_leases_held_comes_before_what_was_never_leased(inbox: Inbox) -> None:
    posted = inbox.post(6)
    inbox.lease(2)
    inbox.lease(2)
    inbox.clock.advance(minutes=2)

    assert [inbox.leased(3), inbox.leased(3), inbox.leased(3)] == [
        ids(posted[:3]),
        ids(posted[3:]),
        [],
    ]


def test_of_a_large_ended_lease_each_event_is_handed_out_once_in_order(inbox: Inbox) -> None:
    posted = inbox.post(40)
    assert len(inbox.leased(40)) == 40
    inbox.clock.advance(minutes=2)

    again: list[str] = []
    for _ in range(14):
        inbox.clock.advance(milliseconds=1)
        again += inbox.leased(3)

    assert again == ids(posted)
    assert inbox.leased(3) == []


def test_no_more_of_ended_leases_is_looked_at_than_is_asked_for_or_a_few(inbox: Inbox) -> None:
    inbox.post(60)
    inbox.lease(60)
    inbox.clock.advance(minutes=2)

    inbox.lease(2)
    inbox.lease(30)

    assert inbox.store.looks == [10, 30]


def test_no_more_ended_leases_are_passed_on_than_are_needed(inbox: Inbox) -> None:
    inbox.post(8)
    for _ in range(8):
        inbox.lease(1)
    inbox.clock.advance(minutes=2)

    inbox.lease(3)

    assert inbox.store.looks == [3]
    returned = inbox.store.ledgers[-1].returned
    assert len([lease for lease in inbox.leases() if lease.id <= returned]) == 3


def test_ended_leases_are_taken_together_until_there_is_enough(inbox: Inbox) -> None:
    posted = inbox.post(25)
    for _ in range(25):
        inbox.lease(1)
    inbox.clock.advance(minutes=2)

    assert inbox.leased(8) == ids(posted[:8])
    assert inbox.leased(100) == ids(posted[8:18])  # of ten at once
    assert inbox.leased(100) == ids(posted[18:])


def test_after_a_few_looks_at_what_is_delivered_free_events_are_handed_out(inbox: Inbox) -> None:
    posted = inbox.post(81)
    inbox.lease(80)
    inbox.acknowledge(posted[:79])
    inbox.clock.advance(minutes=2)

    first, second, third = inbox.leased(1), inbox.leased(1), inbox.leased(1)

    assert (first, second, third) == ([posted[80].id], [posted[79].id], [])
    assert inbox.store.looks == [10] * 5 + [10] * 3


def test_what_was_delivered_in_time_is_looked_at_once_and_never_again(inbox: Inbox) -> None:
    inbox.acknowledge(inbox.post(3))
    posted = inbox.post(3)
    inbox.lease()
    inbox.acknowledge(posted)
    inbox.clock.advance(minutes=2)

    assert inbox.leased() == []
    assert inbox.store.looks == [3]
    assert inbox.leased() == []
    assert inbox.store.looks == [3]


def test_an_inbox_at_rest_is_not_written_to(inbox: Inbox) -> None:
    inbox.post(3)
    inbox.lease()
    inbox.lease()
    written = len(inbox.store.ledgers)

    assert [inbox.leased() for _ in range(5)] == [[]] * 5
    assert len(inbox.store.ledgers) == written


def test_beyond_what_was_handed_out_no_lease_of_those_that_hold_is_read(inbox: Inbox) -> None:
    inbox.post(20)
    inbox.lease(5)
    inbox.lease(5)  # the first pass is due at once
    read = inbox.store.leases_read

    inbox.lease(5)

    assert inbox.store.leases_read == read + 1  # of those that ended


def test_what_a_hundred_leases_hold_is_passed_over_and_a_replayed_event_found(
    inbox: Inbox,
) -> None:
    posted = inbox.post(30)
    inbox.acknowledge(posted[:1])
    for _ in range(29):
        inbox.lease(1, timedelta(hours=1))
    inbox.events.replay(TENANT, posted[0].id)
    inbox.clock.advance(minutes=2)

    assert inbox.leased(5) == [posted[0].id]
    assert inbox.leased(5) == []


def test_the_end_that_is_told_is_the_end_that_is_kept(inbox: Inbox) -> None:
    inbox.clock.advance(microseconds=999)
    inbox.post(1)

    leased = inbox.lease()

    assert leased.lease_id is not None
    assert leased.expires_at == ends_at_of(leased.lease_id)
    assert leased.expires_at is not None
    assert leased.expires_at <= inbox.clock() + MINUTE


def test_every_change_has_a_name_of_its_own(inbox: Inbox) -> None:
    inbox.post(4)
    for _ in range(4):
        inbox.lease(1)

    assert len({ledger.change_id for ledger in inbox.store.ledgers}) == 4
    assert [ledger.version for ledger in inbox.store.ledgers] == [1, 2, 3, 4]


def test_a_lease_of_some_events_can_be_given_back_in_parts(inbox: Inbox) -> None:
    posted = inbox.post(5)
    lease_id = inbox.lease().lease_id
    assert lease_id is not None
    names = ids(posted)

    assert inbox.verb.release(TENANT, lease_id, [names[3], names[1], "evt_unknown"]) == (
        names[1],
        names[3],
    )

    assert inbox.leased() == [names[1], names[3]]
    inbox.clock.advance(milliseconds=1)
    assert inbox.verb.release(TENANT, lease_id) == (names[0], names[2], names[4])
    assert inbox.leased() == [names[0], names[2], names[4]]


@pytest.mark.parametrize("event_ids", [[], ["evt_unknown"]])
def test_giving_back_nothing_of_a_lease_changes_nothing(inbox: Inbox, event_ids: list[str]) -> None:
    inbox.post(1)
    lease_id = inbox.lease().lease_id
    assert lease_id is not None

    assert inbox.verb.release(TENANT, lease_id, event_ids) == ()
    assert len(inbox.store.ledgers) == 1


def test_a_lease_ends_at_the_millisecond_that_was_told(inbox: Inbox) -> None:
    (event,) = inbox.post(1)
    ended = inbox.lease().lease_id
    assert ended is not None
    inbox.clock.at += MINUTE - timedelta(milliseconds=1)
    assert inbox.leased() == []
    inbox.clock.advance(milliseconds=1)

    assert inbox.verb.release(TENANT, ended) == ()
    assert inbox.leased() == [event.id]


def test_a_lease_that_was_passed_on_is_not_given_back_by_a_clock_that_is_slow(
    inbox: Inbox,
) -> None:
    (event,) = inbox.post(1)
    first = inbox.lease().lease_id
    assert first is not None
    inbox.clock.at += MINUTE
    second = inbox.lease()
    assert ids(list(second.events)) == [event.id]
    inbox.clock.advance(seconds=-30)

    assert inbox.verb.release(TENANT, first) == ()
    assert inbox.leased() == []


def test_of_what_is_given_back_the_oldest_comes_first(inbox: Inbox) -> None:
    posted = inbox.post(40)
    lease_id = inbox.lease(40).lease_id
    assert lease_id is not None
    inbox.verb.release(TENANT, lease_id)

    assert inbox.leased(3) == ids(posted[:3])


@pytest.mark.parametrize("versions_left", [0, 1])
def test_leases_go_on_where_an_accident_took_the_ledger_and_left_the_leases(
    inbox: Inbox, versions_left: int
) -> None:
    posted = inbox.post(6)
    older = Ledger()
    for number in range(3):
        older = inbox.store.read_ledger(TENANT) if number == versions_left else older
        inbox.lease(2)
    inbox.clock.advance(minutes=2)

    inbox.store.put_back(TENANT, older)

    assert sorted(inbox.leased(10)) == sorted(ids(posted))
    assert inbox.leased() == []
    inbox.clock.advance(minutes=2)
    lease = inbox.lease()
    assert len(lease.events) == 6
    assert lease.lease_id is not None
    assert len(inbox.verb.release(TENANT, lease.lease_id)) == 6


class Losing(InMemoryLeaseStore):
    """Somebody else is faster so many times."""

    losses = 3

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        self.losses -= 1
        return self.losses < 0 and super().change(tenant, ledger, leases)


@pytest.mark.parametrize(("seconds", "tries"), [(0.4, 5), (0.7, 4), (1.1, 3), (4.9, 1)])
def test_no_try_is_begun_that_would_on_average_come_after_five_seconds(
    fake_events: InMemoryEventStore, clock: FixedClock, seconds: float, tries: int
) -> None:
    store_event(fake_events, clock())
    begun: list[datetime] = []

    class Slow(Losing):
        losses = 99

        def read_ledger(self, tenant: str) -> Ledger:
            begun.append(clock())
            clock.advance(seconds=seconds)
            return super().read_ledger(tenant)

    verb = LeaseEvents(
        Slow(fake_events), clock, chance=lambda: 0.5, pause=lambda wait: advance(clock, wait)
    )

    with pytest.raises(TooManyAtOnceError):
        verb.lease(TENANT, limit=1, duration=MINUTE)

    assert len(begun) == tries
    assert begun[-1] - START < timedelta(seconds=5)


def advance(clock: FixedClock, seconds: float) -> None:
    clock.advance(seconds=seconds)


def test_who_loses_waits_half_of_a_growing_time_on_average_and_wins_in_the_end(
    fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    event = store_event(fake_events, clock())
    waits: list[float] = []
    verb = LeaseEvents(Losing(fake_events), clock, chance=lambda: 0.5, pause=waits.append)

    leased = verb.lease(TENANT, limit=1, duration=MINUTE)

    assert ids(list(leased.events)) == [event.id]
    assert waits == [wait / 2 for wait in WAITS[:3]]


def test_where_tries_take_long_the_wait_grows_with_them(
    fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    store_event(fake_events, clock())
    waits: list[float] = []

    class Slow(Losing):
        def read_ledger(self, tenant: str) -> Ledger:
            clock.advance(seconds=0.1)
            return super().read_ledger(tenant)

    verb = LeaseEvents(Slow(fake_events), clock, chance=lambda: 1, pause=waits.append)

    verb.lease(TENANT, limit=1, duration=MINUTE)

    assert waits == pytest.approx([0.1, 0.2, 0.4])


def test_who_loses_while_giving_back_tries_again(
    fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    event = store_event(fake_events, clock())
    store = Losing(fake_events)
    verb = leasing_on(store, clock)
    lease_id = verb.lease(TENANT, limit=1, duration=MINUTE).lease_id
    assert lease_id is not None
    store.losses = 2

    assert verb.release(TENANT, lease_id) == (event.id,)
    assert clock() == START


def give_back(inbox: Inbox, leased: Leased) -> None:
    inbox.clock.advance(milliseconds=1)
    assert leased.lease_id is not None
    inbox.verb.release(TENANT, leased.lease_id)


@pytest.mark.parametrize(("poison", "limit"), [(1, 10), (1, 2), (10, 10), (1, 1), (30, 10)])
def test_what_workers_give_back_for_ever_holds_up_no_other_event(
    inbox: Inbox, poison: int, limit: int
) -> None:
    given_back = {event.id for event in inbox.post(poison)}
    give_back(inbox, inbox.lease(100))
    others = {event.id for event in inbox.post(20)}

    for _ in range(2 * 20 // min(limit, 10) + 2):
        leased = inbox.lease(limit)
        done = [event for event in leased.events if event.id in others]
        inbox.acknowledge(done)
        others -= set(ids(done))
        give_back(inbox, leased)

    assert others == set()
    assert given_back == {event.id for event in inbox.lease(100).events}


def test_a_lease_that_ended_leases_do_not_fill_takes_the_rest_from_new_events(
    inbox: Inbox,
) -> None:
    posted = inbox.post(2)
    give_back(inbox, inbox.lease())
    posted += inbox.post(5)

    assert inbox.leased(10) == ids(posted)
    assert inbox.leased(10) == []


def test_a_lease_that_ended_leases_fill_reads_nothing_else(inbox: Inbox) -> None:
    inbox.post(10)
    give_back(inbox, inbox.lease())
    inbox.post(5)
    scans = len(inbox.store.scanned_after)

    inbox.lease(10)

    assert len(inbox.store.scanned_after) == scans


def test_a_replayed_event_comes_within_a_minute_however_many_leases_end(inbox: Inbox) -> None:
    (replayed, *others) = inbox.post(40)
    inbox.acknowledge([replayed])
    inbox.lease(100, timedelta(seconds=1))
    inbox.events.replay(TENANT, replayed.id)
    replayed_at = inbox.clock()

    got: list[str] = []
    while replayed.id not in got:
        inbox.clock.advance(milliseconds=1500)
        assert inbox.clock() - replayed_at <= timedelta(seconds=65)
        got = [event.id for event in inbox.lease(len(others), timedelta(seconds=1)).events]
