"""A channel that is added in one place has every rule, and is in the contract.

It has a target called `endpoint` and a secret; nothing in the product knows either name.
"""

from typing import Any

import jsonschema_rs
import pytest
from httpx2 import Response

from tests.clock import FixedClock
from tests.contract.channels.cases import channels
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, World
from tests.unit.channels.pushes import a_http

OWN = "https://pager.example.com/v2"
PAGER: dict[str, Any] = {
    "name": "On call",
    "channel": "pager_duty",
    "settings": {"endpoint": OWN, "secret": "routing-key-1"},
}


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    http = a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"])
    return World(clock, fake_events, channels(http))


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.call("GET", "/openapi.json").json()
    return found


@pytest.fixture
def config(world: World) -> dict[str, Any]:
    answer = world.call("POST", CONFIGS, PAGER)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def put(world: World, config: dict[str, Any], settings: dict[str, Any]) -> Response:
    return world.call("PUT", f"{CONFIGS}/{config['id']}", PAGER | {"settings": settings})


def stored_secrets(world: World, config: dict[str, Any]) -> dict[str, str]:
    found = world.configs.find("acme", config["id"])
    assert found is not None
    return found.secrets


def codes(answer: Response) -> dict[str, str]:
    assert answer.status_code == 422
    return {detail["field"]: detail["code"] for detail in answer.json()["details"]}


def test_its_settings_are_answered_with_defaults_and_without_the_secret(
    config: dict[str, Any], world: World
) -> None:
    assert config["settings"] == {"endpoint": OWN, "urgency": "high"}
    assert config["secrets_set"] == ["secret"]
    assert config["secret"] is None, "it does not sign, so no signing secret was made"
    assert stored_secrets(world, config) == {"secret": "routing-key-1"}
    for path in (CONFIGS, f"{CONFIGS}/{config['id']}"):
        assert "routing-key-1" not in world.call("GET", path).text


def test_a_put_to_the_same_endpoint_keeps_the_secret(config: dict[str, Any], world: World) -> None:
    answer = put(world, config, {"endpoint": OWN, "urgency": "low"})

    assert answer.json()["settings"] == {"endpoint": OWN, "urgency": "low"}
    assert stored_secrets(world, config) == {"secret": "routing-key-1"}


@pytest.mark.parametrize(
    "moved", [{"endpoint": "https://evil.example.com/v2"}, {"endpoint": None}, {}]
)
def test_a_put_to_another_endpoint_asks_for_the_secret(
    moved: dict[str, Any], config: dict[str, Any], world: World
) -> None:
    """Leaving an endpoint of one's own out leads to the usual one."""
    assert codes(put(world, config, moved)) == {"settings.secret": "missing"}

    assert put(world, config, moved | {"secret": "another-key"}).status_code == 200
    assert stored_secrets(world, config) == {"secret": "another-key"}


def test_it_has_no_signing_secret_to_rotate(config: dict[str, Any], world: World) -> None:
    answer = world.call("POST", f"{CONFIGS}/{config['id']}/rotate-secret")

    assert (answer.status_code, answer.json()["error"]) == (409, "no_signing_secret")
    assert stored_secrets(world, config) == {"secret": "routing-key-1"}


def test_every_fault_is_told_at_once_and_quotes_nothing(world: World) -> None:
    settings = {"endpoint": "https://127.0.0.1/", "secret": "S3CR3T", "urgency": 1, "colour": "red"}
    answer = world.call("POST", CONFIGS, PAGER | {"settings": settings})

    assert codes(answer) == {
        "settings.colour": "unknown_field",
        "settings.endpoint": "not_public",
        "settings.secret": "invalid_value",
        "settings.urgency": "not_a_choice",
    }
    assert "S3CR3T" not in answer.text


def test_it_is_named_where_channels_are_named(world: World) -> None:
    answer = world.call("POST", CONFIGS, PAGER | {"channel": "pigeon"})

    (detail,) = answer.json()["details"]
    assert detail["code"] == "unknown_channel"
    assert "pager_duty" in detail["message"]


def test_the_contract_describes_it(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    properties = schemas["ConfigIn"]["properties"]
    schema = schemas["PagerDutySettings"]

    assert "pager_duty" in properties["channel"]["enum"]
    reference = {"$ref": "#/components/schemas/PagerDutySettings"}
    assert reference in properties["settings"]["anyOf"]
    assert schema["properties"]["endpoint"]["description"] == (
        "Of a pager of one's own. `https://events.pager.example.com/v2` if left out. "
        "Send the secrets again when you change it."
    )
    assert schema["properties"]["secret"] == {
        "type": ["string", "null"],
        "maxLength": 40,
        "pattern": "^(?:[a-z0-9-]+)$",
        "writeOnly": True,
        "description": "Secret, and needed. The routing key of an integration.",
        "examples": ["routing-key-1"],
    }
    assert jsonschema_rs.is_valid(schema, PAGER["settings"])
    assert not jsonschema_rs.is_valid(schema, PAGER["settings"] | {"colour": "red"})
