"""`ActiveTenants`: who was noted is listed until it is forgotten, and never by mistake."""

from datetime import timedelta

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from triggers_api.usage.ports import ActiveTenant, ActiveTenants


def test_who_was_noted_is_listed_by_name(active: ActiveTenants, clock: FixedClock) -> None:
    assert active.list_active() == ()
    active.note_active(OTHER_TENANT, clock())
    active.note_active(TENANT, clock())

    assert active.list_active() == (
        ActiveTenant(TENANT, clock()),
        ActiveTenant(OTHER_TENANT, clock()),
    )


def test_the_latest_note_counts_in_whatever_order_they_come(
    active: ActiveTenants, clock: FixedClock
) -> None:
    earlier, later = clock(), clock() + timedelta(minutes=1)
    for at in (earlier, later, earlier):
        active.note_active(TENANT, at)

    assert active.list_active() == (ActiveTenant(TENANT, later),)


def test_who_is_forgotten_is_not_listed_until_it_is_noted_again(
    active: ActiveTenants, clock: FixedClock
) -> None:
    active.note_active(TENANT, clock())

    assert active.forget_active(TENANT, clock())
    assert active.list_active() == ()
    active.note_active(TENANT, clock())
    assert active.list_active() == (ActiveTenant(TENANT, clock()),)


def test_who_was_noted_meanwhile_is_not_forgotten(active: ActiveTenants, clock: FixedClock) -> None:
    active.note_active(TENANT, clock())
    seen = active.list_active()[0].active_at
    active.note_active(TENANT, clock.advance(microseconds=1))

    assert not active.forget_active(TENANT, seen)
    assert active.list_active() == (ActiveTenant(TENANT, clock()),)


def test_who_was_never_noted_cannot_be_forgotten(active: ActiveTenants, clock: FixedClock) -> None:
    assert not active.forget_active(TENANT, clock())


def test_all_are_listed_however_many(active: ActiveTenants, clock: FixedClock) -> None:
    for number in range(120):
        active.note_active(f"t{number:03}", clock())

    assert [each.tenant for each in active.list_active()] == [f"t{each:03}" for each in range(120)]
