"""`POST /inbox/lease` and `POST /inbox/release`."""

from typing import Any

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error, post_event
from tests.http_api import Answer, Api

UNKNOWN = "lse_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"


def lease(api: Api, **wanted: Any) -> dict[str, Any]:
    answer = api.post("/inbox/lease", wanted)
    assert answer.status == 200, answer.body
    leased: dict[str, Any] = answer.json()
    assert leased.keys() == {"lease_id", "expires_at", "events"}
    return leased


def ids(leased: dict[str, Any]) -> list[str]:
    return [event["id"] for event in leased["events"]]


def test_two_workers_never_get_one_event(api: Api, clock: FixedClock) -> None:
    posted = []
    for _ in range(5):
        clock.advance(milliseconds=1)
        posted.append(post_event(api))

    first, second, third = (lease(api, limit=2) for _ in range(3))

    assert [*first["events"], *second["events"], *third["events"]] == posted
    assert len({first["lease_id"], second["lease_id"], third["lease_id"]}) == 3


def test_an_empty_inbox_is_no_error(api: Api) -> None:
    assert lease(api) == {"lease_id": None, "expires_at": None, "events": []}


def test_without_a_body_a_lease_is_of_10_events_for_a_minute(api: Api) -> None:
    for _ in range(11):
        post_event(api)

    leased = api.post("/inbox/lease").json()

    assert len(leased["events"]) == 10
    assert leased["expires_at"] == "2026-11-21T22:56:18.123000Z"


def test_what_was_not_acknowledged_in_time_comes_back_and_the_rest_does_not(
    api: Api, clock: FixedClock
) -> None:
    for _ in range(3):
        clock.advance(milliseconds=1)
        post_event(api)
    done, *left = ids(lease(api, lease_seconds=5))
    assert api.post(f"/events/{done}/acknowledge").status == 204

    clock.advance(seconds=4.9)
    assert ids(lease(api)) == []
    clock.advance(seconds=0.1)
    assert ids(lease(api)) == left


def test_a_released_lease_comes_back_at_once_without_what_was_acknowledged(api: Api) -> None:
    for _ in range(3):
        post_event(api)
    leased = lease(api)
    api.post("/inbox/acknowledge", {"event_ids": ids(leased)[:1]})

    answer = api.post("/inbox/release", {"lease_id": leased["lease_id"]})

    assert (answer.status, answer.body) == (204, b"")
    assert set(ids(lease(api))) == set(ids(leased)[1:])


def test_some_events_of_a_lease_can_be_released(api: Api, clock: FixedClock) -> None:
    for _ in range(3):
        clock.advance(milliseconds=1)
        post_event(api)
    leased = lease(api, lease_seconds=60)
    one, *others = ids(leased)

    body = {"lease_id": leased["lease_id"], "event_ids": [one, "evt_unknown"]}
    assert api.post("/inbox/release", body).status == 204

    assert ids(lease(api, lease_seconds=600)) == [one]
    clock.advance(seconds=60)
    assert ids(lease(api)) == others


def test_releasing_again_or_too_late_changes_nothing(api: Api, clock: FixedClock) -> None:
    post_event(api)
    first = lease(api, lease_seconds=10)
    for _ in range(2):
        assert api.post("/inbox/release", {"lease_id": first["lease_id"]}).status == 204
    second = lease(api, lease_seconds=10)
    assert api.post("/inbox/release", {"lease_id": first["lease_id"]}).status == 204
    assert ids(lease(api)) == []

    clock.advance(seconds=10)
    third = lease(api)
    assert api.post("/inbox/release", {"lease_id": second["lease_id"]}).status == 204
    assert api.post("/inbox/release", {"lease_id": UNKNOWN}).status == 204

    assert ids(third) == ids(first)
    assert ids(lease(api)) == []


@pytest.mark.parametrize("digit", ["0", "7", "Z"])
def test_an_invented_lease_changes_nothing_whenever_it_would_end(api: Api, digit: str) -> None:
    post_event(api)
    lease(api)

    invented = f"lse_{min(digit, '7')}{digit * 25}"  # of the year 1970 to 10889
    assert api.post("/inbox/release", {"lease_id": invented}).status == 204

    assert ids(lease(api)) == []


def test_another_tenants_lease_cannot_be_released(api: Api, other_api: Api) -> None:
    post_event(api)
    leased = lease(api)

    assert other_api.post("/inbox/release", {"lease_id": leased["lease_id"]}).status == 204

    assert ids(lease(api)) == []
    assert ids(lease(other_api)) == []


def test_a_replayed_event_is_handed_out_again(api: Api, clock: FixedClock) -> None:
    event_id = post_event(api)["id"]
    lease(api, lease_seconds=1)
    api.post(f"/events/{event_id}/acknowledge")
    clock.advance(seconds=2)
    assert ids(lease(api)) == []

    assert api.post(f"/events/{event_id}/replay").status == 202
    clock.advance(minutes=1)

    assert ids(lease(api)) == [event_id]


def test_the_inbox_shows_what_is_leased(api: Api) -> None:
    posted = post_event(api)
    lease(api)

    assert api.get("/inbox").json() == [posted]


def test_a_payload_comes_as_it_was_sent(api: Api) -> None:
    api.post("/events", b'{"event_type": "a", "payload": {"n":1.10,"big":123456789012345678901}}')

    answer = api.post("/inbox/lease")

    assert b'"payload":{"n":1.10,"big":123456789012345678901}' in answer.body


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "10"},
        {"limit": 1.5},
        {"limit": True},
        {"limit": None},
        {"lease_seconds": 0},
        {"lease_seconds": 43_201},
        {"lease_seconds": "60"},
        {"max": 10},
        [],
    ],
)
def test_a_lease_that_is_not_acceptable_takes_nothing(api: Api, body: object) -> None:
    posted = post_event(api)

    answer = api.post("/inbox/lease", body)

    assert_is_error(answer, 422, "invalid_content")
    assert answer.json()["details"]
    assert ids(lease(api)) == [posted["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lease_id": None},
        {"lease_id": 1},
        {"lease_id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"},
        {"lease_id": UNKNOWN + "\n"},
        {"lease_id": UNKNOWN, "event_ids": []},
        {"lease_id": UNKNOWN, "event_ids": ["x"] * 101},
        {"lease_id": UNKNOWN, "event_ids": [1]},
        {"lease_id": UNKNOWN, "seconds": 1},
        [],
    ],
)
def test_a_release_that_is_not_acceptable_is_refused(api: Api, body: object) -> None:
    answer = api.post("/inbox/release", body)

    assert_is_error(answer, 422, "invalid_content")
    assert answer.json()["details"]


@pytest.mark.parametrize("path", ["/inbox/lease", "/inbox/release"])
def test_a_body_that_is_no_json_is_refused(api: Api, path: str) -> None:
    def sent(body: bytes, **headers: str) -> Answer:
        return api.post(path, body, **headers)

    assert_is_error(sent(b"{"), 400, "malformed_json")
    assert_is_error(sent(b"{}", content_type="text/plain"), 415, "unsupported_media_type")
