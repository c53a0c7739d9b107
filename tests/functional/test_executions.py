"""`/executions`: what a producer's job has come to, while it runs and after, in any order."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.clock import START, FixedClock
from tests.functional.conftest import assert_is_error, post_event
from tests.functional.test_journey import EXECUTION, STORY
from tests.http_api import Api
from triggers_api.timestamps import to_text

JOB = ("sync.started", "order.fetched", "order.fetched", "invoice.created", "sync.completed")


def post(api: Api, clock: FixedClock, *types: str, execution_id: str = "exec_42") -> None:
    """Post events of these types, a second apart."""
    for event_type in types:
        clock.advance(seconds=1)
        post_event(api, event_type=event_type, execution_id=execution_id)


def read(api: Api, execution_id: str = "exec_42") -> dict[str, Any]:
    answer = api.get(f"/executions/{quote(execution_id, safe='')}")
    assert answer.status == 200, answer.body
    summary: dict[str, Any] = answer.json()
    return summary


def test_the_story_runs_and_then_has_completed_with_errors(api: Api, clock: FixedClock) -> None:
    *running, last = [sample.read_bytes() for sample in STORY]
    for sample in running:
        clock.advance(seconds=1)
        api.post("/events", sample)
    assert (read(api, EXECUTION)["status"], read(api, EXECUTION)["total_events"]) == ("running", 7)

    clock.advance(seconds=1)
    api.post("/events", last)

    assert read(api, EXECUTION) == {
        "execution_id": EXECUTION,
        "status": "completed_with_errors",
        "started_at": "2026-11-21T22:55:19.123456Z",
        "completed_at": "2026-11-21T22:55:26.123456Z",
        "duration_seconds": 7.0,
        "total_events": 8,
        "counts": {
            "invoice.created": 2,
            "invoice.failed": 1,
            "order.fetched": 3,
            "sync.completed": 1,
            "sync.started": 1,
        },
        "failed_events": 1,
    }


def test_the_timeline_of_the_story_has_its_payloads_in_order(api: Api, clock: FixedClock) -> None:
    for sample in STORY:
        clock.advance(seconds=1)
        api.post("/events", sample.read_bytes())

    told = api.walk(f"/executions/{EXECUTION}/events?limit=3")

    sent = [json.loads(sample.read_text()) for sample in STORY]
    assert [event["payload"] for event in told] == [event["payload"] for event in sent]
    assert told == api.get("/events?order=asc").json()


def test_a_running_execution_has_no_end_yet(api: Api, clock: FixedClock) -> None:
    post(api, clock, *JOB[:3])

    summary = read(api)

    assert summary["status"] == "running"
    assert (summary["completed_at"], summary["duration_seconds"]) == (None, None)


def test_an_execution_without_failures_has_completed(api: Api, clock: FixedClock) -> None:
    post(api, clock, *JOB)

    summary = read(api)

    assert (summary["status"], summary["failed_events"]) == ("completed", 0)
    assert summary["duration_seconds"] == 4.0


def test_events_stored_in_any_order_tell_the_same(api: Api, clock: FixedClock) -> None:
    post(api, clock, *reversed(JOB))

    summary = read(api)

    assert summary["status"] == "completed"
    assert summary["counts"]["order.fetched"] == 2


def test_late_events_are_counted_and_a_late_failure_changes_the_status(
    api: Api, clock: FixedClock
) -> None:
    post(api, clock, *JOB)
    before = read(api)
    clock.advance(hours=1)

    post(api, clock, "order.fetched")
    assert read(api) == before | {
        "total_events": 6,
        "counts": before["counts"] | {"order.fetched": 3},
    }

    post(api, clock, "invoice.failed")
    after = read(api)
    assert (after["status"], after["failed_events"]) == ("completed_with_errors", 1)
    assert after["completed_at"] == before["completed_at"]


def test_a_long_execution_is_counted_the_same_again_and_again(api: Api, clock: FixedClock) -> None:
    post(api, clock, *["order.fetched"] * 400)
    clock.advance(minutes=2)
    first = read(api)
    post(api, clock, "sync.completed")

    assert first["total_events"] == 400
    assert [read(api)["total_events"] for _ in range(3)] == [401] * 3
    assert read(api)["started_at"] == to_text(START.replace(second=19))


def test_acknowledging_and_replaying_change_no_summary(api: Api, clock: FixedClock) -> None:
    post(api, clock, *JOB)
    before = read(api)
    for event in api.walk("/inbox"):
        api.post(f"/events/{event['id']}/acknowledge")
    assert read(api) == before

    assert {event["status"] for event in api.walk("/executions/exec_42/events")} == {"delivered"}


def test_an_event_that_is_sent_twice_with_one_key_counts_once(api: Api) -> None:
    for _ in range(2):
        body = {"event_type": "sync.started", "payload": {}, "execution_id": "exec_42"}
        api.post("/events", body, idempotency_key="key-1")

    assert read(api)["total_events"] == 1


@pytest.mark.parametrize("path", ["/executions/exec_43", "/executions/exec_43/events"])
def test_an_unknown_execution_is_not_found(api: Api, clock: FixedClock, path: str) -> None:
    post(api, clock, *JOB)

    assert_is_error(api.get(path), 404, "execution_not_found")


@pytest.mark.parametrize("path", ["/executions/exec_42", "/executions/exec_42/events"])
def test_another_tenants_execution_is_not_found(
    api: Api, other_api: Api, clock: FixedClock, path: str
) -> None:
    post(api, clock, *JOB)

    assert_is_error(other_api.get(path), 404, "execution_not_found")


def test_two_tenants_executions_of_one_name_are_two(
    api: Api, other_api: Api, clock: FixedClock
) -> None:
    post(api, clock, *JOB)
    post(other_api, clock, "import.started")

    assert read(other_api)["counts"] == {"import.started": 1}
    assert read(api)["total_events"] == 5
    assert len(other_api.get("/executions/exec_42/events").json()) == 1


@pytest.mark.parametrize("end", ["", "/events"])
@pytest.mark.parametrize(
    "execution_id",
    ["a b", "a#execution", "é", "a\nb", "a\n", "exec_42?", '"', "x" * 129, "*", "a,b", "{}"],
)
def test_an_id_that_no_event_can_have_is_a_bad_parameter(
    api: Api, execution_id: str, end: str
) -> None:
    answer = api.get(f"/executions/{quote(execution_id, safe='')}{end}")

    assert_is_error(answer, 400, "invalid_parameter")
    assert answer.json()["details"][0]["field"] == "execution_id"


@pytest.mark.parametrize(
    "path", ["/executions", "/executions/", "/executions/a%2Fb", "/executions//events"]
)
def test_what_is_no_id_at_all_is_no_route(api: Api, path: str) -> None:
    assert_is_error(api.get(path), 404, "route_not_found")


@pytest.mark.parametrize(
    "execution_id", ["A-z.0_9:~@+-", "...", "events", "2026-11-21T22:55:18+01:00", "x" * 128]
)
def test_every_id_that_can_be_posted_can_be_asked_for(
    api: Api, clock: FixedClock, execution_id: str
) -> None:
    post(api, clock, *JOB, execution_id=execution_id)

    assert read(api, execution_id)["execution_id"] == execution_id
    for spelt in (quote(execution_id, safe=""), quote(execution_id, safe=":@+~")):
        assert len(api.walk(f"/executions/{spelt}/events?limit=2")) == 5


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_following_the_link_yields_each_event_once(api: Api, clock: FixedClock, limit: int) -> None:
    post(api, clock, *["order.fetched"] * 15)

    told = api.walk(f"/executions/exec_42/events?limit={limit}")

    assert told == api.walk("/events?order=asc")


def test_events_that_come_during_a_walk_follow_its_end(api: Api, clock: FixedClock) -> None:
    post(api, clock, *["order.fetched"] * 4)
    path = "/executions/exec_42/events?limit=2"
    seen = api.get(path)
    post(api, clock, "sync.completed")
    told = seen.json()
    while (url := seen.next_url) is not None:
        seen = api.get(url)
        told += seen.json()
        api.post(f"/events/{told[0]['id']}/acknowledge")

    assert [event["event_type"] for event in told] == [*["order.fetched"] * 4, "sync.completed"]


def test_a_page_has_fifty_events_unless_asked_otherwise(api: Api, clock: FixedClock) -> None:
    post(api, clock, *["order.fetched"] * 51)

    answer = api.get("/executions/exec_42/events")

    assert len(answer.json()) == 50
    assert "link" in answer.headers


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=ten", "cursor=forged"])
def test_a_bad_parameter_is_told(api: Api, clock: FixedClock, query: str) -> None:
    post(api, clock, *JOB)

    answer = api.get(f"/executions/exec_42/events?{query}")

    assert answer.status == 400
    assert answer.json()["details"][0]["field"] == query.partition("=")[0]


def test_a_cursor_of_another_execution_is_refused(api: Api, clock: FixedClock) -> None:
    post(api, clock, *JOB)
    post(api, clock, *JOB, execution_id="exec_43")
    url = api.get("/executions/exec_42/events?limit=1").next_url
    assert url is not None

    answer = api.get(url.replace("exec_42", "exec_43"))

    assert_is_error(answer, 400, "invalid_cursor")
