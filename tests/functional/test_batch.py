"""`POST /events/batch`."""

import json
from typing import Any

import pytest

from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.conftest import LogLines, OpenApi, assert_is_error
from tests.functional.test_observability import metrics_of
from tests.http_api import Answer, Api
from triggers_api.api.routes.batch import MAX_BATCH_BYTES
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.events.ports import Addition, Fingerprint

EVENT: dict[str, Any] = {"event_type": "order.fetched", "payload": {"total": 1.10}}
LAMBDA_ANSWERS_AT_MOST = 6_291_556


def post(api: Api, *events: Any, **headers: str) -> list[dict[str, Any]]:
    """Post a batch and give the results."""
    answer = api.post("/events/batch", {"events": events}, **headers)
    assert answer.status == 200, answer.body
    results: list[dict[str, Any]] = answer.json()["results"]
    assert len(results) == len(events)
    return results


def numbered(count: int) -> list[dict[str, Any]]:
    return [EVENT | {"payload": {"number": number}} for number in range(count)]


def test_a_hundred_events_are_stored_and_answered_in_their_order(api: Api) -> None:
    results = post(api, *numbered(100))

    assert {(each["status"], each["replayed"]) for each in results} == {(201, False)}
    events = [each["event"] for each in results]
    assert [event["payload"] for event in events] == [each["payload"] for each in numbered(100)]
    assert api.get("/inbox").json() == events


def test_one_event_that_is_refused_spoils_no_other(api: Api) -> None:
    results = post(api, EVENT, {"event_type": "no type", "payload": 1}, 5, None, EVENT | {"x": 1})

    assert [each["status"] for each in results] == [201, 422, 422, 422, 422]
    assert all(set(each) == {"status", "retry_after", "error"} for each in results[1:])
    error = results[1]["error"]
    assert set(error) == {"error", "message", "details"}
    assert error["error"] == "invalid_event"
    assert error["message"].startswith("The event has a fault: event_type: give words")
    assert [detail["field"] for detail in error["details"]] == ["event_type", "payload"]
    assert "no JSON object" in results[2]["error"]["message"]
    assert len(api.get("/events").json()) == 1


def test_a_batch_of_nothing_but_refused_events_is_answered_all_the_same(api: Api) -> None:
    assert [each["status"] for each in post(api, {}, {})] == [422, 422]


def test_every_event_follows_the_rules_of_a_single_one(api: Api) -> None:
    text = (
        b'{"event_type":"a","payload": {"n": 1.10, "big": 12345678901234567890123, "\\u00e9": ""}}'
    )

    answer = api.post("/events/batch", b'{"events": [%s, %s]}' % (text, text))

    assert b'"payload":{"n":1.10,"big":12345678901234567890123,"\\u00e9":""}' in answer.body
    too_large = EVENT | {"payload": {"x": "y" * 256 * 1024}}
    assert [each["status"] for each in post(api, too_large, EVENT)] == [413, 201]


def test_a_payload_may_be_nested_as_deeply_as_in_a_single_event(api: Api) -> None:
    def nested(depth: int) -> bytes:
        payload = b'{"a":' * depth + b"1" + b"}" * depth
        return b'{"event_type":"a","payload":%s}' % payload

    assert api.post("/events", nested(64)).status == 201
    assert api.post("/events/batch", b'{"events":[%s]}' % nested(64)).status == 200
    assert api.post("/events", nested(65)).error == "malformed_json"
    assert api.post("/events/batch", b'{"events":[%s]}' % nested(65)).error == "malformed_json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b'{"events": [{"event_type": "a", "payload": {"x": NaN}}]}', 400, "malformed_json"),
        (b'{"events": [{"payload": {"a": 1, "a": 2}}]}', 400, "malformed_json"),
        (b'{"events": [], "events": []}', 400, "malformed_json"),
        (b'{"events": [{"payload": {"a": "\\ud800"}}]}', 400, "malformed_json"),
        (b'{"events": []}', 422, "invalid_batch"),
        (b'{"events": [%s]}' % b",".join([b"{}"] * 101), 422, "invalid_batch"),
        (b'{"events": {}}', 422, "invalid_batch"),
        (b'{"events": null}', 422, "invalid_batch"),
        (b'{"events": [{}], "more": 1}', 422, "invalid_batch"),
        (b"[]", 422, "invalid_batch"),
        (b"{}", 422, "invalid_batch"),
        (b" " * (MAX_BATCH_BYTES + 1), 413, "body_too_large"),
    ],
    ids=range(13),
)
def test_a_fault_of_the_whole_body_refuses_all(
    api: Api, body: bytes, status: int, code: str
) -> None:
    assert_is_error(api.post("/events/batch", body), status, code)
    assert api.get("/events").json() == []


def test_a_key_in_the_header_makes_the_whole_batch_repeatable(api: Api, clock: FixedClock) -> None:
    first = post(api, *numbered(10), idempotency_key="batch-1")
    clock.advance(seconds=1)

    second = post(api, *numbered(10), idempotency_key="batch-1")

    assert [each["event"] for each in second] == [each["event"] for each in first]
    assert {each["replayed"] for each in second} == {True}
    assert len(api.get("/events").json()) == 10


