"""What is shown of a config's settings can be sent back, and goes nowhere else."""

from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.unit.channels.pushes import a_http
from triggers_api.access.held_time import HeldTime
from triggers_api.channels import all_channels
from triggers_api.channels.key_pairs import new_key_pair
from triggers_api.channels.templates import fault_of_template
from triggers_api.errors import InvalidContentError
from triggers_api.push.config import NotificationConfig
from triggers_api.push.filters import Filters
from triggers_api.push.subscribe import ConfigDraft, Subscribe

URL = "https://hooks.example.com/in"
SETTINGS: dict[str, dict[str, Any]] = {
    "webhook": {"url": URL, "headers": {"X-Api-Key": "s3cr3t"}, "bearer_token": "s3cr3t"},
    "slack": {"url": "https://hooks.slack.com/services/s3cr3t", "channel": "#ops"},
    "telegram": {"bot_token": "1:s3cr3ts3cr3ts3cr3ts3cr3t", "chat_id": -100},
    "email": {
        "host": "smtp.example.com",
        "username": "u",
        "password": "s3cr3t",
        "from": "a@example.com",
        "to": ["b@example.com"],
    },
}


@pytest.fixture
def looked_up() -> list[str]:
    """The hosts that a name server was asked for."""
    return []


@pytest.fixture
def subscribe(clock: FixedClock, looked_up: list[str]) -> Subscribe:
    def resolver(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["1.1.1.1"]

    http = a_http(allow_private=False, resolver=resolver)
    channels = all_channels(http, allow_private=False)
    return Subscribe(
        InMemoryConfigStore(),
        channels,
        clock,
        fault_of_template,
        HeldTime(InMemoryTokenBuckets(), clock),
        new_key_pair,
    )


def draft(channel: str, settings: dict[str, Any]) -> ConfigDraft:
    return ConfigDraft(
        name="a test",
        channel=channel,
        settings=settings,
        filters=Filters(),
        message_template=None,
        acknowledges=False,
        enabled=True,
    )


def created(subscribe: Subscribe, channel: str) -> NotificationConfig:
    return subscribe.create(TENANT, draft(channel, SETTINGS[channel]), at_most=None).config


@pytest.mark.parametrize("channel", SETTINGS)
def test_settings_that_are_sent_back_as_they_were_shown_change_nothing(
    channel: str, subscribe: Subscribe
) -> None:
    config = created(subscribe, channel)
    assert "s3cr3t" not in repr(config.settings)

    again = subscribe.replace(TENANT, config.id, draft(channel, config.settings)).config

    assert (again.settings, again.secrets) == (config.settings, config.secrets)


@pytest.mark.parametrize("channel", SETTINGS)
def test_settings_that_are_sent_again_as_they_were_given_keep_what_they_leave_out(
    channel: str, subscribe: Subscribe
) -> None:
    config = created(subscribe, channel)
    fields = all_channels(a_http(), allow_private=True)[channel].fields
    without = {
        name: value
        for name, value in SETTINGS[channel].items()
        if fields[name].is_target or name not in config.secrets
    }

    again = subscribe.replace(TENANT, config.id, draft(channel, without)).config

    assert again.secrets == config.secrets


@pytest.mark.parametrize(
    "url", ["https://evil.example/in", "https://hooks.example.com/in/other", f"{URL}?and=more"]
)
def test_another_url_gets_no_header_value_and_no_token(url: str, subscribe: Subscribe) -> None:
    config = created(subscribe, "webhook")

    again = subscribe.replace(TENANT, config.id, draft("webhook", {"url": url})).config

    assert again.secrets.keys() == {"secret"}
    assert "X-Api-Key" not in repr(again)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"url": "https://evil.example/in", "headers": {"X-Api-Key": "********"}},
        {"url": f"{URL}/other", "headers": {"x-api-key": "********", "X-B": "1"}},
    ],
)
def test_what_is_hidden_is_not_sent_elsewhere(
    elsewhere: dict[str, Any], subscribe: Subscribe
) -> None:
    config = created(subscribe, "webhook")

    with pytest.raises(InvalidContentError) as refused:
        subscribe.replace(TENANT, config.id, draft("webhook", elsewhere))

    assert [detail.code for detail in refused.value.details] == ["missing"]


@pytest.mark.parametrize(
    ("channel", "moved"),
    [
        ("webhook", {"url": "https://other.example/in"}),
        ("slack", {"url": "https://other.example/services/1"}),
        ("telegram", {"api_url": "https://other.example", "bot_token": f"2:{'a' * 20}"}),
        ("email", {"host": "other.example", "password": "another"}),
    ],
)
def test_a_changed_target_is_looked_up_once(
    channel: str, moved: dict[str, Any], subscribe: Subscribe, looked_up: list[str]
) -> None:
    config = created(subscribe, channel)
    looked_up.clear()

    subscribe.replace(TENANT, config.id, draft(channel, SETTINGS[channel] | moved))

    assert looked_up == ["other.example"]
