"""`Idempotency-Key`."""

import pytest

from tests.clock import FixedClock
from tests.http_api import Answer, Api

EVENT = {"event_type": "order.fetched", "payload": {"total": 1.10}}


def test_a_repeated_request_gets_the_first_answer(api: Api, clock: FixedClock) -> None:
    first = api.post("/events", EVENT, idempotency_key="key-1")
    clock.advance(hours=23)

    second = api.post("/events", EVENT, idempotency_key="key-1")

    assert (first.status, second.status) == (201, 201)
    assert second.body == first.body
    assert second.headers["location"] == first.headers["location"]
    assert len(api.get("/events").json()) == 1


def test_only_a_repeated_request_is_marked_as_replayed(api: Api, clock: FixedClock) -> None:
    first = api.post("/events", EVENT, idempotency_key="key-1")
    clock.advance(seconds=1)

    second = api.post("/events", EVENT, idempotency_key="key-1")

    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


def test_another_body_under_a_used_key_is_refused(api: Api, clock: FixedClock) -> None:
    api.post("/events", EVENT, idempotency_key="key-1")
    clock.advance(seconds=1)

    answer = api.post("/events", EVENT | {"severity": "error"}, idempotency_key="key-1")

    assert (answer.status, answer.error) == (422, "idempotency_key_reused")
    assert len(api.get("/events").json()) == 1


def test_a_day_later_a_key_is_free_again(api: Api, clock: FixedClock) -> None:
    first = api.post("/events", EVENT, idempotency_key="daily-report")
    clock.advance(hours=24)

    second = api.post("/events", EVENT, idempotency_key="daily-report")

    assert second.json()["id"] != first.json()["id"]
    assert "idempotency-replayed" not in second.headers


@pytest.mark.parametrize(("one", "other"), [('"key-1"', "key-1"), ("key-1", '"key-1"')])
def test_a_quoted_key_equals_a_bare_one(api: Api, clock: FixedClock, one: str, other: str) -> None:
    api.post("/events", EVENT, idempotency_key=one)
    clock.advance(seconds=1)

    answer = api.post("/events", EVENT, idempotency_key=other)

    assert answer.headers["idempotency-replayed"] == "true"


def test_the_same_body_written_otherwise_is_the_same_body(api: Api, clock: FixedClock) -> None:
    first = api.post(
        "/events", b'{"event_type":"a","payload":{"b":1,"c":2}}', idempotency_key="key-1"
    )
    clock.advance(seconds=1)

    second = api.post(
        "/events", b'{ "payload" : {"c":2, "b":1},"event_type":"a"}', idempotency_key="key-1"
    )

    assert second.body == first.body


def test_two_tenants_do_not_share_keys(api: Api, other_api: Api, clock: FixedClock) -> None:
    api.post("/events", EVENT, idempotency_key="key-1")
    clock.advance(seconds=1)

    answer = other_api.post("/events", EVENT | {"severity": "error"}, idempotency_key="key-1")

    assert answer.status == 201
    assert "idempotency-replayed" not in answer.headers


@pytest.mark.parametrize(
    "key", ["", '""', "a key", "é", "x" * 256, "tab\tbed", "two,keys", '"two","keys"', "two, keys"]
)
def test_an_unusable_key_is_refused_and_nothing_stored(api: Api, key: str) -> None:
    answer = api.post("/events", EVENT, idempotency_key=key)

    assert answer.status == 400
    assert [detail["field"] for detail in answer.json()["details"]] == ["Idempotency-Key"]
    assert api.get("/events").json() == []


@pytest.mark.parametrize(
    "key", ["x" * 255, "4e3f6c1a-0b1d-4c57-9f0e-2a9d7d3b8c11", '"', "#?/&", '"a,b"']
)
def test_any_printable_key_is_taken(api: Api, clock: FixedClock, key: str) -> None:
    first = api.post("/events", EVENT, idempotency_key=key)
    clock.advance(seconds=1)

    second = api.post("/events", EVENT, idempotency_key=key)

    assert second.body == first.body
    assert second.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    "number",
    ["1.10", "1e2", "-0", "-0.0", "0.10000000000000000001", "1e-400", "9007199254740993.0", "17"],
)
def test_what_was_answered_can_be_posted_under_its_key(
    api: Api, clock: FixedClock, number: str
) -> None:
    """As itself: the payload is kept as it was written, metadata as values."""
    body = f'{{"event_type":"a.b","payload":{{"n":{number}}},"metadata":{{"n":{number}}}}}'
    first = api.post("/events", body, idempotency_key="key-1")
    clock.advance(seconds=1)

    again = api.post("/events", draft_text(first), idempotency_key="key-1")

    assert (again.status, again.headers.get("idempotency-replayed")) == (201, "true")
    assert again.body == first.body


def test_values_of_metadata_that_are_kept_apart_are_not_the_same(api: Api) -> None:
    for key, (one, other) in enumerate([("1", "1.0"), ("1", "true"), ('"1"', "1"), ("0", "-0.0")]):
        bodies = (
            f'{{"event_type":"a","payload":{{}},"metadata":{{"n":{n}}}}}' for n in (one, other)
        )
        answers = [api.post("/events", body, idempotency_key=f"key-{key}") for body in bodies]
        assert [answer.status for answer in answers] == [201, 422], (one, other)


def draft_text(answer: Answer) -> str:
    """Type, payload and metadata as they stand in an answer."""
    said = answer.body.decode().partition('"event_type":')[2].partition(',"severity"')[0]
    return f'{{"event_type":{said}}}'


def test_a_key_with_a_comma_is_in_quotes_what_it_is_in_a_batch(api: Api, clock: FixedClock) -> None:
    first = api.post("/events", EVENT, idempotency_key='"A-1,B-2"')
    clock.advance(seconds=1)

    batch = {"events": [EVENT | {"idempotency_key": "A-1,B-2"}]}
    (result,) = api.post("/events/batch", batch).json()["results"]

    assert (result["replayed"], result["event"]["id"]) == (True, first.json()["id"])
