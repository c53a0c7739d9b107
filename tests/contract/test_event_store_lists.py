"""`EventStore.list_events`: what a list holds, and in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders.events import (
    ALL_EVENTS,
    DELIVERED_RETENTION,
    INBOX,
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    ids,
    incompressible_payload,
    store_event,
    walk,
)
from tests.clock import FixedClock
from triggers_api.events.event import Severity
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventQuery, EventStore

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
ORDERS = pytest.mark.parametrize("query", [ALL_EVENTS, replace(ALL_EVENTS, newest_first=True)])


def test_a_new_tenant_has_no_events(store: EventStore) -> None:
    page = store.list_events(TENANT, ALL_EVENTS, limit=10, after=None)

    assert page.events == ()
    assert page.next_after is None


@ORDERS
def test_events_are_listed_in_order_of_time(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    events = [store_event(store, clock.advance(milliseconds=1)) for _ in range(5)]

    listed = walk(store, query)

    assert listed == (events[::-1] if query.newest_first else events)


@ORDERS
def test_events_of_one_moment_are_listed_in_order_of_their_ids(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    stored = [store_event(store, clock()).id for _ in range(8)]

    listed = walk(store, query)

    assert ids(listed) == sorted(stored, reverse=query.newest_first)


def test_events_within_a_millisecond_are_listed_in_order_of_time(
    store: EventStore, clock: FixedClock
) -> None:
    events = [store_event(store, clock.advance(microseconds=1)) for _ in range(8)]

    assert walk(store) == events


def test_delivered_and_undelivered_events_are_merged_in_order(
    store: EventStore, clock: FixedClock
) -> None:
    events = [store_event(store, clock.advance(milliseconds=1)) for _ in range(6)]

    for event in events[::2]:
        store.acknowledge(TENANT, event.id, clock())

    assert ids(walk(store)) == ids(events)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((EventStatus.PENDING,), [0, 2]),
        ((EventStatus.FAILED,), []),
        ((EventStatus.DELIVERED,), [1]),
        ((EventStatus.PENDING, EventStatus.FAILED), [0, 2]),
        (tuple(EventStatus), [0, 1, 2]),
    ],
)
def test_a_list_holds_only_the_statuses_asked_for(
    store: EventStore, clock: FixedClock, statuses: tuple[EventStatus, ...], expected: list[int]
) -> None:
    events = [store_event(store, clock.advance(seconds=1)) for _ in range(3)]
    store.acknowledge(TENANT, events[1].id, clock())

    listed = walk(store, EventQuery(statuses=statuses))

    assert ids(listed) == [events[number].id for number in expected]


@ORDERS
@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (1, None, {1, 2, 3}),
        (None, 2, {0, 1}),
        (1, 3, {1, 2}),
        (1, 1.000001, {1}),
        (2, 2, set()),
        (3, 1, set()),
        (4, None, set()),
        (None, 0, set()),
        (-100, 100, {0, 1, 2, 3}),
    ],
)
def test_since_is_inclusive_and_until_exclusive(
    store: EventStore,
    clock: FixedClock,
    query: EventQuery,
    since: float | None,
    until: float | None,
    expected: set[int],
) -> None:
    start = clock()
    events = [store_event(store, start + timedelta(seconds=n)) for n in range(4)]
    between = replace(
        query,
        since=None if since is None else start + timedelta(seconds=since),
        until=None if until is None else start + timedelta(seconds=until),
    )

    listed = walk(store, between, limit=2)

    assert {events.index(event) for event in listed} == expected
    assert len(listed) == len(expected)


@ORDERS
def test_no_moment_is_too_early_or_too_late_to_ask_for(
    store: EventStore, clock: FixedClock, query: EventQuery
) -> None:
    event = store_event(store, clock())

    assert walk(store, replace(query, since=EARLIEST, until=LATEST)) == [event]
    assert walk(store, replace(query, until=EARLIEST)) == []
    assert walk(store, replace(query, since=LATEST)) == []


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        ("invoice.failed", ["invoice.failed"]),
        ("invoice", ["invoice"]),
        ("invoice.*", ["invoice.failed", "invoice.failed.twice"]),
        ("invoice.failed.*", ["invoice.failed.twice"]),
        ("inv.*", []),
        ("Invoice.failed", []),
    ],
)
def test_a_list_holds_one_type_or_all_below_a_prefix(
    store: EventStore, clock: FixedClock, event_type: str, expected: list[str]
) -> None:
    for name in ("invoice", "invoice.failed", "invoices.failed", "invoice.failed.twice", "a.b"):
        store_event(store, clock.advance(seconds=1), event_type=name)

    listed = walk(store, replace(ALL_EVENTS, event_type=event_type))

    assert [event.event_type for event in listed] == expected


def test_a_list_never_holds_another_tenants_events(store: EventStore, clock: FixedClock) -> None:
    mine = store_event(store, clock())
    for tenant in (OTHER_TENANT, TENANT + "2", TENANT[:-1]):
        store_event(store, clock(), tenant)

    assert walk(store) == [mine]


def test_an_expired_event_is_never_listed(store: EventStore, clock: FixedClock) -> None:
    store_event(store, clock())
    clock.at += UNDELIVERED_RETENTION / 2
    younger = store_event(store, clock())
    clock.at += UNDELIVERED_RETENTION / 2

    assert walk(store) == [younger]
    assert walk(store, INBOX, limit=1) == [younger]


def test_an_expired_delivered_event_is_never_listed(store: EventStore, clock: FixedClock) -> None:
    delivered = store_event(store, clock())
    store.acknowledge(TENANT, delivered.id, clock())
    waiting = store_event(store, clock())

    clock.at += DELIVERED_RETENTION

    assert walk(store) == [waiting]


def test_listed_events_are_whole(store: EventStore, clock: FixedClock) -> None:
    sizes = [2, 500, 9000, 100, 60_000]
    events = [
        store_event(store, clock.advance(seconds=1), payload=incompressible_payload(size + 14))
        for size in sizes
    ]
    at = clock.advance(seconds=1)
    store.acknowledge(TENANT, events[2].id, at)
    events[2] = replace(events[2], status=EventStatus.DELIVERED, delivered_at=at)

    assert walk(store) == events
    assert walk(store, limit=2) == events


@ORDERS
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_list_is_narrowed_by_severity_and_execution_together_with_all_else(
    store: EventStore, clock: FixedClock, query: EventQuery, limit: int
) -> None:
    said = [
        (Severity.ERROR, "exec_1", "order.failed"),
        (Severity.INFO, "exec_1", "order.fetched"),
        (Severity.ERROR, "exec_2", "order.failed"),
        (Severity.ERROR, None, "order.failed"),
        (Severity.ERROR, "exec_1", "order.fetched"),
        (Severity.CRITICAL, "exec_1", "invoice.failed"),
    ]
    events = [
        store_event(
            store,
            clock.advance(seconds=1),
            severity=severity,
            execution_id=execution_id,
            event_type=event_type,
        )
        for severity, execution_id, event_type in said
    ]
    store.acknowledge(TENANT, events[4].id, clock())

    def listed(**asked: Any) -> list[int]:
        found = walk(store, replace(query, **asked), limit)
        places = [[event.id for event in events].index(each.id) for each in found]
        return places[::-1] if query.newest_first else places

    assert listed(severity=Severity.ERROR) == [0, 2, 3, 4]
    assert listed(execution_id="exec_1") == [0, 1, 4, 5]
    assert listed(execution_id="exec_1", severity=Severity.ERROR) == [0, 4]
    assert listed(execution_id="exec_1", event_type="order.*") == [0, 1, 4]
    assert listed(execution_id="exec_1", statuses=(EventStatus.PENDING,)) == [0, 1, 5]
    assert listed(execution_id="exec_1", since=events[1].created_at) == [1, 4, 5]
    assert listed(execution_id="exec_1", until=events[4].created_at) == [0, 1]
    assert listed(event_type="order.failed", severity=Severity.ERROR) == [0, 2, 3]
    assert listed(execution_id="exec_9") == []


def test_an_execution_of_the_same_name_is_each_tenants_own(
    store: EventStore, clock: FixedClock
) -> None:
    store_event(store, clock(), execution_id="exec_1")

    assert walk(store, replace(ALL_EVENTS, execution_id="exec_1"), tenant=OTHER_TENANT) == []


def test_a_page_tells_what_it_read(store: EventStore, clock: FixedClock) -> None:
    for _ in range(10):
        store_event(store, clock.advance(milliseconds=1))

    page = store.list_events(TENANT, ALL_EVENTS, limit=5, after=None)
    nothing = store.list_events(
        TENANT, replace(ALL_EVENTS, event_type="no.such"), limit=5, after=None
    )

    assert page.read_units > 0
    assert (nothing.events, nothing.read_units > 0) == ((), True)
