"""`/notifications/history`: what was pushed, and every attempt."""

from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Response

from tests.builders.events import OTHER_TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World, codes
from triggers_api.push.delivery import Delivery, DeliveryStatus

HISTORY = "/notifications/history"


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def keep(
    world: World, status: DeliveryStatus = DeliveryStatus.SUCCEEDED, **fields: Any
) -> Delivery:
    """A delivery that was recorded a second after the one before."""
    config = fields.pop("config", None) or a_config()
    event = fields.pop("event", None) or an_event(START)
    at = world.clock.advance(seconds=1)
    delivery = a_delivery(a_task(event, config), status, at, **fields)
    assert world.deliveries.record(delivery, known_attempts=None)
    return delivery


def ids(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()]


def pages(world: World, query: str) -> list[list[str]]:
    """The ids on each page, following the links."""
    found = []
    url = f"{HISTORY}?{query}"
    while True:
        answer = world.call("GET", url)
        found.append(ids(answer))
        if "link" not in answer.headers:
            return found
        assert answer.headers["link"].endswith('>; rel="next"')
        url = HISTORY + answer.headers["link"][1:].partition(">")[0]


def test_a_delivery_is_told_with_every_attempt(world: World) -> None:
    delivery = keep(
        world,
        DeliveryStatus.DEAD,
        attempts=(
            an_attempt(),
            replace(an_attempt(START.replace(microsecond=0), "gone"), answer="no such hook"),
        ),
        reason="gone",
    )

    answer = world.call("GET", HISTORY)

    assert answer.json() == [
        {
            "id": delivery.id,
            "config_id": delivery.task.config_id,
            "event_id": delivery.task.event_id,
            "event_type": "order.fetched",
            "round": 0,
            "status": "dead",
            "created_at": "2026-11-21T22:55:19.123456Z",
            "next_attempt_at": None,
            "reason": "gone",
            "attempts": [
                {
                    "at": "2026-11-21T22:55:18.123456Z",
                    "duration_ms": 201,
                    "status_code": 500,
                    "error": "the receiver answered 500",
                    "answer": None,
                },
                {
                    "at": "2026-11-21T22:55:18.000000Z",
                    "duration_ms": 201,
                    "status_code": 500,
                    "error": "gone",
                    "answer": "no such hook",
                },
            ],
        }
    ]


def test_one_that_is_retrying_tells_when_it_goes_on(world: World) -> None:
    keep(world, DeliveryStatus.RETRYING, next_attempt_at=START)

    (told,) = world.call("GET", HISTORY).json()

    assert (told["status"], told["reason"]) == ("retrying", None)
    assert told["next_attempt_at"] == "2026-11-21T22:55:18.123456Z"


def test_the_newest_come_first_page_by_page(world: World) -> None:
    kept = [keep(world).id for _ in range(5)]
    newest_first = kept[::-1]

    assert pages(world, "limit=2") == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert pages(world, "") == [newest_first]


def test_what_begins_meanwhile_disturbs_no_page(world: World) -> None:
    kept = [keep(world).id for _ in range(4)]
    first = world.call("GET", f"{HISTORY}?limit=2")
    keep(world)

    rest = world.call("GET", HISTORY + first.headers["link"][1:].partition(">")[0])

    assert ids(first) + ids(rest) == kept[::-1]


def test_all_conditions_hold_together(world: World) -> None:
    config = a_config()
    world.configs.put(config)
    kept = [
        keep(world, status, config=config, event_type=event_type)
        for status in (DeliveryStatus.DEAD, DeliveryStatus.SUCCEEDED)
        for event_type in ("order.failed", "order.fetched", "invoice.failed", "order.failed")
    ]
    begin = kept[1].created_at.isoformat().replace("+00:00", "Z")
    end = kept[5].created_at.isoformat().replace("+00:00", "Z")

    def found(query: str) -> list[int]:
        places = [each.id for each in kept]
        return [places.index(each) for page in pages(world, query) for each in page]

    assert found(f"config_id={config.id}&status=dead&event_type=order.*&limit=1") == [3, 1, 0]
    assert found(f"since={begin}&until={end}&event_type=order.failed") == [4, 3]
    assert found(f"since={begin}&status=succeeded&event_type=invoice.*") == [6]
    assert found(f"event_id={kept[4].task.event_id}&status=dead") == []


def test_a_cursor_belongs_to_the_conditions_it_was_made_for(world: World) -> None:
    for _ in range(3):
        keep(world, DeliveryStatus.DEAD)
    link = world.call("GET", f"{HISTORY}?status=dead&limit=1").headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]

    for other in ("", "status=retrying&", "status=dead&event_type=a.b&", "since=2026-01-01&"):
        refused = world.call("GET", f"{HISTORY}?{other}cursor={cursor}")
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_cursor")


def test_it_can_be_narrowed(world: World) -> None:
    config, event = a_config(), an_event(START)
    both = keep(world, config=config, event=event)
    of_config = keep(world, config=config, status=DeliveryStatus.DEAD)
    of_event = keep(world, event=event, status=DeliveryStatus.DEAD)
    neither = keep(world)

    def found(query: str) -> list[str]:
        return [each for page in pages(world, f"limit=1&{query}") for each in page]

    assert found(f"config_id={config.id}") == [of_config.id, both.id]
    assert found(f"event_id={event.id}") == [of_event.id, both.id]
    assert found(f"event_id={event.id}&config_id={config.id}") == [both.id]
    assert found("status=dead") == [of_event.id, of_config.id]
    assert found(f"status=dead&config_id={config.id}") == [of_config.id]
    assert found("status=succeeded") == [neither.id, both.id]
    assert found("config_id=cfg_none") == []


def test_a_cursor_holds_for_its_own_question_and_tenant_only(world: World) -> None:
    for _ in range(2):
        keep(world, DeliveryStatus.DEAD)
    link = world.call("GET", f"{HISTORY}?limit=1&status=dead").headers["link"]
    url = HISTORY + link[1:].partition(">")[0]

    assert world.call("GET", url).status_code == 200
    for answer in (
        world.call("GET", url.replace("status=dead", "status=succeeded")),
        world.call("GET", url.replace("status=dead", "config_id=cfg_1")),
        world.call("GET", url.replace(HISTORY, "/events").replace("status=dead", "")),
        world.call("GET", url, tenant=OTHER_TENANT),
        world.call("GET", f"{HISTORY}?cursor=nonsense"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=5.0", "limit"),
        ("limit=1_0", "limit"),
        ("status=lost", "status"),
        ("config_id=" + "c" * 65, "config_id"),
        ("event_id=" + "e" * 65, "event_id"),
        ("cursor=" + "c" * 201, "cursor"),
    ],
)
def test_a_bad_parameter_is_named(world: World, query: str, field: str) -> None:
    answer = world.call("GET", f"{HISTORY}?{query}")

    assert answer.status_code == 400
    assert list(codes(answer)) == [field]
