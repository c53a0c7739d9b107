"""`EventTypes` and `SeenExecutions`: what was seen of a tenant's events."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.clock import FixedClock
from tests.contract.conftest import create_table
from tests.fakes.sightings import InMemorySightings
from triggers_api.events.ids import created_at_of
from triggers_api.events.ports import Position, SeenType
from triggers_api.executions.ports import SeenExecution
from triggers_api.store.sightings import DynamoSightings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Sightings = InMemorySightings | DynamoSightings


@pytest.fixture
def dynamodb_sightings(dynamodb: "DynamoDBClient", clock: FixedClock) -> DynamoSightings:
    return DynamoSightings(dynamodb, create_table(dynamodb, "UsageTable"), clock)


@pytest.fixture(params=["fake", "dynamodb"])
def seen(request: pytest.FixtureRequest) -> Sightings:
    if request.param == "fake":
        return InMemorySightings()
    found: DynamoSightings = request.getfixturevalue("dynamodb_sightings")
    return found


def an_id(clock: FixedClock) -> str:
    return an_event(clock.advance(milliseconds=1)).id


def run(execution_id: str, clock: FixedClock) -> SeenExecution:
    event_id = an_id(clock)
    return SeenExecution(execution_id, Position(created_at_of(event_id), event_id))


def test_of_a_type_the_latest_event_is_kept_in_whatever_order_they_come(
    seen: Sightings, clock: FixedClock
) -> None:
    first, second, third = (an_id(clock) for _ in range(3))
    for event_id in (second, first, second, third, second):
        seen.note_type(TENANT, SeenType("order.fetched", event_id))

    (told,) = seen.list_types(TENANT, clock() - timedelta(days=30))

    assert told == SeenType("order.fetched", third)
    assert told.last_seen_at == created_at_of(third)


def test_types_are_listed_by_name_while_they_are_recent_and_to_their_tenant(
    seen: Sightings, clock: FixedClock
) -> None:
    seen.note_type(TENANT, SeenType("old", an_id(clock)))
    since = clock.advance(seconds=1)
    for name in ("b.b", "a-z", "a.a", "Z"):
        seen.note_type(TENANT, SeenType(name, an_id(clock)))
    seen.note_type(OTHER_TENANT, SeenType("theirs", an_id(clock)))

    assert [each.event_type for each in seen.list_types(TENANT, since)] == [
        "Z",
        "a-z",
        "a.a",
        "b.b",
    ]


def test_executions_are_listed_newest_first_each_once(seen: Sightings, clock: FixedClock) -> None:
    runs = [run(f"exec_{number}", clock) for number in range(5)]
    for each in (*runs, *runs[::-1]):
        seen.note_execution(TENANT, each)
    seen.note_execution(TENANT, run("exec_0", clock))  # a later event of the first one
    seen.note_execution(OTHER_TENANT, run("exec_0", clock))

    found: list[SeenExecution] = []
    after = None
    for _ in range(3):
        page, after = seen.list_executions(TENANT, since=None, limit=2, after=after)
        found += page

    assert found == runs[::-1]
    assert after is None


def test_executions_are_listed_from_a_time_on(seen: Sightings, clock: FixedClock) -> None:
    old, *later = (run(f"exec_{number}", clock) for number in range(3))
    for each in (old, *later):
        seen.note_execution(TENANT, each)

    since = later[0].position.created_at
    page, after = seen.list_executions(TENANT, since=since, limit=1, after=None)
    rest, end = seen.list_executions(TENANT, since=since, limit=1, after=after)

    assert (page, rest, end) == ((later[1],), (later[0],), None)


def test_an_execution_that_begins_meanwhile_is_on_no_later_page(
    seen: Sightings, clock: FixedClock
) -> None:
    runs = [run(f"exec_{number}", clock) for number in range(2)]
    for each in runs:
        seen.note_execution(TENANT, each)
    page, after = seen.list_executions(TENANT, since=None, limit=1, after=None)

    seen.note_execution(TENANT, run("exec_new", clock))

    assert page == (runs[1],)
    assert seen.list_executions(TENANT, since=None, limit=9, after=after) == ((runs[0],), None)
