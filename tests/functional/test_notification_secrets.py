"""`/notifications/configs`: secrets go in, and never come out."""

from typing import Any

import pytest

from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import (
    CONFIGS,
    WEBHOOK,
    World,
    create,
    with_token,
)


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def test_secrets_are_named_but_never_shown_again(world: World) -> None:
    created = create(world, settings=with_token("t0ken"))
    secret = created["secret"]
    path = f"{CONFIGS}/{created['id']}"

    answers = [
        world.call("GET", path),
        world.call("GET", CONFIGS),
        world.call("PUT", path, WEBHOOK),
        world.call("DELETE", path),
    ]

    assert answers[0].json()["secrets_set"] == ["bearer_token", "secret"]
    assert answers[1].json()[0]["secrets_set"] == ["bearer_token", "secret"]
    assert all("t0ken" not in each.text and secret not in each.text for each in answers)


def test_a_channel_that_signs_nothing_gets_no_secret(world: World) -> None:
    created = create(world, channel="slack")

    assert created["secret"] is None
    assert created["secrets_set"] == []


def test_a_put_replaces_a_secret_it_names_and_removes_one_that_is_null(world: World) -> None:
    created = create(world, settings=with_token("t0ken"))
    path = f"{CONFIGS}/{created['id']}"

    world.call("PUT", path, WEBHOOK | {"settings": with_token("another")})
    stored = world.configs.find("acme", created["id"])
    assert stored is not None
    assert stored.secrets["bearer_token"] == "another"

    answer = world.call("PUT", path, WEBHOOK | {"settings": with_token(None)})
    assert answer.json()["secrets_set"] == ["secret"]


def test_another_target_takes_no_secrets_over(world: World) -> None:
    """Who may change a config may not have its secrets sent to a place of their own."""
    created = create(world, settings=with_token("t0ken"))
    elsewhere = WEBHOOK | {"settings": {"url": "https://elsewhere.example/hook"}}

    answer = world.call("PUT", f"{CONFIGS}/{created['id']}", elsewhere)

    assert answer.json()["secrets_set"] == ["secret"]


def test_another_channel_takes_no_secrets_over(world: World) -> None:
    created = create(world, settings=with_token("t0ken"))
    path = f"{CONFIGS}/{created['id']}"

    as_slack = world.call("PUT", path, WEBHOOK | {"channel": "slack"}).json()
    as_webhook = world.call("PUT", path, WEBHOOK).json()

    assert (as_slack["channel"], as_slack["secrets_set"]) == ("slack", [])
    assert as_webhook["secret"] not in (None, created["secret"])


def test_a_rotated_secret_is_told_once_and_the_old_one_signs_for_a_day(
    world: World, clock: FixedClock
) -> None:
    created = create(world, settings=with_token("t0ken"))

    answer = world.call("POST", f"{CONFIGS}/{created['id']}/rotate-secret")

    rotated = answer.json()
    assert answer.status_code == 200
    assert rotated == {
        "id": created["id"],
        "secret": rotated["secret"],
        "public_key": None,
        "previous_secret_until": "2026-11-22T22:55:18.123456Z",
    }
    stored = world.configs.find("acme", created["id"])
    assert stored is not None
    assert stored.secrets == {
        "bearer_token": "t0ken",
        "secret": rotated["secret"],
        "previous_secret": created["secret"],
        "previous_secret_until": "2026-11-22T22:55:18.123456Z",
    }
    assert stored.updated_at == clock()
    shown = world.call("GET", f"{CONFIGS}/{created['id']}").json()
    assert shown["secrets_set"] == ["bearer_token", "secret"]


def test_a_put_during_a_rotation_leaves_both_secrets_as_they_are(world: World) -> None:
    created = create(world)
    path = f"{CONFIGS}/{created['id']}"
    world.call("POST", f"{path}/rotate-secret")
    before = world.configs.find("acme", created["id"])
    assert before is not None

    world.call("PUT", path, WEBHOOK | {"name": "New"})

    after = world.configs.find("acme", created["id"])
    assert after is not None
    assert after.secrets == before.secrets


def test_only_what_signs_has_a_secret_to_rotate(world: World) -> None:
    created = create(world, channel="slack")

    answer = world.call("POST", f"{CONFIGS}/{created['id']}/rotate-secret")

    assert (answer.status_code, answer.json()["error"]) == (409, "no_signing_secret")


def test_a_put_that_races_with_a_rotation_keeps_the_new_secret(
    world: World, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = world.subscribe()
    put = world.configs.put
    others = ["a rotation"]

    def put_too_late(*args: Any, **named: Any) -> bool:
        if others:
            others.pop()
            clock.advance(seconds=1)
            world.call("POST", f"{CONFIGS}/{config.id}/rotate-secret")
        return put(*args, **named)

    monkeypatch.setattr(world.configs, "put", put_too_late)

    answer = world.call("PUT", f"{CONFIGS}/{config.id}", WEBHOOK | {"name": "New"})

    stored = world.configs.find("acme", config.id)
    assert answer.status_code == 200
    assert stored is not None
    assert stored.name == "New"
    assert stored.secrets["previous_secret"] == config.secrets["secret"]


def test_a_secret_is_not_repeated_in_an_error(world: World) -> None:
    answer = world.call("POST", CONFIGS, {"settings": with_token("t0ken", url=["t0ken"])})

    assert answer.status_code == 422
    assert "t0ken" not in answer.text
