"""`POST /notifications/configs/{config_id}/replay`: what one config missed."""

import pytest

from tests.builders.events import store_event
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, World, codes, queued
from triggers_api.push.config import NotificationConfig
from triggers_api.push.replay_missed import MISSED_AT_ONCE


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def missing(world: World, count: int) -> NotificationConfig:
    """A config that was made after so many events."""
    for _ in range(count):
        store_event(world.events, world.clock.advance(seconds=1))
    world.clock.advance(seconds=1)
    return world.subscribe()


def at(config: NotificationConfig) -> str:
    return f"{CONFIGS}/{config.id}/replay"


def test_what_it_missed_is_queued_and_counted(world: World) -> None:
    config = missing(world, 2)

    tried = world.call("POST", at(config), {"dry_run": True})
    answer = world.call("POST", at(config), {})

    counts = {"matched": 2, "skipped": 0, "next_cursor": None}
    assert tried.json() == counts | {"replayed": 0, "dry_run": True}
    assert (answer.status_code, answer.json()) == (200, counts | {"replayed": 2, "dry_run": False})
    assert len(queued(world)) == 2


def test_the_cursor_leads_on_and_belongs_to_its_question(world: World) -> None:
    config = missing(world, MISSED_AT_ONCE + 1)
    first = world.call("POST", at(config), {"since": "2026-01-01"}).json()

    elsewhere = world.call("POST", at(world.subscribe()), {"cursor": first["next_cursor"]})
    second = world.call(
        "POST", at(config), {"since": "2026-01-01", "cursor": first["next_cursor"]}
    ).json()

    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "invalid_cursor")
    assert (first["replayed"], second["replayed"]) == (MISSED_AT_ONCE, 1)
    assert second["next_cursor"] is None
    assert len(set(queued(world))) == MISSED_AT_ONCE + 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": 5}, "since"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "until"),
        ({"dry_run": "no"}, "dry_run"),
        ({"cursor": 5}, "cursor"),
        ({"config_id": "cfg_1"}, "config_id"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    world: World, body: dict[str, object], fault: str
) -> None:
    answer = world.call("POST", at(world.subscribe()), body)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_replay")
    assert list(codes(answer)) == [fault]


def test_a_disabled_config_is_to_be_enabled_first(world: World) -> None:
    answer = world.call("POST", at(world.subscribe(enabled=False)), {})

    assert (answer.status_code, answer.json()["error"]) == (409, "config_not_enabled")


def test_another_tenants_config_is_not_found(world: World) -> None:
    theirs = world.subscribe("globex")
    store_event(world.events, world.clock(), "globex")

    answer = world.call("POST", at(theirs), {})

    assert (answer.status_code, answer.json()["error"]) == (404, "config_not_found")
    assert world.queue.tasks == []


def test_a_queue_that_is_away_is_said_and_the_call_can_be_repeated(world: World) -> None:
    config = missing(world, 2)
    world.queue.is_down = True
    assert world.call("POST", at(config), {}).json()["error"] == "queue_unavailable"

    world.queue.is_down = False
    assert world.call("POST", at(config), {}).json()["replayed"] == 2
