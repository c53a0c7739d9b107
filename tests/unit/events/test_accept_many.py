from datetime import timedelta
from threading import Event as Moment

import pytest

from tests.builders.events import TENANT, walk
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.unit.events.test_accept import a_draft
from triggers_api.errors import IdempotencyConflictError, InternalError, StoreUnavailableError
from triggers_api.events.accept import Accept
from triggers_api.events.accept_many import AcceptMany, KeyedDraft, Outcome
from triggers_api.events.event import Event, Severity
from triggers_api.events.ids import IdempotencyKey
from triggers_api.events.ports import Addition, Fingerprint

A_KEY = IdempotencyKey.of_request("key")


@pytest.fixture
def accept_many(fake_events: InMemoryEventStore, clock: FixedClock) -> AcceptMany:
    return AcceptMany(Accept(fake_events, clock), clock)


def added(outcome: Outcome) -> Addition:
    assert isinstance(outcome, Addition)
    return outcome


def numbered(count: int) -> list[KeyedDraft]:
    return [KeyedDraft(a_draft(f'{{"number":{number}}}')) for number in range(count)]


def test_a_batch_is_listed_in_the_order_it_was_sent(
    accept_many: AcceptMany, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    outcomes = accept_many(TENANT, numbered(100))

    events = [added(each).event for each in outcomes]
    assert walk(fake_events) == events
    assert [event.payload for event in events] == [each.draft.payload for each in numbered(100)]
    assert events[-1].created_at - clock() == timedelta(microseconds=99)


def test_one_event_twice_under_one_key_is_stored_once(
    accept_many: AcceptMany, fake_events: InMemoryEventStore
) -> None:
    keyed_drafts = [
        KeyedDraft(a_draft(), A_KEY),
        KeyedDraft(a_draft()),
        *[KeyedDraft(a_draft(), A_KEY)] * 3,
    ]

    outcomes = [added(each) for each in accept_many(TENANT, keyed_drafts)]

    assert [each.replayed for each in outcomes] == [False, False, True, True, True]
    assert len({each.event.id for each in outcomes}) == len(walk(fake_events)) == 2


def test_another_event_under_a_key_of_the_batch_is_refused(accept_many: AcceptMany) -> None:
    first, second, third = accept_many(
        TENANT,
        [
            KeyedDraft(a_draft(), A_KEY),
            KeyedDraft(a_draft('{"a":1}'), A_KEY),
            KeyedDraft(a_draft(), A_KEY),
        ],
    )

    assert isinstance(second, IdempotencyConflictError)
    assert added(third).event == added(first).event
    assert added(third).replayed


def test_a_repeated_batch_stores_nothing_twice(
    accept_many: AcceptMany, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    keyed_drafts = [
        KeyedDraft(each.draft, IdempotencyKey.of_request(f"key-{n}"))
        for n, each in enumerate(numbered(30))
    ]
    first = [added(each).event for each in accept_many(TENANT, keyed_drafts)]
    clock.advance(seconds=1)

    second = [added(each) for each in accept_many(TENANT, keyed_drafts)]

    assert [each.event for each in second] == first
    assert all(each.replayed for each in second)
    assert walk(fake_events) == first


class BusyItems(InMemoryEventStore):
    """Busy for two of all events."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        if event.payload in (b'{"number":3}', b'{"number":9}'):
            raise StoreUnavailableError("busy")
        return super().add(tenant, event, fingerprint)


def test_an_event_that_fails_for_now_leaves_the_others_stored(clock: FixedClock) -> None:
    store = BusyItems(clock)

    outcomes = AcceptMany(Accept(store, clock), clock)(TENANT, numbered(20))

    failed = [n for n, each in enumerate(outcomes) if isinstance(each, StoreUnavailableError)]
    assert failed == [3, 9]
    assert len(walk(store)) == 18


class Poisonous(InMemoryEventStore):
    """Has a bug that some events provoke."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        if event.severity is Severity.CRITICAL:
            message = f"a bug that quotes {event.payload!r}"
            raise ZeroDivisionError(message)
        return super().add(tenant, event, fingerprint)


@pytest.mark.parametrize("place", [0, 1, 4])
def test_a_bug_that_one_event_provokes_spoils_no_other(clock: FixedClock, place: int) -> None:
    store = Poisonous(clock)
    keyed_drafts = numbered(5)
    keyed_drafts[place] = KeyedDraft(a_draft(severity=Severity.CRITICAL))

    outcomes = AcceptMany(Accept(store, clock), clock)(TENANT, keyed_drafts)

    bug = outcomes.pop(place)
    assert isinstance(bug, InternalError)
    assert isinstance(bug.__cause__, ZeroDivisionError)
    assert "quotes" not in bug.message
    assert [added(each).event for each in outcomes] == walk(store)


def test_events_of_one_key_are_stored_one_after_another(clock: FixedClock) -> None:
    """Together they would meet in the store, and which is the first were chance."""
    together: list[int] = []
    under_way = 0

    class Slow(InMemoryEventStore):
        def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
            nonlocal under_way
            under_way += fingerprint is not None
            together.append(under_way)
            never.wait(0.05)
            under_way -= fingerprint is not None
            return super().add(tenant, event, fingerprint)

    never = Moment()
    accept_many = AcceptMany(Accept(Slow(clock), clock), clock)
    first_goes_alone = KeyedDraft(a_draft())

    accept_many(
        TENANT, [first_goes_alone, KeyedDraft(a_draft(), A_KEY), KeyedDraft(a_draft(), A_KEY)]
    )

    assert max(together) == 1
