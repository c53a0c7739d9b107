"""`/notifications/configs`: what is refused, and how that is told."""

from dataclasses import replace
from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import (
    CONFIGS,
    WEBHOOK,
    World,
    codes,
    create,
    without_secret,
)


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def test_every_fault_is_told_at_once(world: World) -> None:
    body = {
        "name": "",
        "channel": "webhook",
        "settings": {"url": "http://localhost", "colour": "red"},
        "filters": {"event_types": ["**"], "min_severity": "loud", "connector": "amazon"},
        "message_template": "${nonsense}",
        "enabled": "yes",
        "id": "cfg_mine",
    }

    answer = world.call("POST", CONFIGS, body)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_config")
    assert codes(answer) == {
        "name": "string_too_short",
        "filters.event_types.0": "string_pattern_mismatch",
        "filters.min_severity": "enum",
        "filters.connector": "extra_forbidden",
        "enabled": "bool_type",
        "id": "extra_forbidden",
        "settings.url": "invalid_url",
        "settings.colour": "unknown_field",
        "message_template": "not_applicable",
    }
    assert world.call("GET", CONFIGS).json() == []


def test_filters_are_limited_as_a_whole(world: World) -> None:
    names = [f"{number:02}".rjust(128, "x") for number in range(50)]
    kept = {"connectors": names, "entity_types": names}
    too_many = kept | {"error_types": names}

    assert world.call("POST", CONFIGS, WEBHOOK | {"filters": kept}).status_code == 201
    answer = world.call("POST", CONFIGS, WEBHOOK | {"filters": too_many})

    assert (answer.status_code, codes(answer)) == (422, {"filters": "value_error"})


def test_faults_of_the_channel_alone_are_told_alike(world: World) -> None:
    created = create(world)
    body = WEBHOOK | {"settings": {"colour": "red"}, "message_template": "${nonsense}"}
    path = f"{CONFIGS}/{created['id']}"

    for answer in (world.call("POST", CONFIGS, body), world.call("PUT", path, body)):
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid_config")
        assert codes(answer) == {
            "settings.colour": "unknown_field",
            "settings.url": "missing",
            "message_template": "not_applicable",
        }
    assert world.call("GET", CONFIGS).json() == [without_secret(created)]


SLACK = WEBHOOK | {"channel": "slack"}


def test_a_template_is_for_channels_that_write_to_people(world: World) -> None:
    template = {"message_template": "${event_type}"}

    taken = world.call("POST", CONFIGS, SLACK | template)
    wrong = world.call("POST", CONFIGS, SLACK | {"message_template": "${nonsense}"})
    refused = world.call("POST", CONFIGS, WEBHOOK | template)

    assert taken.json()["message_template"] == "${event_type}"
    assert codes(wrong) == {"message_template": "invalid_template"}
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_config")
    (detail,) = refused.json()["details"]
    assert (detail["field"], detail["code"]) == ("message_template", "not_applicable")
    assert "'webhook' sends JSON for programs, which transform shapes" in detail["message"]


def test_one_that_a_webhook_holds_from_earlier_stops_no_other_change(world: World) -> None:
    path = f"{CONFIGS}/{create(world)['id']}"
    (known,) = world.configs.list_configs(TENANT)
    old = replace(known, message_template="${event_type}")
    assert world.configs.put(old, known_updated_at=known.updated_at)

    assert world.call("PATCH", path, {"enabled": False}).status_code == 200
    assert world.call("PATCH", path, {"message_template": "${event_type}!"}).status_code == 422
    assert world.call("PATCH", path, {"message_template": None}).json()["message_template"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CONFIGS, {"name": "Shop"}),
        (CONFIGS, WEBHOOK | {"settings": {"colour": "red"}}),
        ("/notifications/test", {}),
        ("/notifications/dead-letters/replay", {"dry_run": "yes"}),
        ("/events", {"payload": {}}),
    ],
)
def test_faults_are_told_in_the_words_of_every_other_route(
    world: World, path: str, body: object
) -> None:
    answer = world.call("POST", path, body).json()

    first, *others = answer["details"]
    more = f" And {len(others)} more: see details." if others else ""
    assert answer["message"] == (
        f"The body has a fault: {first['field']}: {first['message']}.{more}"
    )


@pytest.mark.parametrize(
    "path", [CONFIGS, "/notifications/test", "/notifications/dead-letters/replay"]
)
def test_a_body_that_is_no_object_is_shown_one(world: World, path: str) -> None:
    answer = world.call("POST", path, [])

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("The body is no JSON object. Send one such as {")


def test_an_unknown_channel_is_told_which_there_are(world: World) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK | {"channel": "pigeon"})

    assert answer.status_code == 422
    assert codes(answer) == {"channel": "unknown_channel"}
    assert "slack, webhook" in answer.json()["message"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " \t"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": None}, "name"),
        ({"channel": 7}, "channel"),
        ({"settings": []}, "settings"),
        ({"settings": None}, "settings"),
        ({"settings": {"url": "https://a.example/" + "x" * 20_000}}, "settings"),
        ({"filters": {"event_types": []}}, "filters.event_types"),
        ({"filters": {"event_types": ["a."]}}, "filters.event_types.0"),
        ({"filters": {"event_types": ["*.failed"]}}, "filters.event_types.0"),
        ({"filters": {"event_types": ["a"] * 51}}, "filters.event_types"),
        ({"filters": {"connectors": [7]}}, "filters.connectors.0"),
        ({"filters": {"connectors": [""]}}, "filters.connectors.0"),
        ({"message_template": "t" * 2001}, "message_template"),
        ({"message_template": "${nonsense}" * 200}, "message_template"),
        ({"message_template": 7}, "message_template"),
        ({"acknowledges": 1}, "acknowledges"),
        ({"enabled": None}, "enabled"),
        ({"retry_schedule_seconds": "5"}, "retry_schedule_seconds"),
        ({"retry_schedule_seconds": [1] * 21}, "retry_schedule_seconds"),
        ({"retry_schedule_seconds": [302_400, 302_401]}, "retry_schedule_seconds"),
        ({"retry_schedule_seconds": [1, 0]}, "retry_schedule_seconds.1"),
        ({"retry_schedule_seconds": [1.5]}, "retry_schedule_seconds.0"),
        ({"retry_schedule_seconds": [True]}, "retry_schedule_seconds.0"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": 31}, "timeout_seconds"),
        ({"timeout_seconds": "5"}, "timeout_seconds"),
        ({"rate_limit_per_second": 0}, "rate_limit_per_second"),
        ({"rate_limit_per_second": 1001}, "rate_limit_per_second"),
        ({"rate_limit_per_second": -(10**30)}, "rate_limit_per_second"),
    ],
)
def test_what_is_not_acceptable_names_its_field(
    world: World, fields: dict[str, Any], field: str
) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK | fields)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["details"]] == [field]


def test_a_body_that_is_no_object_is_refused(world: World) -> None:
    answer = world.call("POST", CONFIGS, [WEBHOOK])

    assert answer.status_code == 422
    assert list(codes(answer)) == ["body"]
