"""No page of events is larger than the answer of a function on Lambda, whatever events hold."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import ALL_EVENTS, INBOX, TENANT, an_event, ids
from tests.clock import FixedClock
from tests.contract.conftest import ADAPTERS
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.leases import InMemoryLeaseStore, leasing_on
from triggers_api.events.event import Event, events_as_json
from triggers_api.events.ports import EventStore
from triggers_api.executions.ports import ExecutionQuery, ExecutionStore
from triggers_api.leases.ports import LeaseStore
from triggers_api.settings import ApiSettings
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.leases import DynamoLeaseStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LAMBDA_ANSWERS_AT_MOST = 6_291_556
HEADERS = 10_000
EXECUTION = "e" * 128
OF_FOUR_BYTES = dict.fromkeys("abcd", "😀" * 507)  # a character
QUOTED_TWICE = dict.fromkeys("abcdefgh", '"' * 500)


@dataclass(frozen=True)
class Stores:
    """What reads pages of the same events."""

    events: EventStore
    executions: ExecutionStore
    leases: LeaseStore


@pytest.fixture(params=ADAPTERS[:2])
def stores(request: pytest.FixtureRequest) -> Stores:
    found: Stores = request.getfixturevalue(f"{request.param}_stores")
    return found


@pytest.fixture
def fake_stores(clock: FixedClock) -> Stores:
    events = InMemoryEventStore(clock)
    return Stores(events, InMemoryExecutionStore(events, clock), InMemoryLeaseStore(events))


@pytest.fixture
def dynamodb_stores(
    dynamodb: "DynamoDBClient", events_table: str, dynamodb_events: EventStore, clock: FixedClock
) -> Stores:
    settings = replace(ApiSettings.from_environment().events, table=events_table)
    executions = DynamoExecutionStore(dynamodb, settings, clock)
    leases = DynamoLeaseStore(dynamodb, events_table, clock)
    return Stores(dynamodb_events, executions, leases)


def event_of(clock: FixedClock, metadata: dict[str, str], size: int) -> Event:
    """An event that holds so many bytes of what doubles when it is quoted."""
    room = size - len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    return an_event(
        clock.advance(milliseconds=1),
        event_type="a" * 128,
        execution_id=EXECUTION,
        metadata=metadata,
        payload=b'{"a":"%s"}' % (b"\\" * ((room - len(b'{"a":""}')) // 2 * 2)),
    )


def quoted(events: tuple[Event, ...]) -> int:
    """The bytes of what the function hands to Lambda: the body is a string in JSON."""
    return len(json.dumps(events_as_json(events).decode(), ensure_ascii=False).encode())


def pages_of(stores: Stores, clock: FixedClock) -> Iterator[tuple[Event, ...]]:
    """The first page of each list, and of as many leases as there are."""
    for query in (INBOX, ALL_EVENTS):
        yield stores.events.list_events(TENANT, query, limit=100, after=None).events
    timeline = stores.executions.list_timeline
    yield timeline(TENANT, ExecutionQuery(EXECUTION), limit=100, after=None).events
    lease = leasing_on(stores.leases, clock)
    while leased := lease.lease(TENANT, limit=100, duration=timedelta(minutes=1)).events:
        yield leased


@pytest.mark.parametrize(
    ("metadata", "size", "count"),
    [(OF_FOUR_BYTES, 36_000, 100), (QUOTED_TWICE, 250_000, 13)],
    ids=["four bytes a character", "just as large as a page may be"],
)
def test_no_page_of_events_is_larger_than_lambdas_answer(
    stores: Stores, clock: FixedClock, metadata: dict[str, str], size: int, count: int
) -> None:
    stored = [event_of(clock, metadata, size) for _ in range(count)]
    for event in stored:
        stores.events.add(TENANT, event, None)

    pages = list(pages_of(stores, clock))

    assert max(map(quoted, pages)) < LAMBDA_ANSWERS_AT_MOST - HEADERS
    assert min(len(page) for page in pages[:3]) >= 3_000_000 // size - 1
    assert sorted(ids([event for page in pages[3:] for event in page])) == ids(stored)


def test_what_ended_leases_return_fits_beside_what_was_never_leased(
    stores: Stores, clock: FixedClock
) -> None:
    for _ in range(60):
        stores.events.add(TENANT, event_of(clock, OF_FOUR_BYTES, 36_000), None)
    lease = leasing_on(stores.leases, clock)
    returned = lease.lease(TENANT, limit=20, duration=timedelta(minutes=1))
    clock.advance(minutes=2)

    leased = lease.lease(TENANT, limit=100, duration=timedelta(minutes=1))

    assert len(leased.events) > len(returned.events)
    assert quoted(leased.events) < LAMBDA_ANSWERS_AT_MOST - HEADERS
