"""Facts about any `LeaseStore`."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import (
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    ids,
    incompressible_payload,
    store_event,
)
from tests.clock import FixedClock
from tests.contract.conftest import ADAPTERS, OpenStore, create_table
from tests.fakes.events import InMemoryEventStore
from tests.fakes.leases import InMemoryLeaseStore
from triggers_api.events.event import Event
from triggers_api.events.ports import EventStore, Position
from triggers_api.leases.ledger import Lease, Ledger, last_id_at
from triggers_api.leases.ports import LeaseStore
from triggers_api.store.leases import DynamoLeaseStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Stores = tuple[EventStore, LeaseStore]


@pytest.fixture
def fake_stores(fake_events: InMemoryEventStore) -> Stores:
    return fake_events, InMemoryLeaseStore(fake_events)


@pytest.fixture
def dynamodb_stores(dynamodb_events: EventStore, dynamodb_leases: DynamoLeaseStore) -> Stores:
    return dynamodb_events, dynamodb_leases


@pytest.fixture
def emulated_stores(emulator: "DynamoDBClient", open_store: OpenStore, clock: FixedClock) -> Stores:
    table = create_table(emulator, "EventsTable")
    return open_store(emulator, table), DynamoLeaseStore(emulator, table, clock)


@pytest.fixture(params=ADAPTERS)
def stores(request: pytest.FixtureRequest) -> Stores:
    found: Stores = request.getfixturevalue(f"{request.param}_stores")
    return found


@pytest.fixture
def events(stores: Stores) -> EventStore:
    return stores[0]


@pytest.fixture
def leases(stores: Stores) -> LeaseStore:
    return stores[1]


def a_lease(clock: FixedClock, *events: Event, seconds: float = 60, draw: int = 1) -> Lease:
    at = clock() + timedelta(seconds=seconds)
    entropy = draw.to_bytes(10, "big")
    return Lease(Ledger().new_id(at, entropy), tuple(event.id for event in events))


def next_of(ledger: Ledger, change_id: str = "a", **changes: Any) -> Ledger:
    return replace(ledger, version=ledger.version + 1, change_id=change_id, **changes)


def place(event: Event) -> Position:
    return Position(event.created_at, event.id)


def test_a_tenant_that_never_leased_has_an_empty_ledger(leases: LeaseStore) -> None:
    assert leases.read_ledger(TENANT) == Ledger()
    assert leases.read_leases(TENANT, after="") == []


def test_a_ledger_is_read_as_it_was_kept(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    event = store_event(events, clock())
    lease = a_lease(clock, event, store_event(events, clock()))
    ledger = next_of(
        Ledger(),
        returned=lease.id,
        scan_position=Position(clock(), ""),
        reached=place(event),
        next_pass_at=clock(),
        next_full_pass_at=clock.advance(seconds=1),
    )

    assert leases.change(TENANT, ledger, (lease,))

    assert leases.read_ledger(TENANT) == ledger
    assert leases.find_lease(TENANT, lease.id) == lease
    assert leases.read_leases(TENANT, after="") == [lease]
    assert leases.read_ledger(OTHER_TENANT) == Ledger()
    assert leases.find_lease(OTHER_TENANT, lease.id) is None
    assert leases.read_leases(OTHER_TENANT, after="") == []


def test_of_two_changes_of_one_version_the_first_is_kept_whole_and_the_other_not_at_all(
    leases: LeaseStore, clock: FixedClock
) -> None:
    first, second = a_lease(clock, draw=1), a_lease(clock, draw=2)
    ledger = next_of(Ledger(), "first")
    assert leases.change(TENANT, ledger, (first,))

    assert not leases.change(TENANT, next_of(Ledger(), "second"), (second,))
    assert not leases.change(TENANT, next_of(Ledger(), "third"), ())
    assert not leases.change(TENANT, next_of(next_of(ledger)), (second,))

    assert leases.read_ledger(TENANT) == ledger
    assert leases.read_leases(TENANT, after="") == [first]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_ledger_that_goes_on_after_lost_versions_follows_the_one_that_is_stored(
    leases: LeaseStore, clock: FixedClock, kept: int
) -> None:
    stored = Ledger()
    for _ in range(kept):
        stored = next_of(stored)
        assert leases.change(TENANT, stored, ())
    lease, ledger = a_lease(clock), next_of(stored.at_least(7, clock()), "ours")

    assert not leases.change(TENANT, next_of(next_of(stored).at_least(7, clock()), "another"), ())
    assert leases.change(TENANT, ledger, (lease,))
    assert leases.change(TENANT, ledger, (lease,)), "the same change, whose answer was lost"

    assert leases.read_ledger(TENANT) == replace(ledger, lost=0)
    assert leases.read_ledger(TENANT).version == 8
    assert [each.version for each in leases.read_leases(TENANT, after="")] == [8]
    assert leases.change(TENANT, next_of(leases.read_ledger(TENANT)), ())


@pytest.mark.parametrize("with_lease", [True, False])
def test_a_change_that_was_kept_already_is_no_conflict_with_itself(
    leases: LeaseStore, clock: FixedClock, *, with_lease: bool
) -> None:
    kept = (a_lease(clock),) if with_lease else ()
    ledger = next_of(Ledger())
    assert leases.change(TENANT, ledger, kept)

    assert leases.change(TENANT, ledger, kept)

    assert leases.read_ledger(TENANT) == ledger


def test_leases_are_read_in_the_order_in_which_they_come_back(
    leases: LeaseStore, clock: FixedClock
) -> None:
    kept = [a_lease(clock, seconds=n, draw=9 - n) for n in range(1, 6)]
    assert leases.change(TENANT, next_of(Ledger()), tuple(reversed(kept)))

    assert leases.read_leases(TENANT, after="") == kept
    assert leases.read_leases(TENANT, after="", limit=2) == kept[:2]
    assert leases.read_leases(TENANT, after=kept[1].id) == kept[2:]
    due = last_id_at(clock() + timedelta(seconds=3))
    assert leases.read_leases(TENANT, after="", until=due) == kept[:3]
    assert leases.read_leases(TENANT, after=kept[0].id, until=due) == kept[1:3]
    assert leases.read_leases(TENANT, after=kept[4].id, until=due) == []


def test_a_lease_can_be_emptied(leases: LeaseStore, events: EventStore, clock: FixedClock) -> None:
    lease = a_lease(clock, store_event(events, clock()))
    ledger = next_of(Ledger())
    assert leases.change(TENANT, ledger, (lease,))

    assert leases.change(TENANT, next_of(ledger), (Lease(lease.id, ()),))

    assert leases.read_leases(TENANT, after="") == [Lease(lease.id, ())]


def test_free_are_the_undelivered_events_that_nobody_holds_oldest_first(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    stored = [store_event(events, clock.advance(seconds=1)) for _ in range(8)]
    store_event(events, clock(), OTHER_TENANT)
    events.acknowledge(TENANT, stored[0].id, clock())
    events.mark_failed(TENANT, stored[2].id, 3)
    held = {stored[1].id, stored[4].id}

    page = leases.list_free(TENANT, after=None, held=held, limit=3)

    assert ids(list(page.events)) == [stored[2].id, stored[3].id, stored[5].id]
    assert page.next_after is not None
    rest = leases.list_free(TENANT, after=page.next_after, held=held, limit=3)
    assert ids(list(rest.events)) == [stored[6].id, stored[7].id]
    assert rest.next_after is None


def test_a_long_run_of_what_is_held_is_passed_over(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    stored = [store_event(events, clock.advance(milliseconds=1)) for _ in range(40)]
    held = frozenset(ids(stored[:39]))

    page = leases.list_free(TENANT, after=None, held=held, limit=1)

    assert page.events == (stored[39],)


def test_what_was_delivered_or_is_unknown_is_not_read_again(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    stored = [store_event(events, clock.advance(seconds=1)) for _ in range(5)]
    foreign = store_event(events, clock(), OTHER_TENANT)
    events.acknowledge(TENANT, stored[1].id, clock())
    asked = (stored[4].id, stored[1].id, foreign.id, stored[0].id, stored[2].id, stored[3].id)

    found = leases.read_undelivered(TENANT, asked, limit=2)

    assert found.events == (stored[0], stored[2])
    assert found.left == (stored[3].id, stored[4].id)


def test_what_has_expired_is_not_handed_out(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    event = store_event(events, clock())
    clock.at += UNDELIVERED_RETENTION

    assert leases.list_free(TENANT, after=None, held=frozenset(), limit=1).events == ()
    assert leases.read_undelivered(TENANT, (event.id,), limit=1).events == ()


def test_an_event_is_handed_out_though_that_in_whose_place_it_stands_was_held_too(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    """Leases that ended still name what has expired since, and what took its place."""
    old = events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    clock.at += UNDELIVERED_RETENTION
    new = events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    assert old.id != new.id

    found = leases.read_undelivered(TENANT, (old.id, new.id), limit=5)

    assert (found.events, found.left) == ((new,), ())


def test_large_payloads_come_whole(
    leases: LeaseStore, events: EventStore, clock: FixedClock
) -> None:
    event = store_event(events, clock(), payload=incompressible_payload(9000))

    assert leases.list_free(TENANT, after=None, held=frozenset(), limit=5).events == (event,)
    assert leases.read_undelivered(TENANT, (event.id,), limit=5).events == (event,)
