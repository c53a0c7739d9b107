"""`POST /notifications/preview`: what would be sent, by a config and an event, kept or not."""

import json
import socket
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, store_event
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, WEBHOOK, World, codes
from triggers_api.access.keys import Scope
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.channel import Channel
from triggers_api.push.settings_fields import read_settings

PREVIEW = "/notifications/preview"
EVENT = {
    "event_type": "invoice.failed",
    "severity": "error",
    "payload": {"total": 150, "message": "No stock."},
    "metadata": {"connector": "amazon"},
}
ROLE = "arn:aws:iam::111122223333:role/triggers-delivery-own"
AWS = "us-east-1:111122223333"
SETTINGS: dict[str, dict[str, Any]] = {
    "webhook": {
        "url": "https://hooks.example.com/in",
        "bearer_token": "t0ken-of-mine",
        "headers": {"X-Key": "k3y-of-mine"},
    },
    "slack": {"url": "https://hooks.slack.com/services/T0/B0/s3cret-of-mine"},
    "discord": {"url": "https://discord.com/api/webhooks/123456789012345678/s3cret-of-mine"},
    "telegram": {"bot_token": "123456:s3cret-of-mine-ABCDEFGHIJKLMNOPQRS", "chat_id": -100123},
    "email": {
        "host": "smtp.example.com",
        "username": "triggers",
        "password": "s3cret-of-mine",
        "from": "triggers@example.com",
        "to": ["ops@example.com"],
    },
    "sqs": {"role_arn": ROLE, "queue_arn": f"arn:aws:sqs:{AWS}:events"},
    "sns": {"role_arn": ROLE, "topic_arn": f"arn:aws:sns:{AWS}:events"},
    "eventbridge": {"role_arn": ROLE, "event_bus_arn": f"arn:aws:events:{AWS}:event-bus/own"},
}


@pytest.fixture
def channels() -> dict[str, Channel]:
    return dict(all_channels(GuardedHttp(allow_private=False), allow_private=False))


