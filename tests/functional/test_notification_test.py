"""`/notifications/test`: a test event, now, and what the channel says."""

from datetime import timedelta

import pytest

from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import REFUSED
from tests.functional.notification_api import World, codes
from triggers_api.access.held_time import HELD_SECONDS
from triggers_api.events.event import Severity
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.filters import Filters

TEST = "/notifications/test"


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def test_it_answers_what_the_channel_said(world: World, clock: FixedClock) -> None:
    config = world.subscribe()
    world.channel.while_sending = lambda: clock.advance(milliseconds=201)

    answer = world.call("POST", TEST, {"config_id": config.id})

    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": True,
        "status_code": 200,
        "error": None,
        "duration_ms": 201,
    }


@pytest.mark.parametrize(
    "receipt",
    [
        REFUSED,
        Receipt(error="no answer within 15 s"),
        Receipt(status_code=429, error="slow down", retry_after=timedelta(hours=1)),
        Receipt(status_code=410, error="gone", refusal=Refusal.GONE),
    ],
)
def test_a_refusal_is_told_and_changes_nothing(world: World, receipt: Receipt) -> None:
    config = world.subscribe()
    world.channel.receipts.append(receipt)

    answer = world.call("POST", TEST, {"config_id": config.id})

    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": False,
        "status_code": receipt.status_code,
        "error": receipt.error,
        "duration_ms": 0,
    }
    assert world.configs.find("acme", config.id) == config
    assert world.queue.tasks == []


def test_whatever_a_channel_raises_is_told_as_a_failure_of_this_push(
    world: World,
) -> None:
    def fail() -> None:
        raise OverflowError("PRIVATE")

    config = world.subscribe()
    world.channel.while_sending = fail

    answer = world.call("POST", TEST, {"config_id": config.id})

    assert answer.status_code == 200
    assert (answer.json()["accepted"], answer.json()["error"]) == (
        False,
        "It could not be sent, for a fault of ours.",
    )
    assert "PRIVATE" not in answer.text


def test_what_is_sent_says_that_it_is_a_test(world: World, clock: FixedClock) -> None:
    config = world.subscribe()

    world.call("POST", TEST, {"config_id": config.id})

    (push,) = world.channel.pushes
    assert push.config == config
    assert push.at == clock()
    assert push.delivery_id.startswith("dlv_test_")
    assert (push.event.event_type, push.event.severity) == ("notifications.test", Severity.INFO)
    assert b"This is a test" in push.event.as_json()


def test_every_test_is_another_one(world: World) -> None:
    config = world.subscribe()

    for _ in range(2):
        world.call("POST", TEST, {"config_id": config.id})

    one, other = world.channel.pushes
    assert one.event.id != other.event.id
    assert one.delivery_id != other.delivery_id


def test_the_event_is_not_stored(world: World) -> None:
    config = world.subscribe()

    world.call("POST", TEST, {"config_id": config.id})

    assert world.call("GET", "/events").json() == []
    assert world.call("GET", "/notifications/history").json() == []


def test_it_works_for_a_config_that_gets_nothing_else(world: World, clock: FixedClock) -> None:
    config = world.subscribe(enabled=False, filters=Filters(event_types=frozenset({"a.b"})))
    open_ = CircuitBreaker(failures=10, opened_at=clock())
    world.configs.change_breaker("acme", config.id, CircuitBreaker(), open_)

    answer = world.call("POST", TEST, {"config_id": config.id})

    assert answer.json()["accepted"]


def test_an_unknown_config_is_not_found(world: World) -> None:
    answer = world.call("POST", TEST, {"config_id": "cfg_none"})

    assert (answer.status_code, answer.json()["error"]) == (404, "config_not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "config_id"),
        ({"config_id": 7}, "config_id"),
        ({"config_id": ""}, "config_id"),
        ({"config_id": "cfg_none", "url": "https://a.example"}, "url"),
        ([], "body"),
    ],
)
def test_what_is_not_acceptable_names_its_field(world: World, body: object, field: str) -> None:
    answer = world.call("POST", TEST, body)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_test")
    assert list(codes(answer)) == [field]


def test_tests_that_wait_for_silent_receivers_are_refused_before_they_hold_all_functions(
    world: World,
) -> None:
    config = world.subscribe()
    nested: list[int] = []

    def ask_meanwhile() -> None:
        if len(nested) < 10:
            nested.append(0)
            at = len(nested) - 1
            nested[at] = world.call("POST", TEST, {"config_id": config.id}).status_code

    world.channel.while_sending = ask_meanwhile

    first = world.call("POST", TEST, {"config_id": config.id})

    assert first.status_code == 200
    assert nested == [200, 429]
    assert world.call("GET", "/notifications/configs").status_code == 200


def test_a_refused_test_says_when_to_come_back_and_sends_nothing(
    world: World, clock: FixedClock
) -> None:
    config = world.subscribe()
    world.channel.while_sending = lambda: clock.advance(seconds=5)
    world.token_buckets.take("acme#held", HELD_SECONDS, 10, clock())

    refused = world.call("POST", TEST, {"config_id": config.id})

    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "3"
    assert world.channel.pushes == []
    clock.advance(seconds=3)
    assert world.call("POST", TEST, {"config_id": config.id}).status_code == 200


def test_a_transform_that_has_no_value_for_a_test_event_says_what_to_do(world: World) -> None:
    config = world.subscribe(transform="{'total': payload.total}")

    answer = world.call("POST", TEST, {"config_id": config.id}).json()

    assert (answer["accepted"], answer["status_code"]) == (False, None)
    assert answer["error"].startswith(
        "The config's transform has no value for this event: no such key: total. Nothing was sent:"
    )
    assert "/notifications/preview" in answer["error"]
    assert world.channel.pushes == []


def test_a_transform_that_is_guarded_can_be_tested(world: World) -> None:
    guarded = "has(payload.total) ? {'total': payload.total} : payload"
    config = world.subscribe(transform=guarded)

    assert world.call("POST", TEST, {"config_id": config.id}).json()["accepted"]
    assert b"This is a test" in (world.channel.pushes[0].body or b"")
