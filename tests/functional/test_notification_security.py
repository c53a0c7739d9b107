"""Every route around notifications: who may call it, and that it never reaches another tenant.

The routes come from the OpenAPI document. A new one fails here until it has a case.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import WEBHOOK, World, keep_delivery
from triggers_api.access.keys import Scope

MANAGE = Scope.NOTIFICATIONS_MANAGE


@dataclass(frozen=True)
class Mine:
    """What a tenant has."""

    config: str
    delivery: str
    event: str


@dataclass(frozen=True)
class Case:
    """How to call a route with a tenant's things, and what others get who call it so."""

    method: str
    path: str
    body: Callable[[Mine], object] = lambda _: None
    scope: Scope = MANAGE
    success: int = 200
    of_others: int = 404
    or_scope: Scope | None = None  # another one that is enough


CASES = {
    "list_configs": Case("GET", "/notifications/configs", of_others=200),
    "list_channels": Case("GET", "/notifications/channels", of_others=200),
    "get_config_stats": Case(
        "GET",
        "/notifications/configs/{config}/stats",
        scope=Scope.EVENTS_READ,
        or_scope=Scope.METRICS_READ,
    ),
    "create_config": Case(
        "POST", "/notifications/configs", lambda _: WEBHOOK, success=201, of_others=201
    ),
    "get_config": Case("GET", "/notifications/configs/{config}"),
    "replace_config": Case("PUT", "/notifications/configs/{config}", lambda _: WEBHOOK),
    "update_config": Case("PATCH", "/notifications/configs/{config}", lambda _: {"name": "x"}),
    "replay_config": Case("POST", "/notifications/configs/{config}/replay", lambda _: {}),
    "delete_config": Case("DELETE", "/notifications/configs/{config}", success=204),
    "rotate_config_secret": Case("POST", "/notifications/configs/{config}/rotate-secret"),
    "send_test": Case("POST", "/notifications/test", lambda mine: {"config_id": mine.config}),
    "preview_config": Case(
        "POST",
        "/notifications/preview",
        lambda mine: {"config_id": mine.config, "event": {"event_type": "a.b", "payload": {}}},
    ),
    "list_deliveries": Case(
        "GET", "/notifications/history?config_id={config}&event_id={event}", of_others=200
    ),
    "replay_delivery": Case("POST", "/notifications/history/{delivery}/replay", success=202),
    "replay_dead_letters": Case(
        "POST",
        "/notifications/dead-letters/replay",
        lambda mine: {"config_id": mine.config},
        of_others=200,
    ),
    "replay_event": Case("POST", "/events/{event}/replay", scope=Scope.EVENTS_WRITE, success=202),
}
EACH = pytest.mark.parametrize("name", CASES)


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


@pytest.fixture
def mine(world: World) -> Mine:
    config = world.subscribe(name="private", secrets={"secret": "whsec_cHJpdmF0ZQ=="})
    delivery = keep_delivery(world, config, reason="private")
    return Mine(config.id, delivery.id, delivery.task.event_id)


def called(name: str, mine: Mine) -> tuple[str, str, object]:
    case = CASES[name]
    return case.method, case.path.format_map(vars(mine)), case.body(mine)


def state_of(world: World) -> tuple[Any, ...]:
    """Everything of the tenant, and whatever left the system."""
    configs = world.configs.list_configs(TENANT)
    return (
        [world.configs.find(TENANT, config.id) for config in configs],
        world.call("GET", "/notifications/history").json(),
        world.call("GET", "/events").json(),
        list(world.queue.tasks),
        list(world.channel.pushes),
    )


def test_every_route_of_the_document_has_a_case(world: World) -> None:
    paths = world.call("GET", "/openapi.json").json()["paths"]

    found = {
        operation["operationId"]
        for path, operations in paths.items()
        for operation in operations.values()
        if path.startswith("/notifications/") or path.endswith("/replay")
    }

    assert found == set(CASES)


@EACH
def test_without_a_live_key_nobody_enters(world: World, mine: Mine, name: str) -> None:
    before = state_of(world)
    dead = "Bearer trg_0123456789ab_" + "x" * 43

    for headers in ({}, {"Authorization": dead}):
        answer = world.send(*called(name, mine), headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert state_of(world) == before


@EACH
def test_a_route_asks_for_its_own_scope_and_no_other(world: World, mine: Mine, name: str) -> None:
    before = state_of(world)

    for scope in set(Scope) - {CASES[name].scope, CASES[name].or_scope, Scope.ADMIN}:
        answer = world.call(*called(name, mine), scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (403, "missing_scope")
    assert state_of(world) == before


@EACH
@pytest.mark.parametrize("has_all", [True, False])
def test_a_route_lets_in_who_has_its_scope_or_all(
    world: World,
    mine: Mine,
    name: str,
    has_all: bool,  # noqa: FBT001  # a case
) -> None:
    scope = Scope.ADMIN if has_all else CASES[name].scope

    assert world.call(*called(name, mine), scope=scope).status_code == CASES[name].success


@EACH
def test_another_tenants_things_are_not_found_and_stay_as_they_are(
    world: World, mine: Mine, name: str
) -> None:
    before = state_of(world)

    answer = world.call(*called(name, mine), tenant=OTHER_TENANT)

    assert answer.status_code == CASES[name].of_others
    assert state_of(world) == before
    if answer.status_code == 404:
        assert "private" not in answer.text
    else:
        assert mine.config not in answer.text
        assert mine.delivery not in answer.text


def test_another_tenant_may_have_the_same_and_gets_its_own_only(world: World, mine: Mine) -> None:
    theirs = world.subscribe(OTHER_TENANT)

    answer = world.call("GET", "/notifications/configs", tenant=OTHER_TENANT)

    assert [each["id"] for each in answer.json()] == [theirs.id]
    assert mine.config not in answer.text
