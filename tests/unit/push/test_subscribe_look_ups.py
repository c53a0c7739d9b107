"""Saving a config may wait for a name server, which may be the tenant's own: once, and bounded."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.unit.channels.pushes import a_http
from triggers_api.access.held_time import HeldTime
from triggers_api.channels import all_channels
from triggers_api.channels.key_pairs import new_key_pair
from triggers_api.errors import InvalidContentError, TooManyAtOnceError
from triggers_api.push.filters import Filters
from triggers_api.push.subscribe import ConfigDraft, Subscribe

URL = "https://hooks.example.com/in"
SETTINGS: dict[str, dict[str, Any]] = {
    "webhook": {"url": URL},
    "slack": {"url": URL},
    "telegram": {"api_url": URL, "bot_token": f"123456:{'a' * 35}", "chat_id": 1},
    "email": {"host": "smtp.example.com", "from": "a@example.com", "to": ["b@example.com"]},
}


class Bench:
    """Subscribing, with a name server that notes what it is asked and says one address."""

    def __init__(self, clock: FixedClock) -> None:
        self.looked_up: list[str] = []
        self.address = "1.1.1.1"
        self.held_time = HeldTime(InMemoryTokenBuckets(), clock)
        self.configs = InMemoryConfigStore()
        http = a_http(allow_private=False, resolver=self._resolve)
        channels = all_channels(http, allow_private=False)
        self.subscribe = Subscribe(
            self.configs, channels, clock, lambda _template: None, self.held_time, new_key_pair
        )

    def _resolve(self, host: str, _port: int) -> list[str]:
        self.looked_up.append(host)
        return [self.address]


@pytest.fixture
def bench(clock: FixedClock) -> Bench:
    return Bench(clock)


def draft(channel: str, **settings: Any) -> ConfigDraft:
    return ConfigDraft(
        name="a test",
        channel=channel,
        settings=SETTINGS[channel] | settings,
        filters=Filters(),
        message_template=None,
        acknowledges=False,
        enabled=True,
    )


@pytest.mark.parametrize("channel", SETTINGS)
def test_a_name_is_looked_up_once_for_a_config(bench: Bench, channel: str) -> None:
    saved = bench.subscribe.create(TENANT, draft(channel), at_most=None)
    assert len(bench.looked_up) == 1

    bench.subscribe.replace(TENANT, saved.config.id, draft(channel))
    assert len(bench.looked_up) == 2


@pytest.mark.parametrize("channel", SETTINGS)
def test_a_body_that_is_refused_anyway_waits_for_no_name_server(bench: Bench, channel: str) -> None:
    with pytest.raises(InvalidContentError):
        bench.subscribe.create(TENANT, draft(channel, colour="red"), at_most=None)
    bench.subscribe.faults(
        TENANT, None, {"channel": channel, "settings": SETTINGS[channel], "enabled": 1}
    )

    assert bench.looked_up == []


@pytest.mark.parametrize("channel", SETTINGS)
def test_however_often_a_write_is_tried_the_name_is_looked_up_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    saved = bench.subscribe.create(TENANT, draft(channel), at_most=None)
    bench.looked_up.clear()
    monkeypatch.setattr(bench.configs, "put", lambda *_, **__: False)

    with pytest.raises(TooManyAtOnceError):
        bench.subscribe.replace(TENANT, saved.config.id, draft(channel))

    assert len(bench.looked_up) == 1


@pytest.mark.parametrize("channel", SETTINGS)
def test_whoever_waits_for_two_names_already_waits_for_no_third(bench: Bench, channel: str) -> None:
    with ExitStack() as waiting:
        for _ in range(2):
            waiting.enter_context(bench.held_time.hold(TENANT))

        bench.subscribe.create(TENANT, draft(channel), at_most=None)
        assert bench.looked_up == []
        bench.subscribe.create(OTHER_TENANT, draft(channel), at_most=None)
        assert len(bench.looked_up) == 1


@pytest.mark.parametrize("channel", SETTINGS)
def test_a_name_that_leads_inside_is_refused(bench: Bench, channel: str) -> None:
    bench.address = "10.0.0.1"

    with pytest.raises(InvalidContentError) as raised:
        bench.subscribe.create(TENANT, draft(channel), at_most=None)

    assert [each.code for each in raised.value.details] == ["not_public"]
    assert bench.subscribe.list_configs(TENANT) == ()
