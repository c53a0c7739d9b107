"""CloudEvents on their way: attributes in headers, data as the body, bodies as base64."""

import base64
import json
from typing import Any

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.functional.test_cloud_events import EVENT, MANDATORY, binary, structured
from tests.http_api import Api


@pytest.mark.parametrize("name", MANDATORY)
def test_a_header_that_every_cloud_event_has_makes_it_one(api: Api, name: str) -> None:
    answer = binary(api, {name: MANDATORY[name]}, {"event_type": "a", "payload": {}})

    assert_is_error(answer, 422, "invalid_event")
    assert "CloudEvent" in answer.json()["message"]


def test_other_headers_make_no_cloud_event(api: Api) -> None:
    event = {"event_type": "a", "payload": {}}

    assert api.send("POST", "/events", event, {"ce-anything": "x"}).status == 201


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/jsonx"])
def test_binary_data_that_is_no_json_is_415(api: Api, content_type: str) -> None:
    answer = binary(api, EVENT, "<a/>", content_type=content_type)

    assert_is_error(answer, 415, "unsupported_media_type")


def test_a_json_type_of_the_senders_own_is_kept(api: Api, clock: FixedClock) -> None:
    own = "application/vnd.shop.order+json"
    first = binary(api, EVENT, content_type=own)
    clock.advance(seconds=1)
    second = structured(api, EVENT | {"datacontenttype": own})

    assert first.json()["metadata"]["ce_datacontenttype"] == own
    assert second.json() == first.json()


@pytest.mark.parametrize("data", [b"[1]", b'"text"', b"5"])
def test_binary_data_that_is_no_object_is_refused(api: Api, data: bytes) -> None:
    answer = binary(api, EVENT, data)

    assert_is_error(answer, 422, "invalid_event")
    assert answer.json()["details"][0]["field"] == "data"


@pytest.mark.parametrize("data", [b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}'])
def test_binary_data_is_read_as_strictly_as_a_payload(api: Api, data: bytes) -> None:
    assert_is_error(binary(api, EVENT, data), 400, "malformed_json")


def test_data_may_be_as_deep_and_as_large_as_a_payload(api: Api) -> None:
    deep = b'{"a":' * 64 + b"1" + b"}" * 64
    large = json.dumps({"x": "y" * (256 * 1024)})

    assert binary(api, MANDATORY, deep).status == 201
    assert_is_error(binary(api, MANDATORY, b'{"a":%s}' % deep), 400, "malformed_json")
    assert_is_error(binary(api, MANDATORY, large), 413, "payload_too_large")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),
        ("%41", "A"),
        ("%2541", "%41"),
        ('"a b \\" \\\\ c"', 'a b " \\ c'),
        ('"Euro%20x"', "Euro x"),
        ("100% done", "100% done"),
        ("plain text", "plain text"),
        ("a+b", "a+b"),
    ],
)
def test_headers_are_read_as_the_http_binding_says(api: Api, written: str, meant: str) -> None:
    answer = binary(api, MANDATORY, {}, **{"ce-subject": written})

    assert answer.json()["metadata"]["ce_subject"] == meant


@pytest.mark.parametrize("written", ["%C0%A0", "%ff", "%ED%A0%80", "ü"])
def test_headers_that_are_no_utf_8_are_refused(api: Api, written: str) -> None:
    answer = binary(api, MANDATORY, {}, **{"ce-subject": written})

    assert_is_error(answer, 422, "invalid_event")
    assert answer.json()["details"][0]["field"] == "ce-subject"


@pytest.mark.parametrize("written", ["%00", "a%0Ab", "%C2%85"])
def test_control_characters_stay_out_of_attributes(api: Api, written: str) -> None:
    assert_is_error(
        binary(api, MANDATORY | {"id": "x"}, {}, **{"ce-id": written}), 422, "invalid_event"
    )


@pytest.mark.parametrize("header", ["ce-datacontenttype", "ce-data"])
def test_a_header_that_the_binding_forbids_is_refused(api: Api, header: str) -> None:
    answer = binary(api, MANDATORY, {}, **{header: "application/json"})

    assert_is_error(answer, 422, "invalid_event")


def test_headers_beside_a_structured_event_are_not_read(api: Api) -> None:
    answer = structured(api, EVENT, **{"ce-id": "other", "ce-data": "x"})

    assert answer.json()["metadata"]["ce_id"] == EVENT["id"]


def test_a_body_that_comes_as_base64_is_read_as_well(api: Api) -> None:
    """As gateways hand on what they do not know to be text."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        assert event["isBase64Encoded"]
        base64.b64decode(event["body"], validate=True)
        return api.handler(event, context)

    assert structured(Api(handler, api.token), EVENT).status == 201


def test_a_malformed_idempotency_key_is_refused_though_a_cloud_event_needs_none(api: Api) -> None:
    event = {"specversion": "1.0", "type": "a.b", "source": "/s", "id": "1"}

    answer = api.post(
        "/events", event, content_type="application/cloudevents+json", idempotency_key="ü"
    )

    assert_is_error(answer, 400, "invalid_parameter")
