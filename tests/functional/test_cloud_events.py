"""CloudEvents 1.0 on `POST /events` and `POST /events/batch`."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.http_api import Answer, Api

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "type": "com.example.invoice.failed",
    "source": "https://shop.example/orders?x=1",
    "id": "A234-1234-1234",
    "time": "2018-04-05T17:31:00.123456789Z",
    "subject": "Rechnung „7“ ist offen 😀",
    "dataschema": "https://shop.example/schema",
    "severity": "error",
    "executionid": "exec_42",
    "connector": "amazon",
    "entitytype": "invoice",
    "errortype": "validation",
    "sampled": True,
    "sequence": 17,
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "data": {"total": 31.8, "lines": [1, 2]},
}
MANDATORY = {name: EVENT[name] for name in ("specversion", "type", "source", "id")}


def structured(api: Api, event: object, content_type: str = STRUCTURED, **headers: str) -> Answer:
    return api.post("/events", event, content_type=content_type, **headers)


def in_headers(event: dict[str, Any]) -> dict[str, str]:
    """The attributes as the HTTP binding writes them."""
    texts = {n: v if isinstance(v, str) else json.dumps(v) for n, v in event.items() if n != "data"}
    safe = "".join(chr(each) for each in range(0x21, 0x7F) if chr(each) not in '"%')
    return {f"ce-{name}": quote(text, safe=safe) for name, text in texts.items()}


def binary(api: Api, event: dict[str, Any], data: object = None, **headers: str) -> Answer:
    body = event.get("data") if data is None else data
    return api.send("POST", "/events", body, in_headers(event) | headers)


def test_a_structured_cloud_event_becomes_an_event(api: Api) -> None:
    answer = structured(api, EVENT)

    assert answer.status == 201
    event = answer.json()
    assert answer.headers["location"] == f"events/{event['id']}"
    assert event["event_type"] == "com.example.invoice.failed"
    assert event["payload"] == EVENT["data"]
    assert (event["severity"], event["execution_id"]) == ("error", "exec_42")
    assert event["metadata"] == {
        "ce_source": EVENT["source"],
        "ce_id": EVENT["id"],
        "ce_time": EVENT["time"],
        "ce_subject": EVENT["subject"],
        "ce_dataschema": EVENT["dataschema"],
        "connector": "amazon",
        "entity_type": "invoice",
        "error_type": "validation",
        "sampled": "true",
        "sequence": "17",
        "traceparent": EVENT["traceparent"],
    }


def test_both_modes_of_a_cloud_event_are_one_event(api: Api, clock: FixedClock) -> None:
    first = structured(api, EVENT)
    clock.advance(seconds=1)

    second = binary(api, EVENT)

    assert second.headers["idempotency-replayed"] == "true"
    assert second.json() == first.json()
    assert len(api.get("/events").json()) == 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    texts=st.fixed_dictionaries(
        {"source": TEXTS, "id": TEXTS}, optional={"subject": TEXTS, "anything": TEXTS}
    ),
    other=st.booleans() | st.integers(-(2**31), 2**31 - 1),
)
def test_whatever_its_attributes_say_both_modes_are_one_event(
    api: Api, clock: FixedClock, texts: dict[str, str], other: object
) -> None:
    event = {"specversion": "1.0", "type": "a.b", "other": other, "data": {"a": 1}} | texts
    clock.advance(hours=25)  # what an example before it posted is forgotten

    first = binary(api, event)
    clock.advance(seconds=1)
    second = structured(api, event)

    assert (first.status, second.status) == (201, 201), first.body
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json()["metadata"]["ce_source"] == texts["source"]


def test_the_data_comes_back_number_for_number(api: Api) -> None:
    data = '{"n": 1.10, "big": 12345678901234567890123, "e": 1E5, "ü": "\\u00fc", "o": {}}'
    kept = b'"payload":{"n":1.10,"big":12345678901234567890123,"e":1E5,"\xc3\xbc":"\\u00fc","o":{}}'
    text = json.dumps(MANDATORY)[:-1] + f', "data": {data}}}'

    assert kept in structured(api, text).body
    assert kept in binary(api, MANDATORY | {"id": "2"}, data).body


def test_source_and_id_together_are_the_key(api: Api, clock: FixedClock) -> None:
    def post(source: str, id_: str) -> str:
        clock.advance(seconds=1)
        answer = structured(api, MANDATORY | {"source": source, "id": id_})
        assert answer.status == 201
        event_id: str = answer.json()["id"]
        return event_id

    assert post("a", "b") == post("a", "b")
    assert len({post("a", "b"), post("a b", "c"), post("a", "b c"), post("b", "a")}) == 4


@pytest.mark.parametrize(
    "other",
    [
        {"time": "2031-01-01T00:00:00Z"},
        {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        {"type": "order.cancelled"},
        {"severity": "critical"},
        {"executionid": "exec_of_a_retry"},
        {"subject": "another"},
        {"data": {"total": 1}},
        {"data": None},
    ],
    ids=str,
)
def test_source_and_id_alone_name_the_event_whatever_else_is_said_again(
    api: Api, clock: FixedClock, other: dict[str, Any]
) -> None:
    first = structured(api, EVENT)
    clock.advance(seconds=1)

    again = structured(api, EVENT | other)

    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.body == first.body


def test_an_event_of_that_source_and_id_a_day_later_is_another(api: Api, clock: FixedClock) -> None:
    first = structured(api, EVENT)
    clock.advance(hours=24)

    assert structured(api, EVENT).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    "nulls", [{"data": None}, {"data_base64": None}, {"data": None, "ext": None}]
)
def test_data_that_is_null_is_an_empty_payload(api: Api, nulls: dict[str, None]) -> None:
    answer = structured(api, MANDATORY | nulls)

    assert (answer.status, answer.json()["payload"]) == (201, {}), answer.body


def test_data_that_is_null_in_the_binary_mode_too(api: Api) -> None:
    answer = binary(api, MANDATORY, "null")

    assert (answer.status, answer.json()["payload"]) == (201, {}), answer.body


@pytest.mark.parametrize("name", ["specversion", "type", "source", "id"])
def test_what_an_event_must_have_may_not_be_null(api: Api, name: str) -> None:
    assert_is_error(structured(api, MANDATORY | {name: None}), 422, "invalid_event")


def test_an_idempotency_key_is_not_heeded_with_a_cloud_event(api: Api, clock: FixedClock) -> None:
    first = structured(api, EVENT, idempotency_key="one")
    clock.advance(seconds=1)
    other = structured(api, EVENT | {"id": "other"}, idempotency_key="one")
    again = binary(api, EVENT, **{"idempotency-key": "two"})

    assert again.json()["id"] == first.json()["id"] != other.json()["id"]


@pytest.mark.parametrize("name", ["id", "source", "subject", "type", "time", "ext"])
@pytest.mark.parametrize("twice", ["A, B", "A,\tB", '"A", "B"', '"A","B"', "A, A"])
def test_an_attribute_that_is_given_twice_is_refused(api: Api, name: str, twice: str) -> None:
    answer = binary(api, EVENT, **{f"ce-{name}": twice})

    assert_is_error(answer, 422, "invalid_event")
    assert name in answer.json()["details"][0]["field"]
    assert api.get("/events").json() == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [("A,B", "A,B"), ("A,%20B", "A, B"), ('"A, B"', "A, B"), ('"A\\", B"', 'A", B')],
)
def test_a_comma_may_be_a_part_of_an_attribute(api: Api, written: str, meant: str) -> None:
    answer = binary(api, MANDATORY | {"data": {}}, **{"ce-id": written})

    assert (answer.status, answer.json()["metadata"]["ce_id"]) == (201, meant)


@pytest.mark.parametrize("key", ["zz, yy", "with space", ""])
def test_a_malformed_idempotency_key_is_refused_with_a_cloud_event_too(api: Api, key: str) -> None:
    header = {"idempotency-key": key}
    for answer in (
        structured(api, EVENT, **header),
        binary(api, EVENT, **header),
        api.post("/events/batch", [EVENT], content_type=BATCH, **header),
    ):
        assert_is_error(answer, 400, "invalid_parameter")
    assert api.get("/events").json() == []


def test_an_attribute_that_is_null_is_one_that_is_not_there(api: Api, clock: FixedClock) -> None:
    nulls = dict.fromkeys(["time", "subject", "severity", "executionid", "datacontenttype", "ext"])
    first = structured(api, MANDATORY | nulls | {"data": {}})
    clock.advance(seconds=1)

    assert set(first.json()["metadata"]) == {"ce_source", "ce_id"}
    assert structured(api, MANDATORY).json() == first.json()


def test_a_cloud_event_without_data_has_an_empty_payload(api: Api, clock: FixedClock) -> None:
    first = structured(api, MANDATORY)
    clock.advance(seconds=1)
    second = api.send("POST", "/events", None, in_headers(MANDATORY))

    assert first.json()["payload"] == {}
    assert second.json() == first.json()


@pytest.mark.parametrize(
    "time",
    [
        "2016-12-31T23:59:60Z",
        "2016-12-31t23:59:60.25z",
        "1990-12-31T15:59:60-08:00",
        "2017-01-01T05:29:60+05:30",
    ],
)
def test_the_time_of_a_leap_second_is_taken_as_it_is(api: Api, time: str) -> None:
    for answer in (structured(api, EVENT | {"time": time}), binary(api, EVENT | {"time": time})):
        assert answer.status in {200, 201}
        assert answer.json()["metadata"]["ce_time"] == time


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": "1.0.2"}, "specversion"),
        ({"specversion": None}, "specversion"),
        ({"type": "com/example:failed"}, "type"),
        ({"type": "a." * 65}, "type"),
        ({"source": ""}, "source"),
        ({"source": "x" * 513}, "source"),
        ({"source": "a\nb"}, "source"),
        ({"source": 5}, "source"),
        ({"id": None}, "id"),
        ({"id": "a\u0085"}, "id"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2018-04-05"}, "time"),
        ({"time": "2018-04-05T17:31:00"}, "time"),
        ({"time": "2018-13-05T17:31:00Z"}, "time"),
        ({"time": "2018-04-05T17:60:00Z"}, "time"),
        ({"time": "2016-12-31T23:59:61Z"}, "time"),
        ({"datacontenttype": "application/xml"}, "datacontenttype"),
        ({"datacontenttype": "text/json-seq"}, "datacontenttype"),
        ({"data": "text"}, "data"),
        ({"data": [1]}, "data"),
        ({"data_base64": "AAAA"}, "data_base64"),
        ({"severity": "bad"}, "severity"),
        ({"executionid": "with space"}, "executionid"),
        ({"ext": 1.5}, "ext"),
        ({"ext": {"a": 1}}, "ext"),
        ({"ext": "x" * 513}, "ext"),
        ({"Ext": "a"}, "Ext"),
        ({"my_ext": "a"}, "my_ext"),
        ({"my_ext": None}, "my_ext"),
        ({f"ext{number}": "a" for number in range(50)}, "attributes"),
        ({f"ext{number}": "ü" * 500 for number in range(10)}, "attributes"),
    ],
)
def test_what_is_no_cloud_event_of_ours_is_refused_with_its_field(
    api: Api, change: dict[str, Any], field: str
) -> None:
    answer = structured(api, EVENT | change)

    assert_is_error(answer, 422, "invalid_event")
    assert [each["field"] for each in answer.json()["details"]] == [field]
    assert answer.json()["message"].startswith(f"The CloudEvent has a fault: {field}: ")
    assert api.get("/events").json() == []


def test_every_missing_attribute_is_named(api: Api) -> None:
    for answer in (structured(api, {}), binary(api, {"specversion": "1.0"}, {})):
        missing = {each["field"] for each in answer.json()["details"]}
        assert {"type", "source", "id"} <= missing
    assert_is_error(structured(api, []), 422, "invalid_event")


@pytest.mark.parametrize(
    "content_type",
    ["application/cloudevents+avro", "application/cloudevents", BATCH, f"{STRUCTURED};charset=x"],
)
def test_other_formats_of_cloud_events_are_415(api: Api, content_type: str) -> None:
    answer = structured(api, EVENT, content_type)

    assert_is_error(answer, 415, "unsupported_media_type")
    assert STRUCTURED in answer.json()["message"]


@pytest.mark.parametrize(
    "content_type",
    [STRUCTURED, f"{STRUCTURED}; charset=UTF-8", "Application/CloudEvents+JSON;charset=utf-8"],
)
def test_the_structured_type_may_be_spelled_as_http_allows(api: Api, content_type: str) -> None:
    assert structured(api, EVENT, content_type).status == 201


def test_the_documented_example_can_be_posted(api: Api) -> None:
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    (example,) = schemas["CloudEventIn"]["examples"]

    assert structured(api, example).status == 201
