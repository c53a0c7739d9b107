"""`/notifications/dead-letters/replay`: many at once."""

from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World, codes, keep_delivery, queued
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.replay import DEAD_LETTERS_AT_ONCE

DEAD_LETTERS = "/notifications/dead-letters/replay"


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def test_all_dead_letters_are_replayed(world: World) -> None:
    config, other = world.subscribe(), world.subscribe()
    dead = [keep_delivery(world, config), keep_delivery(world, other)]
    keep_delivery(world, config, DeliveryStatus.SUCCEEDED)
    keep_delivery(world, config, DeliveryStatus.RETRYING)

    answer = world.call("POST", DEAD_LETTERS, {})

    assert answer.status_code == 200
    assert answer.json() == {
        "matched": 2,
        "replayed": 2,
        "skipped": 0,
        "dry_run": False,
        "next_cursor": None,
    }
    assert sorted(queued(world)) == sorted(each.id for each in dead)
    assert {task.replayed_after for task in world.queue.tasks} == {1}


def test_a_dry_run_counts_and_replays_none(world: World) -> None:
    keep_delivery(world, world.subscribe())
    keep_delivery(world, world.subscribe(enabled=False))

    answer = world.call("POST", DEAD_LETTERS, {"dry_run": True})

    assert answer.json() == {
        "matched": 2,
        "replayed": 0,
        "skipped": 1,
        "dry_run": True,
        "next_cursor": None,
    }
    assert world.queue.tasks == []


def test_dead_letters_can_be_narrowed(world: World, clock: FixedClock) -> None:
    config, other = world.subscribe(), world.subscribe()
    kept = []
    for _ in range(4):
        kept.append(keep_delivery(world, config).id)
        keep_delivery(world, other)
        clock.advance(hours=1)

    body = {
        "config_id": config.id,
        "since": (START + timedelta(hours=1)).isoformat(),
        "until": "2026-11-22T01:55:18.123456Z",
    }
    answer = world.call("POST", DEAD_LETTERS, body)

    assert answer.json()["replayed"] == 2
    assert queued(world) == [kept[2], kept[1]]


def test_those_of_disabled_and_deleted_configs_are_skipped(world: World) -> None:
    alive, disabled, deleted = world.subscribe(), world.subscribe(enabled=False), world.subscribe()
    wanted = keep_delivery(world, alive)
    keep_delivery(world, disabled)
    keep_delivery(world, deleted)
    world.configs.delete(TENANT, deleted.id)

    answer = world.call("POST", DEAD_LETTERS, {})

    assert answer.json() | {"matched": 3, "replayed": 1, "skipped": 2} == answer.json()
    assert queued(world) == [wanted.id]


def test_many_are_replayed_in_several_calls_each_once(world: World, clock: FixedClock) -> None:
    config = world.subscribe()
    kept = []
    for _ in range(DEAD_LETTERS_AT_ONCE + 30):
        kept.append(keep_delivery(world, config).id)
        clock.advance(milliseconds=1)
    question = {"config_id": config.id}

    first = world.call("POST", DEAD_LETTERS, question).json()
    rest = world.call("POST", DEAD_LETTERS, question | {"cursor": first["next_cursor"]}).json()

    assert (first["replayed"], rest["replayed"]) == (DEAD_LETTERS_AT_ONCE, 30)
    assert rest["next_cursor"] is None
    assert queued(world) == kept[::-1]
    for other in ({}, question | {"since": "2026-11-21"}):
        answer = world.call("POST", DEAD_LETTERS, other | {"cursor": first["next_cursor"]})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"config_id": 7}, "config_id"),
        ({"since": "yesterday"}, "since"),
        ({"until": 1795301718}, "until"),
        ({"since": "2026-11-22", "until": "2026-11-21"}, "until"),
        ({"since": "2026-11-21", "until": "2026-11-21"}, "until"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"cursor": "c" * 201}, "cursor"),
        ({"status": "dead"}, "status"),
        ([], "body"),
    ],
)
def test_what_is_not_acceptable_names_its_field(world: World, body: object, field: str) -> None:
    answer = world.call("POST", DEAD_LETTERS, body)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_replay")
    assert list(codes(answer)) == [field]


def test_without_a_body_nothing_is_replayed(world: World) -> None:
    keep_delivery(world, world.subscribe())

    answer = world.call("POST", DEAD_LETTERS)

    assert (answer.status_code, answer.json()["error"]) == (400, "malformed_json")
    assert world.queue.tasks == []
