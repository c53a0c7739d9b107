"""`GET /notifications/configs/{config_id}/stats`."""

from datetime import timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.usage import SHARD
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World
from triggers_api.access.keys import Scope
from triggers_api.push.config import NotificationConfig
from triggers_api.usage.changes import DeliveryRecorded
from triggers_api.usage.config_hours import config_counts


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def path(config: NotificationConfig, query: str = "") -> str:
    return f"/notifications/configs/{config.id}/stats{query}"


def record(world: World, config: NotificationConfig, hours_ago: int, *durations_ms: int) -> None:
    change = DeliveryRecorded(
        tenant=config.tenant,
        at=world.clock() - timedelta(hours=hours_ago),
        number=1000 - hours_ago,
        config_id=config.id,
        durations_ms=durations_ms,
        is_succeeded=True,
        is_dead=False,
    )
    world.usage.add(SHARD, list(config_counts(change)))


def test_every_hour_is_there_also_those_without_a_push(world: World) -> None:
    config = world.subscribe()
    record(world, config, 2, 100, 100, 2000)

    answer = world.call("GET", path(config, "?hours=4")).json()

    assert answer["config_id"] == config.id
    assert [each["begins_at"][11:13] for each in answer["hours"]] == ["19", "20", "21", "22"]
    empty = {"succeeded": 0, "failed": 0, "attempts": 0, "p50_ms": None, "p95_ms": None}
    counted = answer["hours"].pop(1)
    assert [each | empty for each in answer["hours"]] == answer["hours"]
    assert (counted["succeeded"], counted["failed"], counted["attempts"]) == (1, 0, 3)
    assert counted["p50_ms"] == pytest.approx(100, rel=0.09)
    assert counted["p95_ms"] == pytest.approx(2000, rel=0.09)


def test_a_week_can_be_asked_for_and_a_day_is_usual(world: World) -> None:
    config = world.subscribe()
    record(world, config, 167, 5)

    week = world.call("GET", path(config, "?hours=168")).json()["hours"]

    assert (len(week), week[0]["attempts"]) == (168, 1)
    assert len(world.call("GET", path(config)).json()["hours"]) == 24
    for hours in ("0", "169", "x"):
        assert world.call("GET", path(config, f"?hours={hours}")).status_code == 400


def test_configs_and_tenants_are_told_apart(world: World) -> None:
    mine, other = world.subscribe(), world.subscribe()
    theirs = world.subscribe(OTHER_TENANT)
    record(world, other, 0, 5)
    record(world, theirs, 0, 5)

    hours = world.call("GET", path(mine)).json()["hours"]

    assert sum(each["attempts"] for each in hours) == 0
    assert world.call("GET", path(theirs)).status_code == 404


@pytest.mark.parametrize("scope", [Scope.EVENTS_READ, Scope.METRICS_READ])
def test_whoever_reads_events_or_figures_may_ask(world: World, scope: Scope) -> None:
    config = world.subscribe(TENANT)

    assert world.call("GET", path(config), scope=scope).status_code == 200
