"""The document's schemas of channels' settings, held against what the channels themselves take."""

from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from tests.fakes.push import InMemoryConfigStore
from triggers_api.api.contract.channel_settings import SETTINGS
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.errors import InvalidContentError
from triggers_api.push.filters import Filters
from triggers_api.push.subscribe import ConfigDraft, Subscribe
from triggers_api.timestamps import now

CHANNELS = all_channels(GuardedHttp(allow_private=True), allow_private=True)
TAKEN: dict[str, dict[str, Any]] = {
    "webhook": {
        "url": "http://127.0.0.1/a",
        "method": "PUT",
        "headers": {"X-A": "b"},
        "bearer_token": "t0ken",
    },
    "slack": {"url": "http://127.0.0.1/a", "channel": "#ops", "username": "Triggers"},
    "telegram": {
        "bot_token": "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
        "chat_id": -1001234567890,
        "api_url": "http://127.0.0.1",
    },
    "email": {
        "transport": "smtp",
        "host": "127.0.0.1",
        "port": 2525,
        "security": "none",
        "username": "triggers",
        "password": "an-example",
        "from": "a@example.com",
        "to": ["b@example.com"],
    },
}
EACH = pytest.mark.parametrize("name", TAKEN)


def faults_of(name: str, settings: dict[str, Any]) -> set[str]:
    try:
        CHANNELS[name].check(settings)
    except InvalidContentError as error:
        return {f"{detail.field} {detail.code}" for detail in error.details}
    return set()


def test_each_channel_has_a_schema() -> None:
    assert SETTINGS.keys() == CHANNELS.keys() == TAKEN.keys()


@EACH
def test_what_a_channel_takes_fits_its_schema(name: str) -> None:
    settings = TAKEN[name]

    assert faults_of(name, settings) == set()
    assert jsonschema_rs.is_valid(SETTINGS[name], settings)
    assert set(settings) == set(SETTINGS[name]["properties"]), "each setting is tried here"


@EACH
def test_what_a_channel_answers_it_takes_again(name: str) -> None:
    subscribe = Subscribe(InMemoryConfigStore(), CHANNELS, now, lambda _template: None)
    draft = ConfigDraft(
        name="A",
        channel=name,
        settings=TAKEN[name],
        filters=Filters(),
        message_template=None,
        acknowledges=False,
        enabled=True,
    )
    kept = subscribe.create("acme", draft).config

    again = subscribe.replace("acme", kept.id, replace(draft, settings=kept.settings)).config

    assert (again.settings, again.secrets) == (kept.settings, kept.secrets)


@EACH
def test_a_setting_that_the_schema_does_not_know_is_none(name: str) -> None:
    settings = TAKEN[name] | {"colour": "red"}

    assert faults_of(name, settings) == {"settings.colour unknown_field"}
    assert not jsonschema_rs.is_valid(SETTINGS[name], settings)


@EACH
def test_what_the_schema_requires_the_channel_requires(name: str) -> None:
    for required in SETTINGS[name].get("required", ()):
        without = {key: value for key, value in TAKEN[name].items() if key != required}

        assert faults_of(name, without) == {f"settings.{required} missing"}


@EACH
def test_what_has_another_type_is_refused_by_both(name: str) -> None:
    for setting in TAKEN[name]:
        settings = TAKEN[name] | {setting: 1.5}

        assert faults_of(name, settings), setting
        assert not jsonschema_rs.is_valid(SETTINGS[name], settings), setting
