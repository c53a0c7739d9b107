"""Facts about noting event types, of which a tenant may make any number."""

from datetime import timedelta

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.clock import FixedClock
from tests.fakes.sightings import InMemorySightings
from triggers_api.events.event_types import MOST_TYPES, SEEN_WITHIN, NoteTypes, latest_of


def names(seen: InMemorySightings, clock: FixedClock, tenant: str = TENANT) -> list[str]:
    return [each.event_type for each in seen.list_types(tenant, clock() - SEEN_WITHIN)]


def test_a_tenant_that_makes_a_new_type_each_time_costs_no_more_beyond_the_bound(
    clock: FixedClock,
) -> None:
    seen = InMemorySightings()
    note = NoteTypes(seen, clock)
    note(TENANT, {"real": an_event(clock()).id})
    for number in range(3 * MOST_TYPES):
        note(TENANT, {f"made.up{number}": an_event(clock()).id})

    assert seen.writes == MOST_TYPES == len(names(seen, clock))

    latest = an_event(clock.advance(seconds=1)).id
    note(TENANT, {"real": latest, "one.more": latest})
    note(OTHER_TENANT, {"one.more": latest})

    assert {each.event_type: each for each in seen.list_types(TENANT, clock() - SEEN_WITHIN)}[
        "real"
    ].latest_event_id == latest
    assert "one.more" not in names(seen, clock)
    assert names(seen, clock, OTHER_TENANT) == ["one.more"]


def test_a_place_is_free_again_after_30_days(clock: FixedClock) -> None:
    seen = InMemorySightings()
    note = NoteTypes(seen, clock)
    note(TENANT, {f"made.up{number}": an_event(clock()).id for number in range(MOST_TYPES)})
    clock.advance(seconds=(SEEN_WITHIN + timedelta(hours=1)).total_seconds())

    note(TENANT, {"real": an_event(clock()).id})

    assert names(seen, clock) == ["real"]


def test_who_has_a_deleted_tenants_name_next_has_room_for_other_types(clock: FixedClock) -> None:
    seen = InMemorySightings()
    note = NoteTypes(seen, clock)
    note(TENANT, {f"made.up{number}": an_event(clock()).id for number in range(MOST_TYPES)})
    seen.forget(TENANT)
    clock.advance(seconds=180)

    note(TENANT, {"real": an_event(clock()).id})

    assert names(seen, clock) == ["real"]


def test_the_latest_event_of_a_type_is_the_one_whose_id_is_last(clock: FixedClock) -> None:
    first, second = an_event(clock()).id, an_event(clock.advance(seconds=1)).id

    assert latest_of([("a", second), ("a", first), ("b", first)]) == {"a": second, "b": first}
