"""`GET /executions` and `GET /event-types`, of what the counter noted from the stream."""

import json
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.sightings import InMemorySightings
from tests.fakes.usage import InMemoryActiveTenants, InMemoryUsage
from tests.functional.conftest import NewToken, post_event
from tests.functional.stream_of_changes import EVENTS, SHARD
from tests.functional.stream_of_events import a_record
from tests.http_api import Api
from tests.simulation.faults import Exposed, Fault, OneFault
from triggers_api.events.event import Event
from triggers_api.events.event_types import NoteTypes
from triggers_api.executions.execution_list import LOOKED_AT, NoteExecutions
from triggers_api.handlers.api import build
from triggers_api.handlers.counter import Counter, notes_of_executions, notes_of_types
from triggers_api.settings import ApiSettings


@pytest.fixture
def seen() -> InMemorySightings:
    return InMemorySightings()


@pytest.fixture
def api(
    fake_events: InMemoryEventStore,
    fake_api_keys: InMemoryApiKeyStore,
    seen: InMemorySightings,
    clock: FixedClock,
    new_token: NewToken,
) -> Api:
    settings = ApiSettings.from_environment(ENVIRONMENT)
    given = dependencies(fake_events, fake_api_keys, sightings=seen)
    return Api(build(settings, given, clock), new_token())


def count(
    seen: InMemorySightings,
    api: Api,
    faults: OneFault | None = None,
    notes: NoteExecutions | None = None,
) -> bool:
    """Hand the counter all events there are, as a stream does; whether it took them all."""
    exposed = Exposed("seen", seen, faults or OneFault(None, Fault.NONE), lambda _: None)
    counter = Counter(
        InMemoryUsage(),
        InMemoryActiveTenants(),
        counted=(),
        noted=(
            notes_of_types(NoteTypes(exposed, FixedClock())),
            notes_of_executions(notes or NoteExecutions(exposed, FixedClock())),
        ),
        clock=FixedClock(),
    )
    records = [
        a_record(an_event_of(each), place, TENANT)
        for place, each in enumerate(api.walk("/events?order=asc&limit=100"))
    ]
    event = {"Records": records, "eventSourceARN": EVENTS, "shardId": SHARD}
    return not counter(event, None)["batchItemFailures"]


def an_event_of(shown: dict[str, Any]) -> Event:
    clock = FixedClock()
    told: dict[str, Any] = {name: shown[name] for name in ("id", "event_type", "execution_id")}
    return an_event(clock(), **told, payload=json.dumps(shown["payload"]).encode())


def run(api: Api, clock: FixedClock, execution_id: str, *types: str) -> None:
    for event_type in types:
        clock.advance(milliseconds=5)
        post_event(api, event_type=event_type, execution_id=execution_id)


