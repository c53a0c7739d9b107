"""`POST /inbox/acknowledge`."""

import pytest

from tests.functional.conftest import post_event
from tests.http_api import Api

UNKNOWN = "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"


def test_many_events_are_acknowledged_at_once(api: Api) -> None:
    wanted = [post_event(api)["id"] for _ in range(100)]

    answer = api.post("/inbox/acknowledge", {"event_ids": wanted})

    assert answer.status == 200
    assert answer.json() == {
        "results": [{"event_id": each, "status": 204, "error": None} for each in wanted]
    }
    assert api.get("/inbox").json() == []


def test_what_was_acknowledged_before_is_done_among_many_as_well(api: Api) -> None:
    before, now = post_event(api)["id"], post_event(api)["id"]
    api.post(f"/events/{before}/acknowledge")

    answer = api.post("/inbox/acknowledge", {"event_ids": [before, now]})

    assert [each["status"] for each in answer.json()["results"]] == [204, 204]


def test_one_unknown_id_spoils_no_other(api: Api, other_api: Api) -> None:
    mine, theirs = post_event(api)["id"], post_event(other_api)["id"]

    answer = api.post("/inbox/acknowledge", {"event_ids": [UNKNOWN, mine, theirs, "x", mine]})

    results = answer.json()["results"]
    assert [result["status"] for result in results] == [404, 204, 404, 404, 204]
    assert [result["event_id"] for result in results] == [UNKNOWN, mine, theirs, "x", mine]
    assert len(other_api.get("/inbox").json()) == 1


def test_an_error_of_one_id_has_the_one_shape(api: Api) -> None:
    answer = api.post("/inbox/acknowledge", {"event_ids": [UNKNOWN]})

    error = answer.json()["results"][0]["error"]
    assert set(error) == {"error", "message", "details", "request_id"}
    assert (error["error"], error["request_id"]) == ("event_not_found", api.request_id)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event_ids": []},
        {"event_ids": [UNKNOWN] * 101},
        {"event_ids": "x"},
        {"event_ids": [1]},
        {"event_ids": [""]},
        {"event_ids": ["x" * 65]},
        {"event_ids": [UNKNOWN], "more": 1},
        [],
        None,
        "text",
    ],
)
def test_a_list_of_ids_that_is_none_is_refused(api: Api, body: object) -> None:
    answer = api.post("/inbox/acknowledge", b"null" if body is None else body)

    assert answer.status == (422 if body != "text" else 400)
    assert answer.json()["details"]
