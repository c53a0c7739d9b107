"""Payloads and metadata: what goes in comes out, or is refused with a reason."""

import json
from typing import Any

import pytest

from tests.functional.conftest import post_event
from tests.http_api import Answer, Api

KEPT = {
    "empty": "{}",
    "a big integer": '{"id":12345678901234567890123456789}',
    "an integer beyond doubles": '{"id":9007199254740993,"id2":-9007199254740993}',
    "17 digits": '{"weight":1.85000000000000017}',
    "more digits than a double": '{"pi":3.14159265358979323846264338327950288}',
    "a trailing zero": '{"price":1.10}',
    "exponents": '{"a":1e2,"b":1E-7,"c":-0.0}',
    "empty values": '{"text":"","list":[],"object":{},"null":null,"":"empty key"}',
    "booleans": '{"yes":true,"no":false}',
    "emoji": '{"text":"😀👩‍👩‍👧 日本 é","😀":1}',
    "escapes": '{"text":"\\u00e9\\ud83d\\ude00\\n\\t\\"\\\\\\/\\u0000\\u2028"}',
    "order of keys": '{"b":1,"a":2,"c":{"z":1,"y":2}}',
    "words of the event itself": '{"payload":{"status":"delivered"},"id":"x","metadata":null}',
    "60 levels": '{"a":' + "[" * 59 + "{}" + "]" * 59 + "}",
    "64 levels in the body": '{"a":' + "[" * 62 + "1" + "]" * 62 + "}",
    "4000 digits": '{"n":' + "7" * 4000 + "}",
    "many small values": json.dumps({"list": [{}] * 5000}, separators=(",", ":")),
    "as large as it may be": '{"text":"' + "x" * (256 * 1024 - 11) + '"}',
}


def post_payload(api: Api, payload: str) -> Answer:
    return api.post("/events", f'{{"event_type":"a.b","payload":{payload}}}')


def payload_text(answer: Answer) -> str:
    """The payload as it stands in an answer that holds one event."""
    return answer.body.decode().partition('"payload":')[2].rpartition(',"metadata":')[0]


@pytest.mark.parametrize("payload", KEPT.values(), ids=KEPT)
def test_a_payload_comes_back_character_for_character(api: Api, payload: str) -> None:
    posted = post_payload(api, payload)

    read = api.get(f"/events/{posted.json()['id']}")
    listed = api.get("/inbox")

    assert posted.status == 201
    assert payload_text(posted) == payload
    assert payload_text(read) == payload
    assert payload_text(listed) == payload


def test_spacing_between_values_is_not_kept(api: Api) -> None:
    posted = post_payload(api, ' { "a" : [ 1.10 ,\r\n\t"b  c" ] } ')

    assert payload_text(posted) == '{"a":[1.10,"b  c"]}'


REFUSED = {
    "NaN": ('{"a":NaN}', 400),
    "Infinity": ('{"a":-Infinity}', 400),
    "beyond doubles": ('{"a":1e999}', 400),
    "5000 digits": ('{"a":' + "7" * 5000 + "}", 400),
    "a key given twice": ('{"a":{"b":1,"b":2}}', 400),
    "a lone surrogate": ('{"a":"\\ud800"}', 400),
    "65 levels in the body": ('{"a":' + "[" * 64 + "]" * 64 + "}", 400),
    "100000 levels": ("[" * 100_000, 400),
    "300 KiB": ('{"text":"' + "x" * 300 * 1024 + '"}', 413),
    "one byte too many": ('{"text":"' + "x" * (256 * 1024 - 10) + '"}', 413),
    "1 MiB": ('{"text":"' + "x" * 1024 * 1024 + '"}', 413),
    "a list": ("[]", 422),
    "null": ("null", 422),
    "a text": ('"text"', 422),
    "a number": ("1", 422),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_payload_that_cannot_come_back_is_refused_and_not_stored(api: Api, name: str) -> None:
    payload, status = REFUSED[name]

    answer = post_payload(api, payload)

    assert answer.status == status
    assert len(answer.json()["message"]) < 250
    assert api.get("/events").json() == []


def test_a_payload_is_measured_as_it_was_sent(api: Api) -> None:
    spaced = '{"text":' + " " * 256 * 1024 + '"x"}'

    assert post_payload(api, spaced).status == 413


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ({"a": {}}, "metadata.a"),
        ({"a": []}, "metadata.a"),
        ({"": 1}, "metadata"),
        ({"x" * 65: 1}, "metadata"),
        ({f"key {number}": "ü" * 512 for number in range(10)}, "metadata"),
        ({"a": "x" * 513}, "metadata.a"),
        ({str(number): 1 for number in range(51)}, "metadata"),
        ([], "metadata"),
        (None, "metadata"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_metadata_that_are_no_scalars_are_refused(api: Api, metadata: Any, field: str) -> None:
    body = {"event_type": "a", "payload": {}, "metadata": metadata}

    answer = api.post("/events", body)

    assert answer.status == 422
    assert all(detail["field"].startswith(field) for detail in answer.json()["details"])


@pytest.mark.parametrize("value", ["one", 1, 1.5, True, False, None, "", 2**70])
def test_metadata_keep_their_kind(api: Api, value: Any) -> None:
    event = post_event(api, metadata={"key": value})

    read = api.get(f"/events/{event['id']}").json()["metadata"]["key"]

    assert (read, type(read)) == (value, type(value))
