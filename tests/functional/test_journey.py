"""The story this system exists for: an order sync, taken from an inbox, then pushed to a webhook.

Start here. Everything runs as on AWS, through the functions' own handlers; only what is stored
and queued is kept in memory.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from local.received import Received
from local.receiver import running_receiver
from tests.clock import FixedClock
from tests.cloudformation import ROOT
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.functional.conftest import NewToken
from tests.functional.whole_system import System
from tests.http_api import Api
from triggers_api.access.keys import Scope
from triggers_api.timestamps import now

STORY = sorted((ROOT / "events" / "order-sync").glob("*.json"))
EXECUTION = "exec_amazon_orders_2026_11_21"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(now())  # a receiver refuses a signature that is some minutes old


@pytest.fixture
def system(
    fake_events: InMemoryEventStore, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock
) -> System:
    return System(fake_events, fake_api_keys, clock)


@pytest.fixture
def producer(system: System, new_token: NewToken) -> Api:
    return system.api.calling_with(new_token(Scope.EVENTS_WRITE))


@pytest.fixture
def consumer(system: System, new_token: NewToken) -> Api:
    return system.api.calling_with(new_token(Scope.INBOX))


@pytest.fixture
def subscriber(system: System, new_token: NewToken) -> Api:
    return system.api.calling_with(new_token(Scope.NOTIFICATIONS_MANAGE))


@pytest.fixture
def support(system: System, new_token: NewToken) -> Api:
    return system.api.calling_with(new_token(Scope.EVENTS_READ))


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def webhook(received: Received) -> Iterator[str]:
    """The URL of a receiver on this machine, which keeps what it is sent."""
    with running_receiver(received) as url:
        yield url


def post_story(producer: Api, clock: FixedClock) -> list[dict[str, Any]]:
    """Sync orders over a poor network, which sends every event twice; what was sent."""
    for sample in STORY:
        for _ in range(2):
            clock.advance(seconds=1)
            answer = producer.post("/events", sample.read_bytes(), idempotency_key=sample.stem)
            assert answer.status == 201
    return [json.loads(sample.read_text()) for sample in STORY]


def test_an_order_sync_goes_from_its_producer_to_an_empty_inbox(
    producer: Api, consumer: Api, support: Api, clock: FixedClock
) -> None:
    sent = post_story(producer, clock)

    # A consumer polls and finds what happened, once and in order, payloads as they were sent.
    inbox = consumer.walk("/inbox?limit=3")
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


def test_its_invoices_are_pushed_to_a_webhook_that_acknowledges_them_by_taking_them(
    system: System,
    producer: Api,
    consumer: Api,
    subscriber: Api,
    clock: FixedClock,
    webhook: str,
    received: Received,
) -> None:
    # A shop subscribes its webhook to invoices, and is told this once how pushes are signed.
    draft = {
        "name": "The shop",
        "channel": "webhook",
        "settings": {"url": f"{webhook}/triggers?fail_first=1"},
        "filters": {"event_types": ["invoice.*"]},
        "acknowledges": True,
    }
    secret = subscriber.post("/notifications/configs", draft).json()["secret"]

    # Orders are synced. The dispatcher reads the new events off the stream, and queues a task
    # for each push; the worker carries the tasks out.
    post_story(producer, clock)
    invoices = [
        event for event in consumer.walk("/inbox") if event["event_type"].startswith("invoice.")
    ]
    system.dispatch()
    system.deliver()

    # The shop refused each push once, got it again a little later, and took it.
    assert sorted(push.status for push in received.newest_first()) == [200] * 3 + [500] * 3
    taken = [push for push in received.newest_first() if push.status == 200]

    # What it took is the event as the inbox shows it, and the signature proves who sent it.
    verified = [Webhook(secret).verify(push.body, {**push.headers}) for push in taken]
    assert sorted(event["id"] for event in verified) == [event["id"] for event in invoices]
    assert {event["id"]: event["payload"] for event in verified} == {
        event["id"]: event["payload"] for event in invoices
    }

    # The history tells of both attempts.
    history = subscriber.walk("/notifications/history")
    assert [each["status"] for each in history] == ["succeeded"] * 3
    for delivery in history:
        assert [attempt["status_code"] for attempt in delivery["attempts"]] == [500, 200]

    # By taking its invoices, the shop acknowledged them: only what it did not want still waits.
    waiting = consumer.walk("/inbox")
    assert len(waiting) == len(STORY) - len(invoices)
    assert not [event for event in waiting if event["event_type"].startswith("invoice.")]


def test_the_story_has_a_beginning_an_end_and_a_failure() -> None:
    types = [json.loads(sample.read_text())["event_type"] for sample in STORY]

    assert (types[0], types[-1]) == ("sync.started", "sync.completed")
    assert "invoice.failed" in types
