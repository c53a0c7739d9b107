import json
import re
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.channels.longest import MARKUP, the_longest_push
from tests.unit.channels.pushes import a_http, a_push
from tests.unit.channels.receivers import answer_of, answering
from tests.unit.channels.schemas import DISCORD
from triggers_api.channels.discord import MAX_DESCRIPTION, DiscordChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.suggestions import BY_ERROR_TYPE
from triggers_api.channels.texts import COLOURS
from triggers_api.errors import InvalidContentError
from triggers_api.events.event import Severity
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.settings_fields import read_settings

URL = "https://discord.com/api/webhooks/123456789012345678/s3cr3t"
MAX_TOTAL = 6000
OK = answer_of("200 OK", b'{"id": "1"}')


@pytest.fixture
def channel(http: GuardedHttp) -> DiscordChannel:
    return DiscordChannel(http)


@pytest.fixture
def strict_channel() -> DiscordChannel:
    return DiscordChannel(a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"]))


def refusal(status: str, code: int, message: str = "as it says", **more: object) -> bytes:
    return answer_of(status, json.dumps({"code": code, "message": message} | more).encode())


def answered(channel: DiscordChannel, answer: bytes) -> Receipt:
    with answering(answer) as receiver:
        return channel.send(a_push({}, {"url": receiver.url}))


def embed_of(push: Push) -> dict[str, Any]:
    """The one embed, after its message has been held against Discord's limits."""
    message = DiscordChannel(a_http()).message(push)
    jsonschema_rs.validate(DISCORD, message)
    embed: dict[str, Any]
    (embed,) = message["embeds"]
    fields = [each[part] for each in embed.get("fields", []) for part in ("name", "value")]
    texts = [embed.get("title", ""), embed.get("description", ""), *fields]
    texts.append(embed.get("footer", {}).get("text", ""))
    assert sum(len(text.encode("utf-16-le")) // 2 for text in texts) <= MAX_TOTAL
    return embed


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("template", [None, "${severity} ${message}"])
def test_the_message_is_as_discord_documents_it(severity: Severity, template: str | None) -> None:
    embed = embed_of(a_push(message_template=template, severity=severity))

    assert f"#{embed['color']:06x}" == COLOURS[severity]


def test_what_to_do_is_a_field() -> None:
    push = a_push(
        event_type="invoice.failed",
        metadata={"connector": "amazon", "error_type": "rate_limit"},
        payload=b'{"message":"429 from Amazon"}',
    )

    embed = embed_of(push)

    assert embed["description"] == "429 from Amazon"
    fields = {each["name"]: each for each in embed["fields"]}
    assert fields["Suggested action"]["value"] == BY_ERROR_TYPE["rate_limit"]
    assert fields["Where"] == {"name": "Where", "value": "amazon", "inline": True}


@pytest.mark.parametrize("template", [None, "${message}\n" * 100])
@pytest.mark.parametrize("said", ["😀", "_", MARKUP, "a"])
def test_even_the_longest_event_fits(said: str, template: str | None) -> None:
    embed = embed_of(the_longest_push(said, template=template))

    if template is not None:
        length = len(embed["description"].encode("utf-16-le")) // 2
        assert MAX_DESCRIPTION - 2 <= length <= MAX_DESCRIPTION
        assert embed["description"].endswith("…")


@given(st.text(st.sampled_from("a\\_<😀é\u0301 "), max_size=40), st.integers(1, 4))
def test_no_text_is_cut_within_a_character_or_an_escape(said: str, times: int) -> None:
    described = embed_of(the_longest_push(said * times, template="${message} " * 20))["description"]

    assert not re.search(r"(?<!\\)(\\\\)*\\(…|$)", described)
    assert described.encode()


@pytest.mark.parametrize("template", [None, "${connector} ${message}"])
def test_an_event_mentions_nobody_and_hides_no_link(
    template: str | None, channel: DiscordChannel
) -> None:
    push = a_push(
        event_type="a.failed",
        metadata={"connector": "<@&1>", "error_type": "||spoiler||"},
        payload=b'{"message":"[click](https://evil.example) @everyone **bold** <@1> `x` # h"}',
        message_template=template,
    )

    message = channel.message(push)

    assert message["allowed_mentions"] == {"parse": []}
    (embed,) = message["embeds"]
    embed.pop("footer", None)
    shown = " ".join(_texts_in(embed))
    assert re.findall(r"(?<!\\)[*_~`|<>#@\[\]]", shown) == []
    assert r"\[click\](https://evil.example) \@everyone \*\*bold\*\* \<\@1\>" in shown


def _texts_in(embed: dict[str, Any]) -> list[str]:
    fields = [each["value"] for each in embed.get("fields", [])]
    return [embed.get("title", ""), embed.get("description", ""), *fields]


def test_a_template_is_the_whole_message(channel: DiscordChannel) -> None:
    push = a_push(message_template="${event_type} arrived")

    assert channel.message(push)["embeds"] == [
        {"description": "order.fetched arrived", "color": 0x2EB886}
    ]


@pytest.mark.parametrize(
    ("settings", "query", "asked"),
    [
        ({}, "", "wait=true"),
        ({}, "?wait=false&thread_id=1", "wait=true&thread_id=1"),
        ({"thread_id": "123456789012345678"}, "", "wait=true&thread_id=123456789012345678"),
        ({"thread_id": "123456789012345678"}, "?thread_id=1", "thread_id=123456789012345678&wait=true"),
    ],
)  # fmt: skip
def test_discord_is_asked_whether_it_has_kept_the_message(
    settings: dict[str, Any], query: str, asked: str, channel: DiscordChannel
) -> None:
    with answering(OK) as receiver:
        assert channel.send(a_push(settings, {"url": receiver.url + query})).accepted

    assert receiver.requests[0].line == f"POST /in?{asked} HTTP/1.1"
    assert json.loads(receiver.requests[0].body)["embeds"]


@pytest.mark.parametrize(
    ("host", "path", "asked"),
    [
        ("discord.com", "/api/webhooks/1/s3cr3t", "/api/v10/webhooks/1/s3cr3t"),
        ("discordapp.com", "/api/webhooks/1/s3cr3t", "/api/v10/webhooks/1/s3cr3t"),
        ("ptb.discord.com", "/api/v6/webhooks/1/s3cr3t", "/api/v10/webhooks/1/s3cr3t"),
        ("canary.discord.com.", "/api/v9/webhooks/1/s3cr3t", "/api/v10/webhooks/1/s3cr3t"),
        ("discord.com", "/other/api/webhooks/1", "/other/api/webhooks/1"),
        ("relay.example.com", "/api/webhooks/1/s3cr3t", "/api/webhooks/1/s3cr3t"),
        ("notdiscord.com", "/api/webhooks/1/s3cr3t", "/api/webhooks/1/s3cr3t"),
        ("discord.com.example.com", "/api/webhooks/1/s", "/api/webhooks/1/s"),
    ],
)
def test_discord_is_asked_in_the_version_whose_waits_are_seconds(
    host: str, path: str, asked: str
) -> None:
    """The URL that Discord shows has none, and then waits are milliseconds."""
    channel = DiscordChannel(a_http(resolver=lambda _host, _port: ["127.0.0.1"]))
    with answering(OK) as receiver:
        url = f"http://{host}:{receiver.port}{path}"
        assert channel.send(a_push({}, {"url": url})).accepted

    assert receiver.requests[0].line == f"POST {asked}?wait=true HTTP/1.1"


def test_the_name_is_the_configs(channel: DiscordChannel) -> None:
    assert channel.message(a_push({"username": "Ops"}))["username"] == "Ops"
    assert "username" not in channel.message(a_push({"username": None}))


@pytest.mark.parametrize(
    ("answer", "error", "meaning"),
    [
        (refusal("404 N", 10015), "404 Not Found: Unknown Webhook", Refusal.GONE),
        (refusal("401 N", 50027), "401 Unauthorized: Invalid webhook token provided", Refusal.GONE),
        (refusal("404 N", 10003), "404 Not Found: Unknown Channel", Refusal.FINAL),
        (refusal("400 N", 50035), "400 Bad Request: Invalid form body", Refusal.FINAL),
        (refusal("400 N", 99999), "400 Bad Request", Refusal.NOT_THIS_EVENT),
        (refusal("404 N", 0), "404 Not Found", Refusal.DOWN),
        (refusal("500 N", 10015), "500 Internal Server Error", Refusal.DOWN),
        (answer_of("404 N", b"<html>"), "404 Not Found", Refusal.DOWN),
        (answer_of("403 N", b'{"code": true}'), "403 Forbidden", Refusal.DOWN),
        (answer_of("403 N", b'{"code": [10015]}'), "403 Forbidden", Refusal.DOWN),
        (answer_of("403 N", b"[10015]"), "403 Forbidden", Refusal.DOWN),
    ],
)
def test_only_what_discord_documents_is_final_and_only_its_word_is_told(
    answer: bytes, error: str, meaning: Refusal, channel: DiscordChannel
) -> None:
    receipt = answered(channel, answer)

    assert receipt.in_words == f"Discord answered {error}."
    assert receipt.refusal is meaning


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (answer_of("429 N", b'{"retry_after": 0.529, "global": false}'), 1),
        (answer_of("429 N", b'{"retry_after": 1.5}', Retry_After="3"), 3),
        (answer_of("429 N", b"error code: 1015", Retry_After="600"), 600),
        (answer_of("429 N", b'{"retry_after": "soon"}'), None),
    ],
)
def test_discords_limit_is_kept(answer: bytes, wait: int | None, channel: DiscordChannel) -> None:
    receipt = answered(channel, answer)

    assert receipt.refusal is Refusal.TOO_FAST
    assert receipt.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_the_url_is_a_secret(strict_channel: DiscordChannel) -> None:
    settings = {"thread_id": "123456789012345678", "username": "Ops bot"}

    shown, secrets = read_settings(strict_channel.fields, settings | {"url": URL})

    assert shown == settings
    assert secrets == {"url": URL}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "url"),
        ({"url": "https://127.0.0.1/s3cr3t"}, "url"),
        ({"url": URL, "thread_id": 123456789012345678}, "thread_id"),
        ({"url": URL, "thread_id": "1&wait=false"}, "thread_id"),
        ({"url": URL, "username": "My Discord"}, "username"),
        ({"url": URL, "username": "x" * 81}, "username"),
        ({"url": URL, "avatar_url": URL}, "avatar_url"),
    ],
)
def test_wrong_settings_are_named(
    settings: dict[str, Any], field: str, strict_channel: DiscordChannel
) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(strict_channel.fields, settings)

    assert [detail.field for detail in refused.value.details] == [f"settings.{field}"]
    assert "s3cr3t" not in str(refused.value.details)
