"""HTTP itself (RFC 9110): HEAD, bodies that are not there, what would have been taken instead."""

import pytest

from tests.functional.conftest import assert_is_error, post_event
from tests.http_api import Api

EVENT = {"event_type": "a.b", "payload": {}}
READABLE = (
    "/events",
    "/inbox",
    "/me",
    "/notifications/configs",
    "/health",
    "/openapi.json",
    "/docs",
)
MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("path", READABLE)
def test_head_answers_as_get_does_but_without_a_body(api: Api, path: str) -> None:
    post_event(api)
    got = api.get(path)

    answer = api.send("HEAD", path)

    assert answer.body == b""
    assert (answer.status, answer.headers) == (got.status, got.headers)
    assert int(answer.headers["content-length"]) == len(got.body)


def test_head_is_possible_wherever_get_is(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]

    for path, methods in paths.items():
        answer = api.send("HEAD", path.replace("{", "").replace("}", ""))
        assert (answer.status == 405) == ("get" not in methods), path
        assert answer.body == b""


def test_head_asks_for_the_same_key_and_scope_as_get(api: Api) -> None:
    assert api.calling_with(None).send("HEAD", "/inbox").status == 401


def test_a_method_that_is_not_possible_is_told_which_are(api: Api) -> None:
    answer = api.send("PATCH", "/events")

    assert_is_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert answer.json()["message"] == "PATCH is not possible here. Use GET or POST."


def test_an_answer_without_a_body_names_no_type_of_one(api: Api) -> None:
    event = post_event(api)
    tag = api.get("/inbox").headers["etag"]

    acknowledged = api.post(f"/events/{event['id']}/acknowledge")
    unchanged = api.get("/events", if_none_match="*")

    assert tag
    assert (acknowledged.status, unchanged.status) == (204, 304)
    for answer in (acknowledged, unchanged):
        assert answer.body == b""
        assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/events", "application/json, application/cloudevents+json"),
        ("/events/batch", "application/json, application/cloudevents-batch+json"),
        ("/inbox/acknowledge", "application/json"),
        ("/inbox/lease", "application/json"),
        ("/notifications/configs", "application/json"),
    ],
)
def test_who_sends_another_type_is_told_which_would_be_taken(
    api: Api, path: str, accepted: str
) -> None:
    answer = api.post(path, b"<a/>", content_type="text/xml")

    assert_is_error(answer, 415, "unsupported_media_type")
    assert answer.headers["accept"] == accepted
    assert "accept-encoding" not in answer.headers


def test_who_sends_a_compressed_body_is_told_which_encoding_would_be_taken(api: Api) -> None:
    answer = api.post("/events", b"..", content_encoding="gzip")

    assert_is_error(answer, 415, "unsupported_media_type")
    assert answer.headers["accept-encoding"] == "identity"
    assert "accept" not in answer.headers


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml;q=0.9", ""])
def test_what_a_caller_would_rather_have_changes_nothing(api: Api, accept: str) -> None:
    assert api.get("/me", accept=accept).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json;",
        "application/json;charset=utf8",
        "application/json; Charset=UTF_8",
        'application/json; charset="utf-8"',
        "application/json; charset = 'UTF-8' ; odata=verbose",
        "application/json; charset=US-ASCII",
        "application/json; charset=",
    ],
)
def test_utf_8_may_be_called_as_people_call_it(api: Api, content_type: str) -> None:
    answer = api.post("/events", {**EVENT, "payload": {"name": "Zoë"}}, content_type=content_type)

    assert answer.status == 201
    assert answer.json()["payload"] == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/events", b'{"event_type": "a", "payload": {"b": 1}}', "application/json"),
        ("/events/batch", b'{"events": [{"event_type": "a", "payload": {}}]}', "application/json"),
        (
            "/events",
            b'{"specversion":"1.0","type":"a","source":"/s","id":"1","data":{"b":1}}',
            "application/cloudevents+json",
        ),
        ("/inbox/lease", b"{}", "application/json"),
        ("/inbox/acknowledge", b'{"event_ids": ["evt_1"]}', "application/json"),
    ],
)
def test_a_byte_order_mark_says_nothing(
    api: Api, path: str, body: bytes, content_type: str
) -> None:
    assert api.post(path, MARK + body, content_type=content_type).status in {200, 201}
