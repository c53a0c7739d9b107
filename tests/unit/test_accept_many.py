from datetime import timedelta

import pytest

from tests.builders import TENANT, walk
from tests.clock import FixedClock
from tests.fakes import InMemoryEventStore
from tests.unit.test_accept import a_draft
from triggers_api.accept import Accept
from triggers_api.accept_many import AcceptMany, Outcome, Posting
from triggers_api.errors import IdempotencyConflictError, StoreUnavailableError
from triggers_api.event import Event
from triggers_api.ports import Addition, Fingerprint


@pytest.fixture
def accept_many(fake_events: InMemoryEventStore, clock: FixedClock) -> AcceptMany:
    return AcceptMany(Accept(fake_events, clock), clock)


def added(outcome: Outcome) -> Addition:
    assert isinstance(outcome, Addition)
    return outcome


def numbered(count: int) -> list[Posting]:
    return [Posting(a_draft(f'{{"number":{number}}}')) for number in range(count)]


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
    postings = [Posting(a_draft(), "key"), Posting(a_draft()), *[Posting(a_draft(), "key")] * 3]

    outcomes = [added(each) for each in accept_many(TENANT, postings)]

    assert [each.replayed for each in outcomes] == [False, False, True, True, True]
    assert len({each.event.id for each in outcomes}) == len(walk(fake_events)) == 2


def test_another_event_under_a_key_of_the_batch_is_refused(accept_many: AcceptMany) -> None:
    first, second, third = accept_many(
        TENANT,
        [Posting(a_draft(), "key"), Posting(a_draft('{"a":1}'), "key"), Posting(a_draft(), "key")],
    )

    assert isinstance(second, IdempotencyConflictError)
    assert added(third).event == added(first).event
    assert added(third).replayed


def test_a_repeated_batch_stores_nothing_twice(
    accept_many: AcceptMany, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    postings = [Posting(each.draft, f"key-{n}") for n, each in enumerate(numbered(30))]
    first = [added(each).event for each in accept_many(TENANT, postings)]
    clock.advance(seconds=1)

    second = [added(each) for each in accept_many(TENANT, postings)]

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
