"""`ExecutionStore.list_timeline`: the events of an execution, page after page."""

import pytest

from tests.builders.events import (
    DELIVERED_RETENTION,
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    ids,
    incompressible_payload,
    store_event,
)
from tests.clock import START, FixedClock
from tests.contract.executions.test_execution_store import EXECUTION, counted
from triggers_api.errors import NotFoundError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventStore, Position
from triggers_api.executions.ports import ExecutionQuery, ExecutionStore

QUERY = ExecutionQuery(EXECUTION)
# All that an id may be made of; and ids that look like something else.
HOSTILE_IDS = [
    "A-z.0_9:~@+-",
    ".",
    "..",
    "events",
    "execution",
    "event",
    f"execution@{'x' * 100}",
    "x" * 128,
    "0123456789ABCDEF",
]


def walk(executions: ExecutionStore, limit: int, execution_id: str = EXECUTION) -> list[Event]:
    found: list[Event] = []
    after: Position | None = None
    while True:
        page = executions.list_timeline(
            TENANT, ExecutionQuery(execution_id), limit=limit, after=after
        )
        assert len(page.events) <= limit
        found += page.events
        after = page.next_after
        if after is None:
            return found


@pytest.mark.parametrize("limit", range(1, 9))
def test_the_timeline_holds_each_event_once_oldest_first(
    events: EventStore, executions: ExecutionStore, clock: FixedClock, limit: int
) -> None:
    stored = [store_event(events, clock.advance(milliseconds=n % 2)) for n in range(7)]
    store_event(events, clock(), execution_id=None)

    listed = walk(executions, limit)

    assert listed == sorted(stored, key=lambda event: (event.created_at, event.id))


def test_the_timeline_shows_events_as_they_are_now_with_large_payloads(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    payload = incompressible_payload(9000)
    large = store_event(events, clock(), payload=payload)
    failed = store_event(events, clock.advance(seconds=1))
    events.acknowledge(TENANT, large.id, clock())
    events.mark_failed(TENANT, failed.id, 3)

    first, second = walk(executions, 10)

    assert (first.payload, first.status) == (payload, EventStatus.DELIVERED)
    assert second.status is EventStatus.FAILED


def test_what_is_stored_during_a_walk_neither_doubles_nor_hides_an_event(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    stored = [store_event(events, clock.advance(seconds=1)) for _ in range(6)]
    begun = executions.list_timeline(TENANT, QUERY, limit=3, after=None)
    store_event(events, stored[0].created_at)
    newest = store_event(events, clock.advance(seconds=1))
    events.acknowledge(TENANT, stored[4].id, clock())

    rest = executions.list_timeline(TENANT, QUERY, limit=10, after=begun.next_after)

    assert ids([*begun.events, *rest.events]) == ids([*stored, newest])


def test_expired_events_are_not_in_the_timeline(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    acknowledged = store_event(events, clock())
    waiting = store_event(events, clock())
    events.acknowledge(TENANT, acknowledged.id, clock())

    clock.at += DELIVERED_RETENTION
    assert walk(executions, 1) == [waiting]
    clock.at += UNDELIVERED_RETENTION
    assert walk(executions, 1) == []


@pytest.mark.parametrize(
    ("tenant", "execution_id"), [(TENANT, "exec_4"), (OTHER_TENANT, EXECUTION)]
)
def test_the_timeline_of_an_unknown_execution_is_not_found(
    events: EventStore,
    executions: ExecutionStore,
    clock: FixedClock,
    tenant: str,
    execution_id: str,
) -> None:
    store_event(events, clock())

    with pytest.raises(NotFoundError) as caught:
        executions.list_timeline(tenant, ExecutionQuery(execution_id), limit=1, after=None)
    assert caught.value.code == "execution_not_found"


def test_an_execution_whose_events_are_gone_but_counted_has_an_empty_timeline(
    executions: ExecutionStore,
) -> None:
    executions.keep_checkpoint(TENANT, EXECUTION, counted("a", START), known_version=0)

    assert walk(executions, 10) == []


@pytest.mark.parametrize("execution_id", HOSTILE_IDS)
def test_any_id_that_can_be_posted_is_an_id_of_its_own(
    events: EventStore, executions: ExecutionStore, clock: FixedClock, execution_id: str
) -> None:
    event = store_event(events, clock(), execution_id=execution_id)
    store_event(events, clock(), execution_id=f"{execution_id[:100]}-2")
    assert executions.keep_checkpoint(TENANT, execution_id, counted("a", START), known_version=0)

    assert len(executions.read_uncounted(TENANT, execution_id, after=None).sightings) == 1
    assert walk(executions, 10, execution_id) == [event]
    assert events.get(TENANT, event.id) == event
    assert executions.find_checkpoint(TENANT, execution_id).version == 1


def test_an_erased_event_is_counted_but_not_in_the_timeline(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    kept = store_event(events, clock())
    erased = store_event(events, clock.advance(seconds=1))

    events.erase(TENANT, erased.id, clock())

    assert walk(executions, 1) == [kept]
    assert len(executions.read_uncounted(TENANT, EXECUTION, after=None).sightings) == 2


def test_an_erased_event_takes_no_place_on_a_page(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    first, erased, last = (store_event(events, clock.advance(seconds=1)) for _ in range(3))
    events.erase(TENANT, erased.id, clock())

    page = executions.list_timeline(TENANT, QUERY, limit=2, after=None)

    assert page.events == (first, last)
