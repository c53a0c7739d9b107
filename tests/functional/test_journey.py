"""The story this system exists for, from the producer's first event to an empty inbox."""

import json

import pytest

from tests.clock import FixedClock
from tests.cloudformation import ROOT
from tests.functional.conftest import NewToken
from tests.http_api import Api
from triggers_api.access.keys import Scope

STORY = sorted((ROOT / "events" / "order-sync").glob("*.json"))
EXECUTION = "exec_amazon_orders_2026_11_21"


@pytest.fixture
def producer(api: Api, new_token: NewToken) -> Api:
    return api.calling_with(new_token(Scope.EVENTS_WRITE))


@pytest.fixture
def consumer(api: Api, new_token: NewToken) -> Api:
    return api.calling_with(new_token(Scope.INBOX))


@pytest.fixture
def support(api: Api, new_token: NewToken) -> Api:
    return api.calling_with(new_token(Scope.EVENTS_READ))


def test_an_order_sync_goes_from_its_producer_to_an_empty_inbox(
    producer: Api, consumer: Api, support: Api, clock: FixedClock
) -> None:
    # A producer syncs orders. Its network is poor, so it sends every event twice.
    for sample in STORY:
        for _ in range(2):
            clock.advance(seconds=1)
            answer = producer.post("/events", sample.read_bytes(), idempotency_key=sample.stem)
            assert answer.status == 201

    # A consumer polls and finds what happened, once and in order, payloads as they were sent.
    inbox = consumer.walk("/inbox?limit=3")
    sent = [json.loads(sample.read_text()) for sample in STORY]
    assert [event["event_type"] for event in inbox] == [event["event_type"] for event in sent]
    assert [event["payload"] for event in inbox] == [event["payload"] for event in sent]
    assert {event["execution_id"] for event in inbox} == {EXECUTION}
    assert {event["status"] for event in inbox} == {"pending"}

    # It acknowledges all but the failure, which it cannot deal with yet.
    failed = next(event for event in inbox if event["event_type"] == "invoice.failed")
    done = [event["id"] for event in inbox if event != failed]
    results = consumer.post("/inbox/acknowledge", {"event_ids": done}).json()["results"]
    assert {result["status"] for result in results} == {204}
    assert consumer.get("/inbox").json() == [failed]

    # Support looks at what is left, and sees why.
    left = support.get("/events?status=undelivered&event_type=invoice.*").json()
    assert [event["payload"]["error"]["code"] for event in left] == ["VAT_ID_INVALID"]
    assert left[0]["metadata"]["error_type"] == "validation"

    # The mended invoice is sent, and the consumer is done with both.
    mended = {"event_type": "invoice.created", "execution_id": EXECUTION, "payload": {}}
    new = producer.post("/events", mended).json()
    for event_id in (failed["id"], new["id"]):
        assert consumer.post(f"/events/{event_id}/acknowledge").status == 204
    assert consumer.get("/inbox").json() == []

    # Nothing is lost: every event is on record, delivered.
    record = support.walk("/events?order=asc&limit=4")
    assert [event["id"] for event in record] == [*(event["id"] for event in inbox), new["id"]]
    assert {event["status"] for event in record} == {"delivered"}


def test_the_story_has_a_beginning_an_end_and_a_failure() -> None:
    types = [json.loads(sample.read_text())["event_type"] for sample in STORY]

    assert (types[0], types[-1]) == ("sync.started", "sync.completed")
    assert "invoice.failed" in types
