import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.channels.longest import MARKUP, the_longest_push
from tests.unit.channels.pushes import a_http, a_push
from tests.unit.channels.receivers import answer_of, answering
from tests.unit.channels.schemas import TEAMS
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.suggestions import BY_ERROR_TYPE
from triggers_api.channels.teams import MAX_MESSAGE_BYTES, TeamsChannel
from triggers_api.errors import InvalidContentError
from triggers_api.events.event import Severity
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.settings_fields import read_settings

URL = "https://prod-00.westeurope.logic.azure.com:443/workflows/1/triggers/manual?sig=s3cr3t"


@pytest.fixture
def channel(http: GuardedHttp) -> TeamsChannel:
    return TeamsChannel(http)


@pytest.fixture
def strict_channel() -> TeamsChannel:
    return TeamsChannel(a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"]))


def answered(channel: TeamsChannel, answer: bytes) -> Receipt:
    with answering(answer) as receiver:
        return channel.send(a_push({}, {"url": receiver.url}))


def card_of(push: Push) -> dict[str, Any]:
    """The card, after its message has been held against Teams' limit, however that counts."""
    message = TeamsChannel(a_http()).message(push)
    jsonschema_rs.validate(TEAMS, message)
    sent = json.dumps(message, ensure_ascii=False)
    for encoding in ("utf-8", "utf-16-le"):
        assert len(sent.encode(encoding)) <= MAX_MESSAGE_BYTES
    card: dict[str, Any] = message["attachments"][0]["content"]
    return card


def lines_of(push: Push) -> list[str]:
    (container,) = card_of(push)["body"]
    return ["".join(run["text"] for run in block["inlines"]) for block in container["items"]]


@pytest.mark.parametrize(
    ("severity", "style"),
    [
        (Severity.INFO, "good"),
        (Severity.WARNING, "warning"),
        (Severity.ERROR, "attention"),
        (Severity.CRITICAL, "attention"),
    ],
)
@pytest.mark.parametrize("template", [None, "${severity} ${message}"])
def test_the_card_has_the_severitys_style(
    severity: Severity, style: str, template: str | None
) -> None:
    (container,) = card_of(a_push(message_template=template, severity=severity))["body"]

    assert container["style"] == style


def test_the_card_says_what_happened_where_and_what_to_do() -> None:
    push = a_push(
        event_type="invoice.failed",
        metadata={"connector": "amazon", "error_type": "rate_limit"},
        payload=b'{"message":"429 from Amazon"}',
    )

    lines = lines_of(push)

    assert lines[:4] == [
        "[KONOZY] Amazon invoice failed",
        "429 from Amazon",
        "Severity: info",
        "Where: amazon",
    ]
    assert lines[-1] == f"Suggested action: {BY_ERROR_TYPE['rate_limit']}"


def test_a_template_is_the_whole_message_line_by_line() -> None:
    push = a_push(message_template="${event_type} arrived\n\n  **now**")

    assert lines_of(push) == ["order.fetched arrived", " ", "  **now**"]


@pytest.mark.parametrize("template", [None, "**${connector}** ${message}"])
def test_nothing_of_an_event_stands_where_markdown_is_read(template: str | None) -> None:
    """Text runs show what they are given; only of these and of the fallback there is text."""
    push = the_longest_push(MARKUP, template=template)

    card = card_of(push)

    (container,) = card["body"]
    assert {block["type"] for block in container["items"]} == {"RichTextBlock"}
    assert {run["type"] for block in container["items"] for run in block["inlines"]} == {"TextRun"}
    assert MARKUP in " ".join(lines_of(push))
    assert "entities" not in card["msteams"], "so that nobody is mentioned"


@pytest.mark.parametrize(
    "template", [None, "${message}" * 100, "${message}\n" * 100, "\n" * 1999 + "."]
)
@pytest.mark.parametrize("said", ["😀", '"', MARKUP, "日"])
def test_even_the_longest_event_fits(said: str, template: str | None) -> None:
    assert lines_of(the_longest_push(said, template=template))


def test_what_does_not_fit_shows() -> None:
    assert lines_of(the_longest_push("😀", template="${message}\n" * 100))[-1] == "…"


@given(st.text(st.sampled_from('a"\\😀日\u2028 '), max_size=40), st.integers(1, 4))
def test_no_text_makes_a_message_that_is_too_long(said: str, times: int) -> None:
    assert lines_of(the_longest_push(said * times, template="${message}\n${connector}" * 60))


def test_teams_gets_the_card(channel: TeamsChannel) -> None:
    with answering(answer_of("202 Accepted")) as receiver:
        receipt = channel.send(
            a_push({}, {"url": receiver.url}, payload='{"message":"ü"}'.encode())
        )

    assert receipt == Receipt(status_code=202)
    assert receiver.requests[0].headers["content-type"] == "application/json"
    assert "ü".encode() in receiver.requests[0].body


FAILED = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error"


@pytest.mark.parametrize(
    ("answer", "error", "meaning"),
    [
        (
            answer_of("200 OK", f"{FAILED} 429 with ContextId tcid=0,server=DB3".encode()),
            "429 Too Many Requests",
            Refusal.TOO_FAST,
        ),
        (
            answer_of("200 OK", f"{FAILED} 413 with ContextId tcid=0".encode()),
            "413 Request Entity Too Large",
            Refusal.NOT_THIS_EVENT,
        ),
        (
            answer_of("200 OK", b"Webhook message delivery failed, somehow"),
            "502 Bad Gateway",
            Refusal.DOWN,
        ),
        (
            answer_of("404 N", b'{"error":{"code":"WorkflowNotFound","message":"s3cr3t"}}'),
            "404 Not Found: WorkflowNotFound",
            Refusal.DOWN,
        ),
        (
            answer_of("401 N", b'{"error":{"code":"DirectApiAuthorizationRequired"}}'),
            "401 Unauthorized: DirectApiAuthorizationRequired",
            Refusal.DOWN,
        ),
        (
            answer_of("400 N", b'{"error":{"code":"TriggerInputSchemaMismatch"}}'),
            "400 Bad Request: TriggerInputSchemaMismatch",
            Refusal.NOT_THIS_EVENT,
        ),
        (answer_of("502 N", b'{"error":{"code":"a b"}}'), "502 Bad Gateway", Refusal.DOWN),
        (answer_of("502 N", b'{"error":"NoResponse"}'), "502 Bad Gateway", Refusal.DOWN),
        (answer_of("502 N", b"[]"), "502 Bad Gateway", Refusal.DOWN),
    ],
)
def test_what_is_refused_is_told_by_its_code(
    answer: bytes, error: str, meaning: Refusal, channel: TeamsChannel
) -> None:
    receipt = answered(channel, answer)

    told = error.replace("Request Entity Too Large", "Content Too Large")
    assert receipt.in_words in (f"Teams answered {error}.", f"Teams answered {told}.")
    assert receipt.refusal is meaning


@pytest.mark.parametrize("said", [b"", b"1", b"{}", b"HTTP error 429"])
def test_any_other_success_is_one(said: bytes, channel: TeamsChannel) -> None:
    assert answered(channel, answer_of("200 OK", said)).accepted


def test_the_limit_of_teams_is_kept(channel: TeamsChannel) -> None:
    receipt = answered(channel, answer_of("429 N", Retry_After="30"))

    assert receipt.refusal is Refusal.TOO_FAST
    assert receipt.retry_after == timedelta(seconds=30)


def test_the_url_is_a_secret(strict_channel: TeamsChannel) -> None:
    assert read_settings(strict_channel.fields, {"url": URL}) == ({}, {"url": URL})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "url"),
        ({"url": "https://127.0.0.1/s3cr3t"}, "url"),
        ({"url": URL, "channel": "ops"}, "channel"),
    ],
)
def test_wrong_settings_are_named(
    settings: dict[str, Any], field: str, strict_channel: TeamsChannel
) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(strict_channel.fields, settings)

    assert [detail.field for detail in refused.value.details] == [f"settings.{field}"]
    assert "s3cr3t" not in str(refused.value.details)
