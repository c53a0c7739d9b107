"""Every error of a caller: its status, its one shape, and what it takes to mend it."""

from typing import Any

import pytest

from tests.functional.conftest import NewToken, assert_is_error
from tests.http_api import Api
from triggers_api.access.keys import Scope

UNKNOWN = "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"
EVENT = {"event_type": "order.fetched", "payload": {}}


@pytest.mark.parametrize(
    "path", ["/event", "/events/", "/events/x/y/z", "/inbox/", "/EVENTS", "//events", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_route_is_404_and_never_a_redirect(api: Api, method: str, path: str) -> None:
    answer = api.send(method, f"https://api.example.com{path}")

    assert_is_error(answer, 404, "route_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/events", "GET, HEAD, POST"),
        ("PUT", "/events", "GET, HEAD, POST"),
        ("OPTIONS", "/events", "GET, HEAD, POST"),
        ("PATCH", f"/events/{UNKNOWN}", "DELETE, GET, HEAD"),
        ("GET", f"/events/{UNKNOWN}/acknowledge", "POST"),
        ("POST", "/inbox", "GET, HEAD"),
        ("GET", "/inbox/acknowledge", "POST"),
        ("GET", "/events/batch", "POST"),
        ("DELETE", "/events/batch", "POST"),
        ("POST", "/me", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
        ("NONSENSE", "/docs", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_told_all_that_are_right(
    api: Api, method: str, path: str, allowed: str
) -> None:
    answer = api.send(method, path)

    assert_is_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"event_type":"a","payload":{},}', b"\xff\xfe", b"NaN", b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_400(api: Api, body: bytes) -> None:
    answer = api.post("/events", body)

    assert_is_error(answer, 400, "malformed_json")
    assert [detail["field"] for detail in answer.json()["details"]] == ["body"]


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""],
)
@pytest.mark.parametrize("path", ["/events", "/inbox/acknowledge"])
def test_a_body_of_another_type_is_415(api: Api, path: str, content_type: str) -> None:
    answer = api.post(path, b'{"event_type":"a","payload":{}}', content_type=content_type)

    assert_is_error(answer, 415, "unsupported_media_type")
    assert "application/json" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/events", "/inbox"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e400", "limit"),
        ("order=newest", "order"),
        ("event_type=*", "event_type"),
        ("event_type=a..b", "event_type"),
        ("event_type=" + "x" * 131, "event_type"),
        ("since=yesterday", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("cursor=" + "x" * 201, "cursor"),
    ],
)
def test_a_parameter_out_of_range_is_400_and_named(
    api: Api, path: str, query: str, field: str
) -> None:
    answer = api.get(f"{path}?{query}")

    assert answer.status == 400
    assert_is_error(answer, 400, answer.json()["error"])
    assert [detail["field"] for detail in answer.json()["details"]] == [field]
    assert field in answer.json()["message"]


@pytest.mark.parametrize("query", ["status=new", "until=9999-12-31T23:59:59-14:00"])
def test_a_parameter_of_one_list_is_400_there(api: Api, query: str) -> None:
    assert_is_error(api.get(f"/events?{query}"), 400, "invalid_parameter")


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"event_type": None}, ["event_type"]),
        ({"event_type": "a b"}, ["event_type"]),
        ({"event_type": "a."}, ["event_type"]),
        ({"event_type": "x" * 129}, ["event_type"]),
        ({"severity": "fatal"}, ["severity"]),
        ({"execution_id": ""}, ["execution_id"]),
        ({"execution_id": 42}, ["execution_id"]),
        ({"event_typ": "a"}, ["event_typ"]),
        ({"id": UNKNOWN}, ["id"]),
        (
            {"event_type": 1, "payload": [], "severity": 0, "more": 1},
            ["event_type", "payload", "severity", "more"],
        ),
    ],
)
def test_an_event_that_is_not_acceptable_is_422_with_every_fault(
    api: Api, fields: dict[str, Any], faults: list[str]
) -> None:
    answer = api.post("/events", EVENT | fields)

    assert_is_error(answer, 422, "invalid_event")
    assert [detail["field"] for detail in answer.json()["details"]] == faults


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"{}"])
def test_json_that_is_no_event_is_422(api: Api, body: bytes) -> None:
    assert_is_error(api.post("/events", body), 422, "invalid_event")


@pytest.mark.parametrize("size", [300, 600])
def test_too_large_a_body_is_413(api: Api, size: int) -> None:
    answer = api.post("/events", EVENT | {"payload": {"text": "x" * size * 1024}})

    assert answer.status == 413
    assert_is_error(answer, 413, "payload_too_large" if size == 300 else "body_too_large")


@pytest.mark.parametrize("event_id", [UNKNOWN, "x", "evt_é", "%00", "null", "..%2Fevents"])
def test_an_unknown_event_is_404(api: Api, event_id: str) -> None:
    path = f"/events/{event_id}"

    for answer in (api.get(path), api.post(f"{path}/acknowledge")):
        assert answer.status == 404
        assert answer.json()["error"] in ("event_not_found", "route_not_found")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic eDp5", "trg_x", "Bearer nonsense", "Bearer é"]
)
def test_no_live_key_is_401_and_told_how_to_send_one(api: Api, authorization: str) -> None:
    answer = api.get("/me", authorization=authorization)

    assert_is_error(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_missing_scope_is_403_and_named(api: Api, new_token: NewToken) -> None:
    answer = api.calling_with(new_token(Scope.EVENTS_READ)).post("/events", EVENT)

    assert_is_error(answer, 403, "missing_scope")
    assert "events:write" in answer.json()["message"]


def test_who_may_not_enter_learns_nothing_of_what_is_wrong_with_the_request(api: Api) -> None:
    answer = api.calling_with(None).get("/events?limit=1000")

    assert_is_error(answer, 401, "unauthenticated")
