"""A config's `signature`: by a secret that both sides know, or by a key that all may verify."""

from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, WEBHOOK, World, create
from tests.unit.channels.verifying import verifies
from triggers_api.channels.signature import sign, signing_secrets
from triggers_api.push.channel import Push
from triggers_api.push.config import NotificationConfig
from triggers_api.push.key_sets import LOOK_UPS

V1A = {"signature": "v1a"}
BODY = b'{"id":"evt_1"}'
UNKNOWN = "cfg_ffffffffffffffffffffffff"


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def stored(world: World, config: dict[str, Any]) -> NotificationConfig:
    found = world.configs.find(TENANT, config["id"])
    assert found is not None
    return found


def headers_of_push(world: World, config: dict[str, Any]) -> dict[str, str]:
    """What a push to it that is made now is signed with."""
    known, at = stored(world, config), world.clock()
    push = Push(event=an_event(at), config=known, delivery_id="dlv_1", at=at)
    return sign(signing_secrets(push), "dlv_1", at, BODY)


def key_set(world: World, config_id: str, **headers: str) -> Any:
    return world.send("GET", f"/jwks/{config_id}", None, headers)


def test_a_public_key_is_shown_in_place_of_a_secret_and_verifies_what_is_pushed(
    world: World,
) -> None:
    created = create(world, **V1A)

    assert created["secret"] is None
    assert created["signature"] == "v1a"
    assert created["public_key"].startswith("whpk_")
    shown = world.call("GET", f"{CONFIGS}/{created['id']}").json()
    assert shown["public_key"] == created["public_key"]
    assert shown["secrets_set"] == ["secret"]
    headers = headers_of_push(world, created)
    assert headers["webhook-signature"].startswith("v1a,")
    assert verifies(created["public_key"], headers, BODY)
    assert not verifies(created["public_key"], headers, BODY + b" ")


def test_anybody_may_read_the_public_key_and_keep_it_for_a_while(world: World) -> None:
    created = create(world, **V1A)

    answer = key_set(world, created["id"])

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert key == stored(world, created).public_keys[0].as_jwk()
    again = key_set(world, created["id"], **{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert TENANT not in answer.text


@pytest.mark.parametrize("config_id", [UNKNOWN, "cfg_short", "%F0%9F%94%91", "a" * 64])
def test_a_key_set_that_is_not_there_is_not_found(world: World, config_id: str) -> None:
    answer = key_set(world, config_id)

    assert (answer.status_code, answer.json()["error"]) == (404, "config_not_found")


def test_a_config_that_signs_with_a_secret_has_no_key_set(world: World) -> None:
    created = create(world)

    assert created["public_key"] is None
    assert key_set(world, created["id"]).status_code == 404


def test_after_a_rotation_both_keys_sign_and_are_in_the_set_for_a_day(world: World) -> None:
    created = create(world, **V1A)

    rotated = world.call("POST", f"{CONFIGS}/{created['id']}/rotate-secret").json()

    assert rotated["secret"] is None
    assert rotated["public_key"] not in (None, created["public_key"])
    headers = headers_of_push(world, created)
    assert verifies(rotated["public_key"], headers, BODY)
    assert verifies(created["public_key"], headers, BODY)
    assert len(key_set(world, created["id"]).json()["keys"]) == 2

    world.clock.advance(seconds=86_400)
    headers = headers_of_push(world, created)
    assert verifies(rotated["public_key"], headers, BODY)
    assert not verifies(created["public_key"], headers, BODY)
    assert len(key_set(world, created["id"]).json()["keys"]) == 1


def test_who_goes_over_to_a_key_has_a_day_in_which_the_secret_signs_too(world: World) -> None:
    created = create(world)

    changed = world.call("PATCH", f"{CONFIGS}/{created['id']}", V1A).json()

    assert changed["secret"] is None
    headers = headers_of_push(world, created)
    kinds = [each.partition(",")[0] for each in headers["webhook-signature"].split()]
    assert kinds == ["v1a", "v1"]
    assert verifies(changed["public_key"], headers, BODY)
    assert verifies(created["secret"], headers, BODY)


def test_who_goes_back_to_a_secret_is_told_it_and_the_key_signs_for_a_day(world: World) -> None:
    created = create(world, **V1A)

    changed = world.call("PATCH", f"{CONFIGS}/{created['id']}", {"signature": None}).json()

    assert changed["signature"] == "v1"
    assert changed["public_key"] is None
    headers = headers_of_push(world, created)
    assert verifies(changed["secret"], headers, BODY)
    assert verifies(created["public_key"], headers, BODY)
    assert len(key_set(world, created["id"]).json()["keys"]) == 1
    world.clock.advance(seconds=86_400)
    assert key_set(world, created["id"]).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_of_something_else_keeps_the_key(world: World, method: str) -> None:
    created = create(world, **V1A)
    before = stored(world, created)
    changed = {"name": "New"} if method == "PATCH" else created | {"name": "New"}

    answer = world.call(method, f"{CONFIGS}/{created['id']}", changed)

    assert answer.status_code == 200
    assert answer.json()["public_key"] == created["public_key"]
    assert stored(world, created).secrets == before.secrets


def test_a_channel_that_signs_nothing_says_so(world: World) -> None:
    refused = world.call("POST", CONFIGS, WEBHOOK | V1A | {"channel": "slack", "name": ""})

    assert refused.status_code == 422
    told = {each["field"]: each["code"] for each in refused.json()["details"]}
    assert told["signature"] == "not_applicable"
    slack = create(world, channel="slack", signature="v1")
    assert (slack["signature"], slack["public_key"]) == (None, None)


def test_another_channel_has_neither_the_key_nor_its_set(world: World) -> None:
    created = create(world, **V1A)
    assert key_set(world, created["id"]).status_code == 200

    changed = world.call(
        "PATCH", f"{CONFIGS}/{created['id']}", {"channel": "slack", "settings": WEBHOOK["settings"]}
    )

    assert changed.status_code == 200
    assert changed.json()["signature"] is None
    world.clock.advance(seconds=61)
    assert key_set(world, created["id"]).status_code == 404


def test_the_key_set_of_a_deleted_config_is_gone_within_a_minute(world: World) -> None:
    created = create(world, **V1A)
    assert key_set(world, created["id"]).status_code == 200

    world.call("DELETE", f"{CONFIGS}/{created['id']}")

    world.clock.advance(seconds=61)
    assert key_set(world, created["id"]).status_code == 404


def test_a_flood_of_made_up_ids_reads_little_and_stops_nobody_else(world: World) -> None:
    created = create(world, **V1A)
    assert key_set(world, created["id"]).status_code == 200
    answers = [key_set(world, f"cfg_{number:024x}") for number in range(100)]

    statuses = [each.status_code for each in answers]
    assert statuses == [404] * (LOOK_UPS.burst - 1) + [429] * (101 - LOOK_UPS.burst)
    assert answers[-1].headers["retry-after"] == "1"
    assert key_set(world, created["id"]).status_code == 200


def test_another_tenant_may_read_the_key_set_and_nothing_else(world: World) -> None:
    created = create(world, **V1A)

    assert world.call("GET", f"{CONFIGS}/{created['id']}", tenant=OTHER_TENANT).status_code == 404
    assert key_set(world, created["id"]).status_code == 200
