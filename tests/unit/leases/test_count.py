"""Facts about counting an inbox, and what of it is leased."""

from datetime import timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, ids, store_event
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import InMemoryLeaseStore, leasing_on
from triggers_api.leases import count as counting
from triggers_api.leases.count import CountInbox, InboxStats
from triggers_api.leases.lease import Leased, LeaseEvents
from triggers_api.leases.ledger import Lease

MINUTE = timedelta(minutes=1)


@pytest.fixture
def leases(fake_events: InMemoryEventStore) -> InMemoryLeaseStore:
    return InMemoryLeaseStore(fake_events)


@pytest.fixture
def lease(leases: InMemoryLeaseStore, clock: FixedClock) -> LeaseEvents:
    return leasing_on(leases, clock)


@pytest.fixture
def count_inbox(
    fake_events: InMemoryEventStore, leases: InMemoryLeaseStore, clock: FixedClock
) -> CountInbox:
    return CountInbox(fake_events, leases, clock)


def post(events: InMemoryEventStore, clock: FixedClock, number: int) -> None:
    for _ in range(number):
        store_event(events, clock.advance(milliseconds=1))


def take(lease: LeaseEvents, limit: int) -> Leased:
    return lease.lease(TENANT, limit=limit, duration=MINUTE)


def test_an_empty_inbox_is_all_zeros(count_inbox: CountInbox) -> None:
    assert count_inbox(TENANT) == InboxStats(
        pending=0, failed=0, leased=0, oldest_pending_at=None, is_capped=False
    )


def test_a_leased_event_is_still_pending(
    fake_events: InMemoryEventStore, lease: LeaseEvents, count_inbox: CountInbox, clock: FixedClock
) -> None:
    post(fake_events, clock, 5)
    take(lease, 2)
    take(lease, 1)

    stats = count_inbox(TENANT)

    assert (stats.pending, stats.leased) == (5, 3)
    assert count_inbox(OTHER_TENANT).leased == 0


def test_what_was_acknowledged_released_or_given_too_long_is_not_leased(
    fake_events: InMemoryEventStore, lease: LeaseEvents, count_inbox: CountInbox, clock: FixedClock
) -> None:
    post(fake_events, clock, 6)
    done, released, kept = take(lease, 3).events
    fake_events.acknowledge(TENANT, done.id, clock())
    assert count_inbox(TENANT).leased == 2
    again = lease.lease(TENANT, limit=2, duration=2 * MINUTE)
    assert released.id not in ids(list(again.events))
    assert count_inbox(TENANT).leased == 4

    assert again.lease_id is not None
    lease.release(TENANT, again.lease_id, [again.events[0].id])
    clock.advance(seconds=1)
    assert count_inbox(TENANT).leased == 3

    clock.advance(seconds=60)
    assert count_inbox(TENANT).leased == 1
    assert count_inbox(TENANT).pending == 5
    assert kept.id


def test_an_inbox_at_the_bound_is_exact_and_one_beyond_it_is_capped(
    fake_events: InMemoryEventStore,
    count_inbox: CountInbox,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "COUNTED_UP_TO", 5)
    post(fake_events, clock, 5)
    assert (count_inbox(TENANT).pending, count_inbox(TENANT).is_capped) == (5, False)

    post(fake_events, clock, 1)

    assert (count_inbox(TENANT).pending, count_inbox(TENANT).is_capped) == (5, True)


def test_leases_are_read_no_further_than_events_are_counted(
    fake_events: InMemoryEventStore,
    lease: LeaseEvents,
    leases: InMemoryLeaseStore,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "COUNTED_UP_TO", 4)
    monkeypatch.setattr(counting, "_LEASES_AT_ONCE", 2)
    post(fake_events, clock, 20)
    for _ in range(10):
        take(lease, 2)
    reads: list[str] = []
    read_leases = leases.read_leases

    def noted(tenant: str, *, after: str, limit: int | None = None) -> list[Lease]:
        reads.append(after)
        return read_leases(tenant, after=after, limit=limit)

    monkeypatch.setattr(leases, "read_leases", noted)

    stats = CountInbox(fake_events, leases, clock)(TENANT)

    assert len(reads) == 2
    assert (stats.leased, stats.is_capped) == (4, True)