def test_executions_are_listed_newest_first_as_they_are_now(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    run(api, clock, "exec_1", "sync.started", "sync.completed")
    run(api, clock, "exec_2", "sync.started")
    run(api, clock, "exec_3", "sync.started", "invoice.failed", "sync.completed")
    assert count(seen, api)

    listed = api.get("/executions").json()

    assert [each["execution_id"] for each in listed] == ["exec_3", "exec_2", "exec_1"]
    for each in listed:
        assert each == api.get(f"/executions/{each['execution_id']}").json()
    assert api.walk("/executions?limit=1") == listed
    for status in ("running", "completed", "completed_with_errors"):
        wanted = [each for each in listed if each["status"] == status]
        assert api.get(f"/executions?status={status}").json() == wanted != []

    run(api, clock, "exec_2", "sync.completed")
    assert api.get("/executions?status=running").json() == []


def test_who_has_a_deleted_tenants_name_next_finds_executions_of_the_same_ids_listed(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    notes = NoteExecutions(seen, clock)
    run(api, clock, "exec_1", "sync.started")
    count(seen, api, notes=notes)
    seen.forget(TENANT)  # and no tenant is deleted in less than three minutes
    clock.advance(minutes=3)
    run(api, clock, "exec_1", "sync.completed")

    count(seen, api, notes=notes)

    assert [each["execution_id"] for each in api.get("/executions").json()] == ["exec_1"]


def test_executions_are_listed_from_a_time_on(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    run(api, clock, "exec_1", "a.started")
    since = clock.advance(seconds=60).isoformat().replace("+00:00", "Z")
    run(api, clock, "exec_2", "a.started")
    count(seen, api)

    listed = api.get(f"/executions?since={since}").json()

    assert [each["execution_id"] for each in listed] == ["exec_2"]


def test_an_execution_is_listed_from_its_own_beginning_on(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    for number in range(12):
        clock.advance(microseconds=101)
        post_event(api, event_type="a.started", execution_id=f"exec_{number}")
    count(seen, api)

    for each in api.get("/executions").json():
        listed = api.get(f"/executions?since={each['started_at']}").json()
        begun = [other["started_at"] for other in listed]

        assert each in listed
        assert min(begun)[:23] == each["started_at"][:23]  # to the millisecond


def test_a_status_that_few_have_is_looked_for_page_by_page(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    run(api, clock, "exec_rare", "a.started")
    for number in range(LOOKED_AT):
        run(api, clock, f"exec_{number}", "a.completed")
    count(seen, api)

    first = api.get("/executions?status=running")

    assert (first.json(), first.next_url is None) == ([], False)
    assert [each["execution_id"] for each in api.walk("/executions?status=running")] == [
        "exec_rare"
    ]


def test_a_status_is_paged_without_gaps(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    for number in range(9):
        run(api, clock, f"exec_{number}", "a.started" if number % 2 else "a.completed")
    count(seen, api)

    walked = [each["execution_id"] for each in api.walk("/executions?status=running&limit=2")]

    assert walked == ["exec_7", "exec_5", "exec_3", "exec_1"]


def test_another_tenants_cursor_and_that_of_another_query_are_refused(
    api: Api, other_api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    for number in range(2):
        run(api, clock, f"exec_{number}", "a.started")
    count(seen, api)
    url = api.get("/executions?limit=1").next_url
    assert url is not None

    for answer in (other_api.get(url), api.get(f"{url}&status=running")):
        assert (answer.status, answer.error) == (400, "invalid_cursor")
    assert other_api.get("/executions").json() == []


def test_types_are_listed_with_their_latest_event(
    api: Api, other_api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    run(api, clock, "exec_1", "sync.started", "order.fetched", "order.fetched")
    count(seen, api)

    listed = {each["event_type"]: each for each in api.get("/event-types").json()}

    latest = api.get("/events?event_type=order.fetched&limit=1").json()[0]
    assert list(listed) == ["order.fetched", "sync.started"]
    assert listed["order.fetched"]["latest_event_id"] == latest["id"]
    assert listed["order.fetched"]["last_seen_at"][:23] == latest["created_at"][:23]
    assert other_api.get("/event-types").json() == []


def test_a_type_outlives_the_erasure_of_its_latest_event(
    api: Api, seen: InMemorySightings, clock: FixedClock
) -> None:
    run(api, clock, "exec_1", "sync.started")
    count(seen, api)
    (told,) = api.get("/event-types").json()
    api.send("DELETE", f"/events/{told['latest_event_id']}")

    assert api.get("/event-types").json() == [told]
    assert api.get(f"/events/{told['latest_event_id']}").status == 410


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST])
@pytest.mark.parametrize("call", range(5))
def test_nothing_is_missed_or_noted_twice_if_the_counter_fails_at_any_call(
    api: Api, seen: InMemorySightings, clock: FixedClock, fault: Fault, call: int
) -> None:
    run(api, clock, "exec_1", "sync.started", "sync.completed")
    run(api, clock, "exec_2", "sync.started")
    count(seen, api, OneFault(call, fault))
    assert count(seen, api)

    assert [each["execution_id"] for each in api.get("/executions").json()] == ["exec_2", "exec_1"]
    assert len(api.get("/event-types").json()) == 2
