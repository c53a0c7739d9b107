"""Facts about a ledger and the waiting of those who lose a race."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import TENANT, store_event
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import InMemoryLeaseStore
from triggers_api.errors import TooManyAtOnceError
from triggers_api.events.ports import Position
from triggers_api.leases.lease import WAITS, LeaseEvents
from triggers_api.leases.ledger import Lease, Ledger, ends_at_of, is_lease_id, last_id_at

MINUTE = timedelta(minutes=1)


class AlwaysLate(InMemoryLeaseStore):
    """Somebody else is always faster; each try takes a while."""

    tries = 0

    def __init__(self, events: InMemoryEventStore, clock: FixedClock, seconds: float) -> None:
        super().__init__(events)
        self._clock = clock
        self._seconds = seconds

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        self.tries += 1
        self._clock.advance(seconds=self._seconds)
        return super().change(tenant, replace(ledger, version=ledger.version + 1), leases)


@pytest.mark.parametrize(("seconds", "tries"), [(0.001, len(WAITS) + 1), (0.5, 4), (5, 1), (30, 1)])
def test_who_loses_every_race_is_told_before_the_function_runs_out_of_time(
    fake_events: InMemoryEventStore, clock: FixedClock, seconds: float, tries: int
) -> None:
    store_event(fake_events, clock())
    store = AlwaysLate(fake_events, clock, seconds)
    lease = LeaseEvents(
        store, clock, chance=lambda: 0.5, pause=lambda wait: _ignore(clock.advance(seconds=wait))
    )

    with pytest.raises(TooManyAtOnceError):
        lease.lease(TENANT, limit=1, duration=MINUTE)

    assert store.tries == tries
    assert clock() - START <= timedelta(seconds=max(5.0, seconds))


def test_an_id_tells_when_its_lease_ends_and_sorts_by_that() -> None:
    ends = [START + timedelta(milliseconds=each) for each in (0, 1, 999, 60_000)]

    ids = [Ledger().new_id(moment, bytes(10)) for moment in ends]

    assert ids == sorted(ids)
    assert all(is_lease_id(each) for each in ids)
    for lease_id, moment in zip(ids, ends, strict=True):
        assert moment - timedelta(milliseconds=1) < ends_at_of(lease_id) <= moment
        assert lease_id <= last_id_at(moment) < last_id_at(moment + timedelta(milliseconds=1))


def test_no_lease_is_made_where_all_are_cleared_whatever_the_clock_says() -> None:
    ledger = Ledger(returned=last_id_at(START))

    assert ledger.new_id(START - MINUTE, bytes(10)) > ledger.returned


def test_a_pass_waits_longer_the_more_it_has_to_read() -> None:
    reached = Position(START, "evt")
    ledger = Ledger(reached=reached, scan_position=reached).begun_anew(START).spaced(START, 50_000)
    done = Ledger(
        reached=reached, scan_position=reached, next_full_pass_at=ledger.next_full_pass_at
    )

    assert ledger.is_behind
    assert done.begun_anew(START + timedelta(seconds=999)).scan_position is not None
    assert done.begun_anew(START + timedelta(seconds=1000)).scan_position is None


def _ignore(_: object) -> None:
    pass
