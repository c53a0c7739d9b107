"""What is not UTF-8 is refused, though the gateway hands JSON over as text with U+FFFD in it."""

from typing import Any

import pytest

from tests.functional.conftest import assert_is_error
from tests.http_api import Api

CLOUD_EVENT = b'{"specversion":"1.0","type":"a","source":"s","id":"1","data":{"n":"%s"}}'
LATIN_1 = "café".encode("latin-1")
JSON = "application/json"
BROKEN = {
    "Latin-1": LATIN_1,
    "Windows-1252": "10 €".encode("cp1252"),
    "UTF-16": "a".encode("utf-16"),
    "two bytes too many": b"\xe9\xe8",
    "a sequence of three that is cut off": "€".encode()[:2],
    "overlong": b"\xc0\xaf",
    "beside a U+FFFD that was sent": "\ufffd".encode() + LATIN_1,
}
REQUESTS: dict[str, tuple[str, str, bytes, str]] = {
    "an event": ("POST", "/events", b'{"event_type":"a","payload":{"n":"%s"}}', JSON),
    "a key": ("POST", "/events", b'{"event_type":"a","payload":{"%s":1}}', JSON),
    "a batch": (
        "POST",
        "/events/batch",
        b'{"events":[{"event_type":"a","payload":{"n":"%s"}}]}',
        JSON,
    ),
    "structured": ("POST", "/events", CLOUD_EVENT, "application/cloudevents+json"),
    "a list": (
        "POST",
        "/events/batch",
        b"[%s]" % CLOUD_EVENT,
        "application/cloudevents-batch+json",
    ),
    "a config": (
        "POST",
        "/notifications/configs",
        b'{"name":"%s","channel":"webhook","settings":{"url":"https://example.com"}}',
        JSON,
    ),
    "ids": ("POST", "/inbox/acknowledge", b'{"event_ids":["%s"]}', JSON),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_text_that_is_not_utf_8_is_malformed_wherever_it_stands(
    api: Api, request_: tuple[str, str, bytes, str], text: bytes
) -> None:
    method, path, body, content_type = request_

    answer = api.send(method, path, body % text, {"content-type": content_type})

    assert_is_error(answer, 400, "malformed_json")


def test_data_of_the_binary_mode_too(api: Api) -> None:
    attributes = {"ce-specversion": "1.0", "ce-type": "a", "ce-source": "s", "ce-id": "1"}

    answer = api.post("/events", b'{"n":"%s"}' % LATIN_1, **attributes)

    assert_is_error(answer, 400, "malformed_json")


@pytest.mark.parametrize("value", ["é", "percent-%E9", "\ufffd"])
def test_a_header_that_is_not_utf_8_is_refused(api: Api, value: str) -> None:
    attributes = {"ce-specversion": "1.0", "ce-type": "a", "ce-source": value, "ce-id": "1"}

    assert_is_error(api.post("/events", "{}", **attributes), 422, "invalid_event")


@pytest.mark.parametrize("name", ["event_type", "since", "cursor", "limit", "status", "order"])
def test_a_parameter_that_is_not_utf_8_is_refused(api: Api, name: str) -> None:
    assert api.get(f"/events?{name}=caf%E9").status == 400


@pytest.mark.parametrize("text", ["\ufffd", "é\ufffd€", "a"])
def test_a_replacement_character_that_was_sent_comes_back(api: Api, text: str) -> None:
    event: dict[str, Any] = {"event_type": "a", "payload": {"n": text}}
    answer = api.post("/events", f'{{"event_type":"a","payload":{{"n":"{text}"}}}}')

    assert (answer.status, answer.json()["payload"]) == (201, event["payload"])


def test_without_a_length_nobody_can_tell_so_it_is_refused_with_a_way_out(api: Api) -> None:
    body = '{"event_type":"a","payload":{"n":"%s"}}'

    raw = api.post("/events", body % "\ufffd", transfer_encoding="chunked")
    assert_is_error(raw, 400, "malformed_json")
    assert "Content-Length" in raw.json()["message"]

    escaped = api.post("/events", body % r"\ufffd", transfer_encoding="chunked")
    assert escaped.status == 201
    assert api.post("/events", body % "é", transfer_encoding="chunked").status == 201