def test_after_a_mend_only_what_was_refused_is_stored_anew(api: Api, clock: FixedClock) -> None:
    post(api, EVENT, {}, EVENT, idempotency_key="batch-1")
    clock.advance(seconds=1)

    results = post(api, EVENT, EVENT, EVENT, idempotency_key="batch-1")

    assert [each["replayed"] for each in results] == [True, False, True]


def test_another_event_in_a_place_of_a_repeated_batch_is_refused(
    api: Api, clock: FixedClock
) -> None:
    post(api, *numbered(3), idempotency_key="batch-1")
    clock.advance(seconds=1)

    results = post(api, *reversed(numbered(3)), idempotency_key="batch-1")

    assert [each["status"] for each in results] == [422, 201, 422]
    assert results[0]["error"]["error"] == "idempotency_key_reused"


def test_an_events_own_key_wins_over_the_header(api: Api, clock: FixedClock) -> None:
    mine = EVENT | {"idempotency_key": "mine"}
    first = post(api, mine, EVENT, idempotency_key="batch-1")
    clock.advance(seconds=1)

    second = post(api, EVENT, mine, idempotency_key="batch-2")

    assert [each["replayed"] for each in second] == [False, True]
    assert second[1]["event"] == first[0]["event"]


def test_a_key_means_the_same_in_a_batch_and_alone(api: Api, clock: FixedClock) -> None:
    alone = api.post("/events", EVENT, idempotency_key="key-1").json()
    clock.advance(seconds=1)

    (result,) = post(api, EVENT | {"idempotency_key": "key-1"})

    assert (result["replayed"], result["event"]) == (True, alone)


def test_a_batchs_key_is_no_key_of_a_single_event(api: Api, clock: FixedClock) -> None:
    (in_batch,) = post(api, EVENT, idempotency_key="key-1")
    clock.advance(seconds=1)

    alone = api.post("/events", EVENT, idempotency_key="key-1")

    assert alone.json()["id"] != in_batch["event"]["id"]


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "ü", 5, {}])
def test_a_key_that_is_none_refuses_its_event_only(api: Api, key: object) -> None:
    results = post(api, EVENT | {"idempotency_key": key}, EVENT)

    assert [each["status"] for each in results] == [422, 201]
    assert results[0]["error"]["details"][0]["field"] == "idempotency_key"


class BusyForOne(InMemoryEventStore):
    """Does not store one event of all."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        if event.payload == b'{"number":1}':
            raise StoreUnavailableError("The store is busy.", retry_after_seconds=2)
        return super().add(tenant, event, fingerprint)


def test_an_event_that_fails_for_now_says_when_to_try_again(
    open_api: OpenApi, clock: FixedClock
) -> None:
    api = open_api(BusyForOne(clock))

    results = post(api, *numbered(3))

    assert [each["status"] for each in results] == [201, 503, 201]
    assert results[1]["retry_after"] == 2
    assert results[1]["error"]["error"] == "store_unavailable"
    assert [event["payload"]["number"] for event in api.get("/inbox").json()] == [0, 2]


def test_only_new_events_are_counted(api: Api, clock: FixedClock, log_lines: LogLines) -> None:
    post(api, *numbered(3), {}, idempotency_key="batch-1")
    clock.advance(seconds=1)
    post(api, *numbered(3), EVENT, idempotency_key="batch-1")

    assert [metrics_of(line)["EventsCreated"] for line in log_lines()] == [[3.0], [1.0]]


def quoted(answer: Answer) -> int:
    """The bytes of what the function hands to Lambda: the body is a string in JSON."""
    return len(json.dumps(answer.body.decode(), ensure_ascii=False).encode())


@pytest.mark.parametrize("filling", [rb"\\", rb"\"", b"x", "ü".encode(), rb"\u00fc"])
def test_the_answer_to_the_largest_batch_fits_into_lambdas(api: Api, filling: bytes) -> None:
    count, head = 100, b'{"event_type":"a","payload":{"x":"'
    room = MAX_BATCH_BYTES // count - len(head) - len(b'"}},')
    events = [head + filling * (room // len(filling)) + b'"}}'] * count
    body = b'{"events":[%s]}' % b",".join(events)
    assert MAX_BATCH_BYTES - 100 * count < len(body) <= MAX_BATCH_BYTES

    answer = api.post("/events/batch", body)

    assert {each["status"] for each in answer.json()["results"]} == {201}
    assert quoted(answer) < LAMBDA_ANSWERS_AT_MOST - 10_000  # and its headers


def test_the_answer_to_a_hundred_events_of_twenty_faults_fits_too(api: Api) -> None:
    event = {f"{number}" + '"' * 98: 1 for number in range(20)}

    answer = api.post("/events/batch", {"events": [event] * 100})

    assert {each["status"] for each in answer.json()["results"]} == {422}
    assert quoted(answer) < LAMBDA_ANSWERS_AT_MOST / 4