@pytest.fixture
def world(
    clock: FixedClock, fake_events: InMemoryEventStore, channels: dict[str, Channel]
) -> World:
    return World(clock, fake_events, channels)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def preview(world: World, **said: Any) -> dict[str, Any]:
    answer = world.call("POST", PREVIEW, said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kept_as(world: World, channel: Channel) -> str:
    shown, secrets = read_settings(channel.fields, SETTINGS[channel.name])
    return world.subscribe(channel=channel.name, settings=shown, secrets=secrets).id


@pytest.mark.parametrize("channel", SETTINGS)
def test_every_channel_shows_what_it_would_send_without_secrets_or_network(
    world: World, channel: str
) -> None:
    config = {"name": "x", "channel": channel, "settings": SETTINGS[channel]}

    shown = preview(world, config=config, event=EVENT)

    assert (shown["matches"], shown["filters"], shown["reason"]) == (True, [], None)
    assert "invoice.failed" in shown["request"]["body"]
    assert "of-mine" not in json.dumps(shown)


def test_a_webhook_names_the_headers_it_would_send(world: World) -> None:
    config = WEBHOOK | {"settings": SETTINGS["webhook"]}

    request = preview(world, config=config, event=EVENT)["request"]

    assert (request["method"], request["url"]) == ("POST", "https://hooks.example.com/in")
    assert request["headers"]["X-Key"] == request["headers"]["webhook-signature"] == "********"
    assert request["headers"]["Authorization"] == "Bearer ********"
    assert json.loads(request["body"])["payload"] == EVENT["payload"]


def test_the_body_is_what_transform_makes_of_the_event_number_for_number(world: World) -> None:
    token = world.token()
    text = json.dumps({"config": WEBHOOK | {"transform": "{'n': payload.n}"}})[:-1]
    body = text + ', "event": {"event_type": "a.b", "payload": {"n": 1.10}}}'

    answer = world._client.post(  # noqa: SLF001  # the number is the point
        PREVIEW,
        content=body.encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )

    assert answer.json()["request"]["body"] == '{"n":1.10}'


@pytest.mark.parametrize(
    ("fields", "filters", "reason"),
    [
        ({"filters": {"match": "payload.total > 200"}}, ["match"], "match: it is false"),
        ({"filters": {"match": "payload.x > 200"}}, ["match"], "match: no such key: x"),
        ({"filters": {"event_types": ["order.*"]}}, ["event_types"], None),
        ({"transform": "{'a': payload.x}"}, [], "transform: no such key: x"),
        (
            {"filters": {"match": "payload.total > 200"}, "transform": "{'a': payload.x}"},
            ["match"],
            "match: it is false; transform: no such key: x",
        ),
    ],
)
def test_it_says_what_leaves_the_event_out_and_what_fails(
    world: World, fields: dict[str, Any], filters: list[str], reason: str | None
) -> None:
    shown = preview(world, config=WEBHOOK | fields, event=EVENT)

    assert (shown["matches"], shown["filters"]) == (not filters, filters)
    assert shown["reason"] == reason
    assert (shown["request"] is None) == ("transform" in fields)


def test_a_config_and_an_event_that_are_kept_are_named_by_their_ids(
    world: World, fake_events: InMemoryEventStore
) -> None:
    config = world.subscribe()
    event = store_event(fake_events, world.clock())

    shown = preview(world, config_id=config.id, event_id=event.id)

    assert json.loads(shown["request"]["body"])["id"] == event.id


def test_a_kept_config_is_shown_as_a_change_would_make_it_with_the_secrets_that_stay(
    world: World, channels: dict[str, Channel]
) -> None:
    slack, hook = kept_as(world, channels["slack"]), kept_as(world, channels["webhook"])
    kept = world.configs.list_configs("acme")
    renamed = {"message_template": "Hello", "filters": {"event_types": ["order.*"]}}
    other_header = {"settings": {"headers": {"X-Key": "********", "X-Team": "a"}}}
    elsewhere = {"settings": {"url": "https://elsewhere.example.com/in", "headers": None}}

    chat = preview(world, config_id=slack, config=renamed, event=EVENT)
    more = preview(world, config_id=hook, config=other_header, event=EVENT)["request"]["headers"]
    moved = preview(world, config_id=hook, config=elsewhere, event=EVENT)["request"]
    same = preview(world, config_id=hook, config={}, event=EVENT)["request"]

    assert (chat["filters"], "Hello" in chat["request"]["body"]) == (["event_types"], True)
    assert {"X-Key", "X-Team", "Authorization"} <= more.keys()
    assert moved["url"] == "https://elsewhere.example.com/in"
    assert not {"X-Key", "Authorization"} & moved["headers"].keys()
    assert {"X-Key", "Authorization"} <= same["headers"].keys()
    assert "of-mine" not in json.dumps([chat, more, moved, same])
    assert world.configs.list_configs("acme") == kept


def test_what_a_patch_would_be_refused_for_a_preview_of_it_is_too(
    world: World, channels: dict[str, Channel]
) -> None:
    config = kept_as(world, channels["webhook"])

    for change in ({"name": None}, {"settings": {"url": None}}, {"nonsense": 1}):
        patched = world.call("PATCH", f"{CONFIGS}/{config}", change)
        said = {"config_id": config, "config": change, "event": EVENT}
        previewed = world.call("POST", PREVIEW, said)

        assert (previewed.status_code, codes(previewed)) == (422, codes(patched))


def test_a_key_that_may_not_read_events_reads_none_through_it(
    world: World, fake_events: InMemoryEventStore
) -> None:
    event = store_event(fake_events, world.clock())
    said = {"config": WEBHOOK, "event_id": event.id}

    refused = world.call("POST", PREVIEW, said, scope=Scope.NOTIFICATIONS_MANAGE)

    assert (refused.status_code, refused.json()["error"]) == (403, "missing_scope")


def test_a_key_that_may_not_read_events_counts_none_of_an_execution(world: World) -> None:
    """An invented event may name any execution, and texts for people tell its counts."""
    said = {"config": WEBHOOK, "event": EVENT | {"execution_id": "exec_42"}}

    refused = world.call("POST", PREVIEW, said, scope=Scope.NOTIFICATIONS_MANAGE)
    own = world.call("POST", PREVIEW, said | {"event": EVENT}, scope=Scope.NOTIFICATIONS_MANAGE)

    assert (refused.status_code, refused.json()["error"]) == (403, "missing_scope")
    assert own.status_code == 200


def test_another_tenants_config_and_event_are_not_found(
    world: World, fake_events: InMemoryEventStore
) -> None:
    config = world.subscribe()
    event = store_event(fake_events, world.clock())

    for said in (
        {"config_id": config.id, "event": EVENT},
        {"config_id": config.id, "config": {"name": "x"}, "event": EVENT},
        {"config": WEBHOOK, "event_id": event.id},
    ):
        assert world.call("POST", PREVIEW, said, tenant=OTHER_TENANT).status_code == 404


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "invalid_preview"),
        ({"event": EVENT}, "invalid_preview"),
        ({"config": WEBHOOK, "event_id": "evt_1", "event": EVENT}, "invalid_preview"),
        ({"config": WEBHOOK}, "invalid_preview"),
        ({"config": WEBHOOK | {"transform": "("}, "event": EVENT}, "invalid_config"),
        ({"config": {"name": "x"}, "event": EVENT}, "invalid_config"),
        ({"config": WEBHOOK, "event": {"payload": {}}}, "invalid_event"),
    ],
)
def test_what_is_wrong_is_refused_as_where_it_would_be_kept(
    world: World, said: dict[str, Any], code: str
) -> None:
    answer = world.call("POST", PREVIEW, said)

    assert (answer.status_code, answer.json()["error"]) == (422, code)
    assert world.configs.list_configs("acme") == ()
