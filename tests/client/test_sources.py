"""Facts about `client.sources` and `triggers sources`."""

from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import Triggers, json_lines
from tests.client.scripted_api import Said, ScriptedApi, problem
from triggers_client import Client, ServerError

SOURCE: dict[str, Any] = {
    "id": "src_0f3a5c7e9b1d2f4a6c8e0b1d",
    "name": "Pull requests",
    "provider": "github",
    "settings": {},
    "secrets_set": ["secret"],
    "event_type": None,
    "enabled": True,
    "previous_secret_until": None,
    "arrived": 3,
    "refused": 1,
    "last_arrived_at": None,
    "last_refused_at": None,
    "last_refusal": "wrong_signature",
    "created_at": "2026-11-21T22:55:18.123456Z",
    "updated_at": "2026-11-21T22:55:18.123456Z",
}
URL = "https://api.example.com/in/acme.0f3a.x"
REFUSED = {
    "at": "2026-11-21T22:56:01.250000Z",
    "reason": "wrong_signature",
    "message": "The signature fits none.",
    "method": "POST",
    "headers": {"content-type": "application/json"},
}
AT = f"/base/sources/{SOURCE['id']}"


@pytest.fixture
def client(api: ScriptedApi) -> Client:
    return Client(api.url, "trg_test")


def test_each_method_calls_its_route(api: ScriptedApi, client: Client) -> None:
    one = SOURCE | {"url": URL}
    api.play(
        Said(200, [SOURCE]),
        Said(200, []),
        Said(200, one),
        Said(200, one),
        Said(200, one),
        Said(200, [REFUSED]),
        Said(204, None),
    )

    assert client.sources.list_all() == [SOURCE]
    assert client.sources.providers() == []
    assert client.sources.get(SOURCE["id"])["url"] == URL
    client.sources.replace(SOURCE["id"], {"name": "x", "provider": "github"})
    client.sources.update(SOURCE["id"], {"enabled": False})
    assert client.sources.refusals(SOURCE["id"]) == [REFUSED]
    client.sources.delete(SOURCE["id"])

    assert [(each.method, each.path) for each in api.asked] == [
        ("GET", "/base/sources"),
        ("GET", "/base/sources/providers"),
        ("GET", AT),
        ("PUT", AT),
        ("PATCH", AT),
        ("GET", f"{AT}/refusals"),
        ("DELETE", AT),
    ]


def test_a_source_is_not_made_twice_after_a_lost_answer(api: ScriptedApi, client: Client) -> None:
    api.play(problem(500, "internal_error"))

    with pytest.raises(ServerError):
        client.sources.create({"name": "x", "provider": "github"})

    assert len(api.asked) == 1


def test_a_secret_that_is_given_may_be_sent_again(api: ScriptedApi, client: Client) -> None:
    rotated = {"id": SOURCE["id"], "secret": None, "previous_secret_until": None}
    api.play(problem(500, "internal_error"), Said(200, rotated))

    assert client.sources.rotate_secret(SOURCE["id"], "the-next-secret") == rotated

    assert [each.body for each in api.asked] == [{"secret": "the-next-secret"}] * 2


def test_a_made_secret_is_shown_with_the_url(api: ScriptedApi, triggers: Triggers) -> None:
    api.play(Said(201, SOURCE | {"url": URL, "secret": "made-here"}))

    done = triggers("sources", "create", "--name", "Pull requests", "--provider", "github")

    assert json_lines(done.out) == [SOURCE | {"url": URL, "secret": "made-here"}]
    assert api.asked[0].body == {"name": "Pull requests", "provider": "github"}


def test_commands_say_what_was_asked_for(api: ScriptedApi, triggers: Triggers) -> None:
    rotated = {"id": SOURCE["id"], "secret": "new", "previous_secret_until": None}
    api.play(
        Said(200, [SOURCE]),
        Said(200, SOURCE | {"url": URL}),
        Said(200, SOURCE | {"url": URL}),
        Said(200, rotated),
        Said(200, [REFUSED]),
        Said(204, None),
    )
    source = SOURCE["id"]

    assert json_lines(triggers("sources", "list").out) == [SOURCE]
    assert json_lines(triggers("sources", "get", source).out)[0]["url"] == URL
    triggers("sources", "update", source, "--disable", "--settings", '{"a": 1}')
    assert json_lines(triggers("sources", "rotate", source).out) == [rotated]
    assert json_lines(triggers("sources", "refusals", source).out) == [REFUSED]
    assert triggers("sources", "delete", source, "--yes").code == 0

    assert api.asked[2].body == {"enabled": False, "settings": {"a": 1}}


@pytest.mark.parametrize("given", ["-", "@secret", "from the sender"])
@pytest.mark.parametrize("line", ["create --name x --provider stripe", f"rotate {SOURCE['id']}"])
def test_a_secret_need_not_be_an_argument(
    api: ScriptedApi, triggers: Triggers, line: str, given: str
) -> None:
    Path("secret").write_text("from the sender\r\n")
    api.play(Said(200, SOURCE | {"url": URL, "secret": None}))

    ended = triggers("sources", *line.split(), "--secret", given, stdin="from the sender\n")

    assert ended.code == 0
    assert api.asked[0].body["secret"] == "from the sender"


@pytest.mark.parametrize("given", ["-", "@secret", "@missing", ""])
@pytest.mark.parametrize("line", ["create --name x --provider stripe", f"rotate {SOURCE['id']}"])
def test_a_secret_that_is_missing_is_not_made_instead(
    api: ScriptedApi, triggers: Triggers, line: str, given: str
) -> None:
    Path("secret").write_text("\n")

    assert triggers("sources", *line.split(), "--secret", given).code == 2
    assert api.asked == []


def test_a_change_of_nothing_is_a_wrong_command_line(triggers: Triggers) -> None:
    assert triggers("sources", "update", SOURCE["id"]).code == 2
