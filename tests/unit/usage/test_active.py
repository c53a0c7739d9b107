"""Facts about notes of active tenants: few of them, and nobody is forgotten who is at work."""

from datetime import timedelta

from tests.clock import FixedClock
from tests.fakes.usage import InMemoryActiveTenants
from triggers_api.usage.active import NOTED_EVERY, RESTS_AFTER, NoteActive, may_rest


def test_a_tenant_at_work_is_noted_once_in_a_while(clock: FixedClock) -> None:
    active = InMemoryActiveTenants()
    note = NoteActive(active, clock)
    for _ in range(100):
        if note.is_due("acme"):
            note("acme")
        clock.advance(seconds=30)

    assert active.writes == 10  # fifty minutes


def test_whoever_is_at_work_may_not_rest_though_its_note_is_remembered(clock: FixedClock) -> None:
    """The note that a counter remembers is never so old that somebody may have deleted it."""
    active = InMemoryActiveTenants()
    note = NoteActive(active, clock)
    note("acme")
    noted_at = clock()
    while not note.is_due("acme"):
        assert not may_rest(noted_at, clock())
        clock.advance(seconds=1)

    assert clock() - noted_at == NOTED_EVERY
    assert RESTS_AFTER >= 2 * NOTED_EVERY  # records may be minutes behind


def test_whoever_did_nothing_for_a_quarter_of_an_hour_may_rest(clock: FixedClock) -> None:
    noted_at = clock()

    assert not may_rest(noted_at, noted_at + RESTS_AFTER)
    assert may_rest(noted_at, noted_at + RESTS_AFTER + timedelta(seconds=1))
