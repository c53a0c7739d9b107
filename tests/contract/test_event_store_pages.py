"""`EventStore.list_events`: walking it page by page, each event once, whatever is written."""

from dataclasses import replace

import pytest

from tests.builders.events import ALL_EVENTS, INBOX, TENANT, ids, pages, store_event, walk
from tests.clock import FixedClock
from triggers_api.events.ports import EventQuery, EventStore, Position

ORDERS = pytest.mark.parametrize("query", [INBOX, replace(INBOX, newest_first=True)])


@ORDERS
@pytest.mark.parametrize("limit", range(1, 9))
def test_pages_of_any_size_hold_each_event_once(
    store: EventStore, clock: FixedClock, query: EventQuery, limit: int
) -> None:
    stored = [store_event(store, clock.advance(milliseconds=n % 2)).id for n in range(7)]

    listed = walk(store, query, limit)

    assert ids(listed) == ids(walk(store, query))
    assert sorted(ids(listed)) == sorted(stored)


@ORDERS
def test_pages_cut_through_events_of_one_moment(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    stored = [store_event(store, clock()).id for _ in range(7)]

    listed = walk(store, query, limit=2)

    assert ids(listed) == sorted(stored, reverse=query.newest_first)


@ORDERS
def test_pages_merge_statuses_without_gaps(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    every = replace(ALL_EVENTS, newest_first=query.newest_first)
    events = [store_event(store, clock.advance(milliseconds=n % 2)) for n in range(12)]
    for event in events[::3] + events[6:8]:
        store.acknowledge(TENANT, event.id, clock())

    listed = walk(store, every, limit=3)

    assert len(listed) == len(events)
    assert listed == walk(store, every)


@ORDERS
def test_pages_of_one_type_miss_nothing(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    for n in range(12):
        store_event(store, clock.advance(seconds=1), event_type="a.b" if n % 4 else "wanted.one")

    listed = walk(store, replace(query, event_type="wanted.*"), limit=1)

    assert [event.event_type for event in listed] == ["wanted.one"] * 3
    assert len(set(ids(listed))) == 3


@ORDERS
def test_acknowledging_what_was_listed_hides_nothing_of_the_next_page(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    stored = [store_event(store, clock.advance(milliseconds=1)).id for _ in range(7)]
    listed: list[str] = []

    for page in pages(store, query, limit=2):
        for event in page:
            store.acknowledge(TENANT, event.id, clock())
        listed += ids(list(page))

    assert listed == sorted(stored, reverse=query.newest_first)
    assert walk(store, query) == []


@ORDERS
def test_an_event_acknowledged_between_two_pages_is_not_on_the_second(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    events = [store_event(store, clock.advance(milliseconds=1)) for _ in range(5)]
    if query.newest_first:
        events.reverse()
    walking = pages(store, query, limit=2)
    next(walking)

    store.acknowledge(TENANT, events[2].id, clock())

    assert next(walking) == (events[3], events[4])


def test_an_event_stored_while_walking_is_found_at_the_end(
    store: EventStore, clock: FixedClock
) -> None:
    for _ in range(3):
        store_event(store, clock.advance(milliseconds=1))
    walking = pages(store, INBOX, limit=2)
    next(walking)

    late = store_event(store, clock.advance(milliseconds=1))

    assert next(walking)[-1] == late


def test_an_event_stored_while_walking_back_is_not_met(
    store: EventStore, clock: FixedClock
) -> None:
    events = [store_event(store, clock.advance(milliseconds=1)) for _ in range(3)]
    walking = pages(store, replace(INBOX, newest_first=True), limit=2)
    next(walking)

    store_event(store, clock.advance(milliseconds=1))

    assert next(walking) == (events[0],)


@ORDERS
def test_a_page_may_begin_where_no_event_is(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    before = store_event(store, clock())
    nowhere = Position(clock.advance(seconds=1), before.id)
    after = store_event(store, clock.advance(seconds=1))

    page = store.list_events(TENANT, query, limit=5, after=nowhere)

    assert page.events == ((before,) if query.newest_first else (after,))
    assert page.next_after is None
