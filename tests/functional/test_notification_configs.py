"""`/notifications/configs`: what a subscriber sees of its configs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import (
    CONFIGS,
    WEBHOOK,
    World,
    create,
    with_token,
    without_secret,
)
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig

MAX_CONFIGS = int(ENVIRONMENT["CONFIGS_PER_TENANT"])


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def test_a_config_is_answered_whole_with_its_signing_secret(world: World) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK)

    created = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"configs/{created['id']}"
    assert created.pop("secret").startswith("whsec_")
    assert created.pop("id").startswith("cfg_")
    assert created == {
        "name": "Failures to the ticket system",
        "channel": "webhook",
        "settings": {"url": "https://hooks.example.com/triggers", "color": None},
        "secrets_set": ["secret"],
        "filters": {
            "event_types": None,
            "min_severity": None,
            "connectors": None,
            "entity_types": None,
            "error_types": None,
            "match": None,
        },
        "message_template": None,
        "transform": None,
        "acknowledges": False,
        "enabled": True,
        "retry_schedule_seconds": None,
        "timeout_seconds": None,
        "rate_limit_per_second": None,
        "signature": "v1",
        "public_key": None,
        "disabled_reason": None,
        "circuit": {"state": "closed", "failures": 0, "opened_at": None, "held_until": None},
        "created_at": "2026-11-21T22:55:18.123456Z",
        "updated_at": "2026-11-21T22:55:18.123456Z",
    }


def test_the_location_leads_to_the_config(world: World) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK)

    found = world.call("GET", f"/notifications/{answer.headers['location']}")

    assert found.status_code == 200
    assert found.json() == without_secret(answer.json())


def test_what_was_sent_comes_back(world: World) -> None:
    filters = {
        "event_types": ["invoice.*", "order.failed"],
        "min_severity": "error",
        "connectors": ["amazon"],
        "entity_types": ["order"],
        "error_types": ["rate_limit"],
        "match": "payload.total > 100",
    }

    created = create(
        world, filters=filters, transform="{'id': id}", acknowledges=True, enabled=False
    )

    assert created["filters"] == filters
    assert created["transform"] == "{'id': id}"
    assert (created["acknowledges"], created["enabled"]) == (True, False)


def test_a_time_is_spelled_in_one_way_even_on_the_full_second(
    world: World, clock: FixedClock
) -> None:
    clock.at = clock.at.replace(microsecond=0)

    assert create(world)["created_at"] == "2026-11-21T22:55:18.000000Z"


def test_the_list_holds_all_oldest_first(world: World, clock: FixedClock) -> None:
    created = []
    for _ in range(3):
        created.append(create(world))
        clock.advance(seconds=1)

    answer = world.call("GET", CONFIGS)

    assert answer.json() == [without_secret(each) for each in created]
    assert "link" not in answer.headers


def test_there_are_at_most_so_many(world: World) -> None:
    for _ in range(MAX_CONFIGS):
        world.subscribe()

    answer = world.call("POST", CONFIGS, WEBHOOK)

    assert (answer.status_code, answer.json()["error"]) == (409, "limit_reached")
    assert len(world.call("GET", CONFIGS).json()) == MAX_CONFIGS


@pytest.mark.parametrize("there", [MAX_CONFIGS - 1, MAX_CONFIGS - 3])
def test_there_are_never_more_however_many_are_made_at_the_same_moment(
    world: World, there: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five requests find room before any of them has written its config."""
    for _ in range(there):
        world.subscribe()
    put = world.configs.put
    statuses: list[int] = []

    def others_first(config: NotificationConfig, **known: Any) -> bool:
        if len(statuses) < 4:
            statuses.append(0)
            mine = len(statuses) - 1
            statuses[mine] = world.call("POST", CONFIGS, WEBHOOK).status_code
        return put(config, **known)

    monkeypatch.setattr(world.configs, "put", others_first)
    statuses.append(world.call("POST", CONFIGS, WEBHOOK).status_code)

    assert statuses.count(201) == MAX_CONFIGS - there
    assert len(world.configs.list_configs(TENANT)) == MAX_CONFIGS


def test_one_that_its_receiver_ended_gives_way_to_a_new_one(
    world: World, clock: FixedClock
) -> None:
    configs = [world.subscribe() for _ in range(MAX_CONFIGS)]
    ended = [configs[7], configs[3]]
    for config in ended:
        clock.advance(seconds=1)
        world.configs.disable(config, "the receiver answered 410 Gone")

    answers = [world.call("POST", CONFIGS, WEBHOOK) for _ in range(3)]

    assert [each.status_code for each in answers] == [201, 201, 409]
    left = {each["id"] for each in world.call("GET", CONFIGS).json()}
    assert len(left) == MAX_CONFIGS
    assert {each.id for each in configs} - left == {each.id for each in ended}


