"""`PATCH /notifications/configs/{config_id}`: some members change, all others stay."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import (
    CONFIGS,
    World,
    codes,
    create,
    with_token,
    without_secret,
)
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def patch(world: World, config: dict[str, Any], change: object) -> dict[str, Any]:
    answer = world.call("PATCH", f"{CONFIGS}/{config['id']}", change)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def stored(world: World, config: dict[str, Any]) -> NotificationConfig:
    found = world.configs.find(TENANT, config["id"])
    assert found is not None
    return found


ALL_OF_ITS_OWN: dict[str, Any] = {
    "settings": with_token("a-token", color="red"),
    "filters": {"event_types": ["invoice.*"], "min_severity": "error"},
    "transform": "{'order': payload.order_id}",
    "acknowledges": True,
    "retry_schedule_seconds": [5, 60],
    "timeout_seconds": 3,
    "rate_limit_per_second": 20,
}


@pytest.mark.parametrize(
    ("change", "then"),
    [
        ({}, {}),
        ({"enabled": False}, {"enabled": False}),
        ({"name": " New "}, {"name": "New"}),
        ({"acknowledges": None}, {"acknowledges": False}),
        ({"transform": None}, {"transform": None}),
        ({"enabled": None}, {"enabled": True}),
        ({"retry_schedule_seconds": None}, {"retry_schedule_seconds": None}),
        ({"retry_schedule_seconds": []}, {"retry_schedule_seconds": []}),
        ({"timeout_seconds": 30}, {"timeout_seconds": 30}),
        ({"rate_limit_per_second": None}, {"rate_limit_per_second": None}),
    ],
)
def test_what_is_left_out_stays_and_null_brings_back_the_default(
    world: World, change: dict[str, Any], then: dict[str, Any]
) -> None:
    config = create(world, **ALL_OF_ITS_OWN)
    world.clock.advance(seconds=1)

    changed = patch(world, config, change)

    before = without_secret(config) | {"updated_at": changed["updated_at"]}
    assert without_secret(changed) == before | then
    assert changed["updated_at"] > config["updated_at"]
    assert changed["secret"] is None
    assert stored(world, config).secrets == {"bearer_token": "a-token", "secret": config["secret"]}


def test_filters_change_member_by_member(world: World) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    changed = patch(world, config, {"filters": {"min_severity": None, "connectors": ["amazon"]}})

    assert changed["filters"] == {
        "event_types": ["invoice.*"],
        "min_severity": None,
        "connectors": ["amazon"],
        "entity_types": None,
        "error_types": None,
        "match": None,
    }
    assert set(patch(world, config, {"filters": None})["filters"].values()) == {None}


def test_settings_change_member_by_member_and_secrets_stay(world: World) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    changed = patch(world, config, {"settings": {"color": "blue"}})

    assert changed["settings"] == {"url": "https://hooks.example.com/triggers", "color": "blue"}
    assert stored(world, config).secrets["bearer_token"] == "a-token"


def test_null_removes_a_secret(world: World) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    changed = patch(world, config, {"settings": {"bearer_token": None, "color": None}})

    assert changed["settings"] == {"url": "https://hooks.example.com/triggers", "color": None}
    assert changed["secrets_set"] == ["secret"]


def test_no_secret_follows_a_target_that_a_patch_moves(world: World) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    changed = patch(world, config, {"settings": {"url": "https://elsewhere.example.com"}})

    assert changed["secrets_set"] == ["secret"]
    assert changed["settings"]["color"] == "red"


def test_another_channel_begins_with_the_settings_that_come_with_it(world: World) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    refused = world.call("PATCH", f"{CONFIGS}/{config['id']}", {"channel": "slack"})
    change = {"channel": "slack", "settings": {"url": "https://slack.example.com"}}
    changed = patch(world, config, change | {"transform": None})

    assert codes(refused) == {"settings.url": "missing", "transform": "not_applicable"}
    assert changed["settings"] == {"url": "https://slack.example.com", "color": None}
    assert changed["secrets_set"] == []


def test_every_fault_is_told_at_once_and_nothing_changes(world: World) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    answer = world.call(
        "PATCH",
        f"{CONFIGS}/{config['id']}",
        {
            "name": None,
            "enabled": "yes",
            "color": "red",
            "settings": {"url": "http://hooks.example.com", "pace": 3},
            "filters": {"min_severity": "loud"},
            "message_template": "${nonsense}",
        },
    )

    assert answer.status_code == 422
    assert codes(answer) == {
        "name": "missing",
        "enabled": "bool_type",
        "color": "extra_forbidden",
        "settings.url": "invalid_url",
        "settings.pace": "unknown_field",
        "filters.min_severity": "enum",
        "message_template": "not_applicable",
    }
    assert world.call("GET", f"{CONFIGS}/{config['id']}").json() == without_secret(config)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"enabeld": None}, "enabeld"),
        ({"filters": {"event_type": None}}, "filters.event_type"),
        ({"settings": {"bearer": None}}, "settings.bearer"),
    ],
)
def test_a_member_that_there_is_not_is_refused_though_it_is_null(
    world: World, change: dict[str, Any], field: str
) -> None:
    config = create(world, **ALL_OF_ITS_OWN)

    answer = world.call("PATCH", f"{CONFIGS}/{config['id']}", change)

    assert (answer.status_code, list(codes(answer))) == (422, [field])


@pytest.mark.parametrize("body", [[], None, "x", 1])
def test_what_is_no_object_is_refused(world: World, body: object) -> None:
    config = create(world)

    assert world.call("PATCH", f"{CONFIGS}/{config['id']}", body).status_code in {400, 422}


@pytest.mark.parametrize(
    "change",
    [
        {"settings": "x"},
        {"settings": None},
        {"channel": None},
        {"channel": ["webhook"]},
        {"channel": "telegraph"},
        {"filters": []},
        {"name": "n" * 10_000},
        {"id": "mine"},
    ],
)
def test_what_a_put_would_refuse_is_refused(world: World, change: dict[str, Any]) -> None:
    config = create(world)

    answer = world.call("PATCH", f"{CONFIGS}/{config['id']}", change)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_config")


def test_a_config_that_was_read_can_be_sent_back(world: World) -> None:
    config = without_secret(create(world, **ALL_OF_ITS_OWN))

    assert without_secret(patch(world, config, config)) == config


def test_a_merge_patch_by_its_own_media_type_is_taken(world: World) -> None:
    config = create(world)
    headers = {
        "Authorization": f"Bearer {world.token()}",
        "Content-Type": "application/merge-patch+json",
    }

    answer = world.send("PATCH", f"{CONFIGS}/{config['id']}", {"enabled": False}, headers)

    assert (answer.status_code, answer.json()["enabled"]) == (200, False)


def test_enabling_forgets_why_it_was_disabled_and_closes_the_breaker(world: World) -> None:
    config = world.subscribe()
    opened = CircuitBreaker(failures=10, opened_at=world.clock())
    assert world.configs.change_breaker(TENANT, config.id, config.breaker, opened)
    assert world.configs.disable(config, "the receiver answered 410 Gone")
    shown = {"id": config.id}

    kept = patch(world, shown, {"name": "Other"})
    enabled = patch(world, shown, {"enabled": True})

    assert kept["disabled_reason"] == "the receiver answered 410 Gone"
    assert kept["circuit"]["state"] == "open"
    assert (enabled["enabled"], enabled["disabled_reason"]) == (True, None)
    assert enabled["circuit"]["state"] == "closed"


def test_a_change_by_somebody_else_meanwhile_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = create(world)
    at = f"{CONFIGS}/{config['id']}"
    once: list[Callable[[], object]] = [lambda: world.call("PATCH", at, {"acknowledges": True})]
    put = world.configs.put

    def after_another(*args: Any, **known: Any) -> bool:
        if once:
            world.clock.advance(seconds=1)
            once.pop()()
        return put(*args, **known)

    monkeypatch.setattr(world.configs, "put", after_another)
    changed = patch(world, config, {"enabled": False})

    assert (changed["acknowledges"], changed["enabled"]) == (True, False)


def test_settings_that_nobody_touches_are_not_judged_again(world: World) -> None:
    config = world.subscribe(settings={"url": "http://was.once.taken.example.com"})

    assert patch(world, {"id": config.id}, {"enabled": False})["settings"] == config.settings


def test_a_config_of_another_tenant_is_not_found(world: World) -> None:
    theirs = world.subscribe("globex")

    answer = world.call("PATCH", f"{CONFIGS}/{theirs.id}", {"enabled": False})

    assert (answer.status_code, answer.json()["error"]) == (404, "config_not_found")
    assert world.configs.find("globex", theirs.id) == theirs
