"""Facts about `client.keys` and `triggers keys`."""

import json
from typing import Any

import pytest

from tests.client.command_line import Triggers, json_lines
from tests.client.scripted_api import Said, ScriptedApi, problem
from triggers_client import Client, ConflictError, ScopeError, ServerError

KEY: dict[str, Any] = {
    "key_id": "kwmq2yba66dz",
    "name": "order sync",
    "scopes": ["inbox"],
    "state": "live",
    "created_at": "2026-11-21T22:55:18.123456Z",
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
    "overlap_ends_at": None,
    "allowed_ips": None,
}
TOKEN = f"trg_kwmq2yba66dz_{'x' * 43}"


@pytest.fixture
def client(api: ScriptedApi) -> Client:
    return Client(api.url, "trg_test")


def test_a_key_is_made_with_what_was_asked_for(api: ScriptedApi, client: Client) -> None:
    api.play(Said(201, KEY | {"api_key": TOKEN}))

    issued = client.keys.create("order sync", ["inbox"], allowed_ips=["203.0.113.0/24"])

    assert issued["api_key"] == TOKEN
    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/base/keys")
    assert asked.body == {
        "name": "order sync",
        "scopes": ["inbox"],
        "expires_at": None,
        "allowed_ips": ["203.0.113.0/24"],
    }


def test_a_key_is_rotated_and_revoked_by_its_id(api: ScriptedApi, client: Client) -> None:
    api.play(Said(200, KEY | {"api_key": TOKEN}), Said(204, None))

    client.keys.rotate("kwmq2yba66dz", overlap_seconds=60)
    client.keys.revoke("a/b")

    rotated, revoked = api.asked
    assert (rotated.path, rotated.body) == (
        "/base/keys/kwmq2yba66dz/rotate",
        {"overlap_seconds": 60},
    )
    assert (revoked.method, revoked.path) == ("DELETE", "/base/keys/a%2Fb")


def test_what_makes_a_secret_is_not_sent_twice(api: ScriptedApi, client: Client) -> None:
    api.script = lambda _asked: problem(500, "internal_error")

    with pytest.raises(ServerError):
        client.keys.create("x", ["inbox"])
    with pytest.raises(ServerError):
        client.keys.rotate("x")

    assert [asked.path for asked in api.asked] == ["/base/keys", "/base/keys/x/rotate"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (409, "last_admin_key", ConflictError),
        (409, "limit_reached", ConflictError),
        (403, "key_limited", ScopeError),
        (403, "address_not_allowed", ScopeError),
    ],
)
def test_a_refusal_is_known_by_its_code(
    api: ScriptedApi, client: Client, status: int, code: str, error: type[Exception]
) -> None:
    api.play(problem(status, code))

    with pytest.raises(error) as refusal:
        client.keys.revoke("kwmq2yba66dz")

    assert getattr(refusal.value, "code", None) == code


def test_the_command_tells_a_new_secret_once_on_standard_output(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.script = lambda _asked: Said(201, KEY | {"api_key": TOKEN})

    ended = triggers("keys", "create", "--name", "order sync", "--scope", "inbox")

    assert json.loads(ended.out)["api_key"] == TOKEN
    assert TOKEN not in ended.err
    assert api.asked[0].body["scopes"] == ["inbox"]
    assert api.asked[0].body["allowed_ips"] is None


def test_the_command_lists_rotates_and_revokes(api: ScriptedApi, triggers: Triggers) -> None:
    api.play(Said(200, [KEY, KEY]), Said(200, KEY | {"api_key": TOKEN}), Said(204, None))

    assert json_lines(triggers("keys", "list").out) == [KEY, KEY]
    assert triggers("keys", "rotate", "kwmq2yba66dz", "--overlap-seconds", "60").code == 0
    assert triggers("keys", "revoke", "kwmq2yba66dz").code == 0
    assert [asked.method for asked in api.asked] == ["GET", "POST", "DELETE"]


def test_an_overlap_beyond_a_day_is_refused_by_the_command(triggers: Triggers) -> None:
    assert triggers("keys", "rotate", "x", "--overlap-seconds", "86401").code == 2