def test_one_that_its_owner_disabled_gives_way_to_nobody(world: World) -> None:
    for _ in range(MAX_CONFIGS):
        world.subscribe(enabled=False)

    assert world.call("POST", CONFIGS, WEBHOOK).status_code == 409


def test_the_one_that_was_ended_first_gives_way_first(world: World, clock: FixedClock) -> None:
    configs = [world.subscribe() for _ in range(MAX_CONFIGS)]
    for config in (configs[7], configs[3]):
        clock.advance(seconds=1)
        world.configs.put(
            replace(config, enabled=False, disabled_reason="gone", updated_at=clock()),
            known_updated_at=config.updated_at,
        )

    world.call("POST", CONFIGS, WEBHOOK)

    left = {each["id"] for each in world.call("GET", CONFIGS).json()}
    assert {each.id for each in configs} - left == {configs[7].id}


def test_a_put_of_what_was_answered_changes_nothing(world: World, clock: FixedClock) -> None:
    created = create(world, settings=with_token("t0ken"), filters={"connectors": ["amazon"]})
    at = f"{CONFIGS}/{created['id']}"
    read = world.call("GET", at).json()
    clock.advance(seconds=1)

    for answered in (created, read):
        saved = world.call("PUT", at, answered)
        assert saved.status_code == 200
        assert saved.json()["secret"] is None
        assert without(saved.json(), "secret", "updated_at") == without(read, "updated_at")
    kept = world.configs.find("acme", created["id"])
    assert kept is not None
    assert kept.secrets["bearer_token"] == "t0ken"


def test_a_post_of_what_was_answered_makes_another_of_its_kind(world: World) -> None:
    read = world.call("GET", f"{CONFIGS}/{create(world)['id']}").json()

    copied = world.call("POST", CONFIGS, read)

    own = ("id", "created_at", "updated_at", "secret")
    assert copied.status_code == 201
    assert copied.json()["id"] != read["id"]
    assert without(copied.json(), *own) == without(read, *own)


def test_an_id_that_is_none_of_ours_is_refused(world: World) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK | {"id": "mine"})

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_config")


def without(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in names}


def test_a_put_replaces_all_but_the_secrets_it_leaves_out(world: World, clock: FixedClock) -> None:
    created = create(
        world,
        settings=with_token("t0ken", color="red"),
        filters={"connectors": ["amazon"]},
        enabled=False,
    )
    clock.advance(seconds=1)

    answer = world.call("PUT", f"{CONFIGS}/{created['id']}", WEBHOOK | {"name": "New"})

    replaced = answer.json()
    assert answer.status_code == 200
    assert replaced == created | {
        "name": "New",
        "settings": {"url": "https://hooks.example.com/triggers", "color": None},
        "filters": dict.fromkeys(created["filters"]),
        "enabled": True,
        "secret": None,
        "updated_at": "2026-11-21T22:55:19.123456Z",
    }
    stored = world.configs.find("acme", created["id"])
    assert stored is not None
    assert stored.secrets == {"bearer_token": "t0ken", "secret": created["secret"]}


def test_enabling_again_forgets_why_it_was_disabled(world: World) -> None:
    created = create(world)
    path = f"{CONFIGS}/{created['id']}"
    kept = world.configs.find("acme", created["id"])
    assert kept is not None
    assert world.configs.disable(kept, "the receiver answered 410 Gone")

    found = world.call("GET", path).json()
    still = world.call("PUT", path, WEBHOOK | {"enabled": False}).json()
    again = world.call("PUT", path, WEBHOOK).json()

    for each in (found, still):
        assert not each["enabled"]
        assert each["disabled_reason"] == "the receiver answered 410 Gone"
    assert again["enabled"]
    assert again["disabled_reason"] is None
    disabled_by_hand = world.call("PUT", path, WEBHOOK | {"enabled": False}).json()
    assert disabled_by_hand["disabled_reason"] is None


