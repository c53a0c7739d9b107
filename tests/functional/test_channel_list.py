"""`GET /notifications/channels`: what forms are made of."""

from typing import Any

import pytest

from tests.clock import FixedClock
from tests.contract.channels.cases import NAMES, channels
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, World
from tests.unit.channels.pushes import a_http

CHANNELS = "/notifications/channels"
PROGRAMS = {"webhook", "sqs", "sns", "eventbridge", "pager_duty"}  # the last is a test's own


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    http = a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"])
    return World(clock, fake_events, channels(http))


def test_every_channel_is_there_one_that_was_just_added_too(world: World) -> None:
    told: list[dict[str, Any]] = world.call("GET", CHANNELS).json()

    assert [each["channel"] for each in told] == list(NAMES)
    assert {each["channel"] for each in told if each["has_signing_secret"]} == {"webhook"}
    assert {each["channel"] for each in told if each["sends_json"]} == PROGRAMS
    assert all(each["description"].endswith(".") for each in told)


@pytest.mark.parametrize("name", NAMES)
def test_a_config_made_of_the_examples_of_a_form_is_taken(world: World, name: str) -> None:
    (told,) = (each for each in world.call("GET", CHANNELS).json() if each["channel"] == name)
    filled_in = {each: told["examples"][0] for each, told in told["settings"]["properties"].items()}

    answer = world.call("POST", CONFIGS, {"name": "x", "channel": name, "settings": filled_in})

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_that_sends_json_and_no_other_takes_a_transform(world: World, name: str) -> None:
    (told,) = (each for each in world.call("GET", CHANNELS).json() if each["channel"] == name)
    filled_in = {each: told["examples"][0] for each, told in told["settings"]["properties"].items()}
    config = {"name": "x", "channel": name, "settings": filled_in, "transform": "event_type"}

    answer = world.call("POST", CONFIGS, config)

    assert (answer.status_code == 201) == told["sends_json"], answer.text


def test_who_has_the_list_already_gets_none(world: World) -> None:
    first = world.call("GET", CHANNELS)
    bearer = {"Authorization": f"Bearer {world.token()}"}

    again = world.send("GET", CHANNELS, None, bearer | {"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
