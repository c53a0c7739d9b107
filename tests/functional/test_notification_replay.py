"""Replays: of one delivery, and of an event."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, store_event
from tests.builders.push import a_task, an_attempt
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World, keep_delivery, queued
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.filters import Filters


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def replay_of(delivery: Delivery) -> str:
    return f"/notifications/history/{delivery.id}/replay"


@pytest.mark.parametrize("status", [DeliveryStatus.DEAD, DeliveryStatus.SUCCEEDED])
def test_a_final_delivery_is_queued_again(world: World, status: DeliveryStatus) -> None:
    attempts = (an_attempt(), an_attempt())
    delivery = keep_delivery(world, world.subscribe(), status, attempts=attempts)

    answer = world.call("POST", replay_of(delivery))

    told = answer.json()
    assert answer.status_code == 202
    assert (told["id"], told["status"], told["reason"]) == (delivery.id, "retrying", None)
    assert told["next_attempt_at"] == "2026-11-21T22:55:18.123456Z"
    assert len(told["attempts"]) == 2
    assert world.queue.tasks == [replace(delivery.task, replayed_after=2)]


def test_its_record_stays_final_until_a_worker_takes_the_task(world: World) -> None:
    delivery = keep_delivery(world, world.subscribe())

    world.call("POST", replay_of(delivery))

    assert world.deliveries.get(TENANT, delivery.id) == delivery


def test_one_that_is_retrying_by_itself_is_left_alone(world: World) -> None:
    delivery = keep_delivery(
        world, world.subscribe(), DeliveryStatus.RETRYING, next_attempt_at=START + timedelta(1)
    )

    answer = world.call("POST", replay_of(delivery))

    assert (answer.status_code, answer.json()["error"]) == (409, "delivery_retrying")
    assert world.queue.tasks == []


@pytest.mark.parametrize("is_deleted", [True, False])
def test_one_with_nowhere_to_go_is_refused(world: World, is_deleted: bool) -> None:  # noqa: FBT001  # a case
    config = world.subscribe()
    delivery = keep_delivery(world, config)
    if is_deleted:
        world.configs.delete(TENANT, config.id)
    else:
        world.configs.disable(config, "the receiver answered 410 Gone")

    answer = world.call("POST", replay_of(delivery))

    assert (answer.status_code, answer.json()["error"]) == (409, "config_not_enabled")
    assert world.queue.tasks == []


def test_one_that_was_tried_too_often_is_refused(world: World) -> None:
    attempts = (an_attempt(),) * 100
    delivery = keep_delivery(world, world.subscribe(), attempts=attempts)

    answer = world.call("POST", replay_of(delivery))
    many = world.call("POST", "/notifications/dead-letters/replay", {}).json()

    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_attempts")
    assert (many["matched"], many["replayed"], many["skipped"]) == (1, 0, 1)
    assert world.queue.tasks == []


def test_an_unknown_delivery_is_not_found(world: World) -> None:
    answer = world.call("POST", "/notifications/history/dlv_none/replay")

    assert (answer.status_code, answer.json()["error"]) == (404, "delivery_not_found")


def test_a_queue_that_is_down_is_a_503_and_the_replay_can_be_repeated(world: World) -> None:
    delivery = keep_delivery(world, world.subscribe())
    world.queue.is_down = True

    answer = world.call("POST", replay_of(delivery))

    assert (answer.status_code, answer.json()["error"]) == (503, "queue_unavailable")
    assert answer.headers["retry-after"] == "1"
    world.queue.is_down = False
    assert world.call("POST", replay_of(delivery)).status_code == 202


def delivered_event(world: World, **fields: Any) -> Event:
    event = store_event(world.events, world.clock(), **fields)
    world.events.acknowledge(TENANT, event.id, world.clock())
    return event


def test_a_replayed_event_is_pending_and_pushed_to_all_that_want_it(world: World) -> None:
    configs = [world.subscribe(), world.subscribe()]
    world.subscribe(enabled=False)
    world.subscribe(filters=Filters(event_types=frozenset({"invoice.*"})))
    event = delivered_event(world)

    answer = world.call("POST", f"/events/{event.id}/replay")

    told = answer.json()
    assert answer.status_code == 202
    assert told == world.call("GET", f"/events/{event.id}").json()
    assert (told["id"], told["status"], told["delivered_at"]) == (event.id, "pending", None)
    assert world.queue.tasks == [
        a_task(event, config, round=1, pushes=2)
        for config in sorted(configs, key=lambda config: config.id)
    ]


def test_each_replay_of_an_event_is_a_round_of_its_own(world: World) -> None:
    world.subscribe()
    event = delivered_event(world)

    for _ in range(2):
        world.call("POST", f"/events/{event.id}/replay")

    assert [task.round for task in world.queue.tasks] == [1, 2]
    assert len(set(queued(world))) == 2


def test_an_event_nobody_wants_is_pending_again_all_the_same(world: World) -> None:
    event = delivered_event(world)

    assert world.call("POST", f"/events/{event.id}/replay").status_code == 202
    assert world.events.get(TENANT, event.id).status is EventStatus.PENDING


def test_a_replay_that_broke_half_way_can_be_repeated(world: World) -> None:
    world.subscribe()
    event = delivered_event(world)
    world.queue.is_down = True
    assert world.call("POST", f"/events/{event.id}/replay").status_code == 503
    world.queue.is_down = False

    assert world.call("POST", f"/events/{event.id}/replay").status_code == 202

    assert len(world.queue.tasks) == 1


def test_an_unknown_event_is_not_found(world: World) -> None:
    answer = world.call("POST", "/events/evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5/replay")

    assert (answer.status_code, answer.json()["error"]) == (404, "event_not_found")