def test_the_circuit_is_told_and_survives_a_put_for_the_same_receiver(
    world: World, clock: FixedClock
) -> None:
    path = f"{CONFIGS}/{create(world)['id']}"
    hold(world, path, CircuitBreaker(failures=10, opened_at=clock()))
    told = {
        "state": "open",
        "failures": 10,
        "opened_at": "2026-11-21T22:55:18.123456Z",
        "held_until": "2026-11-21T22:57:18.123456Z",
    }

    assert world.call("PUT", path, WEBHOOK | {"name": "New"}).json()["circuit"] == told
    assert world.call("GET", CONFIGS).json()[0]["circuit"] == told
    clock.advance(seconds=120)
    half_open = told | {"state": "half_open", "held_until": None}
    assert world.call("GET", CONFIGS).json()[0]["circuit"] == half_open


def test_a_pause_that_a_receiver_asked_for_is_told(world: World, clock: FixedClock) -> None:
    path = f"{CONFIGS}/{create(world)['id']}"
    hold(world, path, slowed_for_a_day(clock))

    circuit = world.call("GET", path).json()["circuit"]

    assert (circuit["state"], circuit["held_until"]) == ("closed", "2026-11-22T22:55:18.123456Z")
    clock.advance(days=1)
    assert world.call("GET", path).json()["circuit"]["held_until"] is None


ANOTHER_RECEIVER = {
    "another url": WEBHOOK | {"settings": {"url": "https://other.example.com/"}},
    "another setting": WEBHOOK | {"settings": with_token("t0ken", color="red")},
    "another secret": WEBHOOK | {"settings": with_token("another")},
    "another channel": WEBHOOK | {"channel": "slack"},
}


@pytest.mark.parametrize("body", ANOTHER_RECEIVER.values(), ids=ANOTHER_RECEIVER)
@pytest.mark.parametrize("state", ["open", "slowed"])
def test_what_one_receiver_did_holds_no_other(
    world: World, clock: FixedClock, body: dict[str, Any], state: str
) -> None:
    path = f"{CONFIGS}/{create(world, settings=with_token('t0ken'))['id']}"
    opened = CircuitBreaker(failures=10, opened_at=clock())
    hold(world, path, opened if state == "open" else slowed_for_a_day(clock))
    clock.advance(seconds=1)

    answer = world.call("PUT", path, body)

    assert answer.status_code == 200, answer.text
    anew = {"state": "closed", "failures": 0, "opened_at": None, "held_until": None}
    assert answer.json()["circuit"] == anew
    assert world.call("GET", path).json()["circuit"] == anew


def test_one_that_is_enabled_again_begins_anew(world: World, clock: FixedClock) -> None:
    path = f"{CONFIGS}/{create(world)['id']}"
    hold(world, path, slowed_for_a_day(clock))
    clock.advance(seconds=1)

    disabled = world.call("PUT", path, WEBHOOK | {"enabled": False}).json()
    clock.advance(seconds=1)
    enabled = world.call("PUT", path, WEBHOOK).json()

    assert disabled["circuit"]["held_until"] is not None
    assert enabled["circuit"]["held_until"] is None


def slowed_for_a_day(clock: FixedClock) -> CircuitBreaker:
    day = timedelta(days=1)
    return CircuitBreaker().was_too_fast(clock(), sent_at=None, wait=day, tickets=0)


def hold(world: World, path: str, breaker: CircuitBreaker) -> None:
    config_id = path.rpartition("/")[2]
    assert world.configs.change_breaker("acme", config_id, CircuitBreaker(), breaker)


def test_a_deleted_config_is_gone(world: World) -> None:
    path = f"{CONFIGS}/{create(world)['id']}"

    assert world.call("DELETE", path).status_code == 204
    for method, body in (("DELETE", None), ("GET", None), ("PUT", WEBHOOK), ("PUT", {})):
        answer = world.call(method, path, body)
        assert (answer.status_code, answer.json()["error"]) == (404, "config_not_found")
    assert world.call("GET", CONFIGS).json() == []


def test_a_put_that_races_with_a_delete_does_not_bring_the_config_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = world.subscribe()
    put = world.configs.put

    def put_too_late(*args: Any, **named: Any) -> bool:
        world.configs.delete("acme", config.id)
        return put(*args, **named)

    monkeypatch.setattr(world.configs, "put", put_too_late)

    assert world.call("PUT", f"{CONFIGS}/{config.id}", WEBHOOK).status_code == 404
    assert world.call("GET", CONFIGS).json() == []


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("PUT", "/{id}"), ("POST", "/{id}/rotate-secret")]
)
def test_a_tenant_that_gets_in_its_own_way_is_told_so_and_is_no_error_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    config = world.subscribe()
    monkeypatch.setattr(world.configs, "put", lambda *_, **__: False)

    answer = world.call(method, CONFIGS + path.format(id=config.id), WEBHOOK)

    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_at_once")
    assert answer.headers["retry-after"] == "1"
