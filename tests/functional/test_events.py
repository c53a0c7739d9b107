"""`/events`: what a caller gets when all is well."""

from typing import Any

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error, post_event
from tests.http_api import Api

EVENT = {
    "event_type": "invoice.failed",
    "payload": {"order_id": "902-1845936-5412345"},
    "metadata": {"connector": "amazon"},
    "severity": "error",
    "execution_id": "exec_42",
}


def test_a_posted_event_is_answered_whole(api: Api) -> None:
    answer = api.post("/events", EVENT)

    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == EVENT | {
        "id": answer.json()["id"],
        "event_id": answer.json()["id"],
        "status": "pending",
        "created_at": "2026-11-21T22:55:18.123456Z",
        "delivered_at": None,
        "delivery_attempts": 0,
    }


def test_type_and_payload_are_all_that_an_event_needs(api: Api) -> None:
    event = post_event(api, event_type="a", payload={})

    assert (event["severity"], event["metadata"], event["execution_id"]) == ("info", {}, None)


def test_a_posted_event_can_be_read(api: Api) -> None:
    event = post_event(api, **EVENT)

    answer = api.get(f"/events/{event['id']}")

    assert answer.status == 200
    assert answer.json() == event


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
)
def test_json_is_taken_under_any_of_its_names(api: Api, content_type: str) -> None:
    assert api.post("/events", EVENT, content_type=content_type).status == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"event_type": "x" * 128},
        {"event_type": "A-1_b.c"},
        {"execution_id": "2026:11~x@y+z-1_2.3"},
        {"execution_id": None},
        {"severity": "critical"},
        {"metadata": {"a": "", "b": None, "c": 1.5, "d": True, "é😀": "x" * 512}},
        {"metadata": {str(number): number for number in range(50)}},
        {"metadata": {"big": 12345678901234567890}},
    ],
)
def test_what_the_contract_allows_is_taken_and_comes_back(api: Api, fields: dict[str, Any]) -> None:
    event = post_event(api, **fields)

    assert api.get(f"/events/{event['id']}").json() == event
    assert {name: event[name] for name in fields} == fields


def test_an_acknowledgement_is_answered_with_nothing(api: Api) -> None:
    event = post_event(api)

    answer = api.post(f"/events/{event['id']}/acknowledge")

    assert (answer.status, answer.body) == (204, b"")


def test_an_acknowledged_event_is_delivered(api: Api, clock: FixedClock) -> None:
    event = post_event(api)
    clock.advance(seconds=2)

    api.post(f"/events/{event['id']}/acknowledge")

    found = api.get(f"/events/{event['id']}").json()
    delivered = {"status": "delivered", "delivered_at": "2026-11-21T22:55:20.123456Z"}
    assert found == event | delivered


def test_acknowledging_twice_changes_nothing(api: Api, clock: FixedClock) -> None:
    event = post_event(api)
    api.post(f"/events/{event['id']}/acknowledge")
    once = api.get(f"/events/{event['id']}").json()

    clock.advance(seconds=2)
    answer = api.post(f"/events/{event['id']}/acknowledge")

    assert answer.status == 204
    assert api.get(f"/events/{event['id']}").json() == once


def test_a_body_sent_with_an_acknowledgement_is_ignored(api: Api) -> None:
    event = post_event(api)

    answer = api.post(f"/events/{event['id']}/acknowledge", b"\xff{", content_type="text/plain")

    assert answer.status == 204


def test_an_event_that_was_read_can_be_posted_as_it_is(api: Api) -> None:
    """So a backlog moves to another tenant or deployment: `GET /events`, and a batch of it."""
    post_event(api, severity="error", execution_id="exec_1", metadata={"connector": "amazon"})
    read = api.get("/events").json()

    alone = api.post("/events", read[0])
    together = api.post("/events/batch", {"events": read}).json()["results"][0]

    for copy in (alone.json(), together["event"]):
        said = ("event_type", "payload", "metadata", "severity", "execution_id")
        assert copy["id"] != read[0]["id"]
        assert [copy[name] for name in said] == [read[0][name] for name in said]


@pytest.mark.parametrize(
    "made_up",
    [
        {"id": "order-1"},
        {"id": "order-1", "event_id": "order-1"},
        {"id": 5, "event_id": 5},
        {"event_id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"},
        {"status": "delivered"},
        {"created_at": "2026-11-21T22:55:18Z"},
    ],
)
def test_what_only_we_can_set_is_refused_unless_it_comes_from_us(
    api: Api, made_up: dict[str, object]
) -> None:
    answer = api.post("/events", {"event_type": "a", "payload": {}} | made_up)

    assert_is_error(answer, 422, "invalid_event")
    assert {each["field"] for each in answer.json()["details"]} == set(made_up)


@pytest.mark.parametrize(
    "metadata",
    [
        {f"k{n}": "x" * 512 for n in range(17)},
        {f"k{n}": "\0" * 512 for n in range(3)},  # six bytes each, as JSON
        {"n": int("9" * 4300), "m": int("8" * 4300)},
    ],
    ids=["many", "escapes", "digits"],
)
def test_metadata_of_more_than_8192_bytes_are_refused_however_few_they_are(
    api: Api, metadata: dict[str, Any]
) -> None:
    answer = api.post("/events", {"event_type": "a", "payload": {}, "metadata": metadata})

    assert_is_error(answer, 422, "invalid_event")
    (detail,) = answer.json()["details"]
    assert detail["field"] == "metadata"
    assert "8192 bytes" in detail["message"]
