"""`/executions`: what a producer's job has come to, while it runs and after, in any order."""

import json
from typing import Any
from urllib.parse import quote

from tests.clock import START, FixedClock
from tests.functional.conftest import post_event
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
