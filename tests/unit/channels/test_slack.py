import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest

from tests.clock import START
from tests.unit.channels.pushes import a_http, a_push
from tests.unit.channels.receivers import answer_of, answering
from tests.unit.channels.schemas import SLACK
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.slack import SlackChannel
from triggers_api.channels.suggestions import BY_ERROR_TYPE
from triggers_api.channels.texts import COLOURS
from triggers_api.errors import InvalidContentError
from triggers_api.events.event import Severity
from triggers_api.push.channel import Refusal
from triggers_api.push.settings_fields import read_settings

URL = "https://hooks.slack.com/services/T000/B000/s3cr3t"
COUNTS = {"order.fetched": 2, "invoice.created": 1, "invoice.failed": 1}


@pytest.fixture
def channel(http: GuardedHttp) -> SlackChannel:
    return SlackChannel(http)


@pytest.fixture
def strict_channel() -> SlackChannel:
    return SlackChannel(a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"]))


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("template", [None, "${severity} <b> ${message}"])
@pytest.mark.parametrize("settings", [{}, {"channel": "#ops", "username": "Triggers"}])
def test_the_body_is_as_slack_documents_it(
    severity: Severity, template: str | None, settings: dict[str, Any], channel: SlackChannel
) -> None:
    push = a_push(
        settings,
        message_template=template,
        severity=severity,
        event_type="sync.completed",
        execution_counts=COUNTS,
    )

    message = channel.message(push)

    jsonschema_rs.validate(SLACK, message)
    assert message["attachments"][0]["color"] == COLOURS[severity]
    assert message.get("channel") == settings.get("channel")
    assert message.get("username") == settings.get("username")


def test_every_severity_has_its_colour() -> None:
    assert len(set(COLOURS.values())) == len(Severity)


def test_slack_gets_the_line_of_a_completed_sync(channel: SlackChannel) -> None:
    with answering(answer_of("200 OK", b"ok")) as receiver:
        push = a_push(
            {},
            {"url": receiver.url},
            event_type="sync.completed",
            execution_counts=COUNTS,
        )
        assert channel.send(push).accepted

    assert json.loads(receiver.requests[0].body)["text"] == (
        "[KONOZY] Amazon sync completed | exec=exec_42 | orders=2 | invoices_ok=1"
        " | invoices_failed=1"
    )


def test_the_suggested_action_is_a_field(channel: SlackChannel) -> None:
    push = a_push(
        event_type="invoice.failed",
        metadata={"connector": "amazon", "error_type": "rate_limit"},
        payload=b'{"message":"429 from Amazon"}',
    )

    attachment = channel.message(push)["attachments"][0]

    fields = {each["title"]: each for each in attachment["fields"]}
    assert fields["Suggested action"]["value"] == BY_ERROR_TYPE["rate_limit"]
    assert not fields["Suggested action"]["short"]
    assert fields["Where"] == {"title": "Where", "value": "amazon", "short": True}
    assert attachment["text"] == "429 from Amazon"
    assert attachment["ts"] == int(START.timestamp())


@pytest.mark.parametrize("template", [None, "<!here> ${connector} ${message} & more"])
def test_an_event_mentions_nobody_and_hides_no_link(
    template: str | None, channel: SlackChannel
) -> None:
    push = a_push(
        event_type="a.failed",
        metadata={"connector": "<!channel>", "error_type": "<@U1>"},
        payload=b'{"message":"<https://evil.example|click> & <!everyone>"}',
        message_template=template,
    )

    sent = json.dumps(channel.message(push))

    assert "<" not in sent
    assert ">" not in sent
    assert "&lt;!everyone&gt;" in sent


def test_a_template_is_the_whole_message(channel: SlackChannel) -> None:
    push = a_push(message_template="*${event_type}* arrived", severity=Severity.WARNING)

    assert channel.message(push) == {
        "attachments": [
            {
                "color": COLOURS[Severity.WARNING],
                "fallback": "*order.fetched* arrived",
                "text": "*order.fetched* arrived",
                "mrkdwn_in": ["text"],
            }
        ]
    }


@pytest.mark.parametrize(
    ("answer", "error", "refusal"),
    [
        (
            answer_of("404 Not Found", b"no_service"),
            "404 Not Found: no_service",
            Refusal.FINAL,
        ),
        (
            answer_of("403 Forbidden", b"action_prohibited\n"),
            "403 Forbidden: action_prohibited",
            Refusal.FINAL,
        ),
        (
            answer_of("400 Bad Request", b"invalid_payload"),
            "400 Bad Request: invalid_payload",
            Refusal.FINAL,
        ),
        (
            answer_of("400 Bad Request", b"a_word_of_tomorrow"),
            "400 Bad Request: a_word_of_tomorrow",
            Refusal.NOT_THIS_EVENT,
        ),
        (
            answer_of("400 Bad Request", b"Your token s3cr3t!"),
            "400 Bad Request",
            Refusal.NOT_THIS_EVENT,
        ),
        (answer_of("404 Not Found", b"<html>restarting</html>"), "404 Not Found", Refusal.DOWN),
        (
            answer_of("500 Oh", b"rollup_error"),
            "500 Internal Server Error: rollup_error",
            Refusal.DOWN,
        ),
        (
            answer_of("502 Oh", b"no_service"),
            "502 Bad Gateway: no_service",
            Refusal.DOWN,
        ),
    ],
)
def test_only_what_slack_documents_as_final_is_final_and_only_its_word_is_told(
    answer: bytes, error: str, refusal: Refusal, channel: SlackChannel
) -> None:
    with answering(answer) as receiver:
        receipt = channel.send(a_push({}, {"url": receiver.url}))

    assert receipt.in_words == f"Slack answered {error}."
    assert receipt.refusal is refusal


def test_slacks_limit_is_kept(channel: SlackChannel) -> None:
    with answering(answer_of("429 Slower", b"rate_limited", Retry_After="30")) as receiver:
        receipt = channel.send(a_push({}, {"url": receiver.url}))

    assert receipt.retry_after == timedelta(seconds=30)
    assert receipt.refusal is Refusal.TOO_FAST


def test_an_archived_channel_wants_no_more(channel: SlackChannel) -> None:
    with answering(answer_of("410 Gone", b"channel_is_archived")) as receiver:
        assert channel.send(a_push({}, {"url": receiver.url})).refusal is Refusal.GONE


def test_the_url_is_a_secret(strict_channel: SlackChannel) -> None:
    shown, secrets = read_settings(
        strict_channel.fields, {"url": URL, "channel": "#ops", "username": "Ops bot"}
    )

    assert shown == {"channel": "#ops", "username": "Ops bot"}
    assert secrets == {"url": URL}
    assert read_settings(strict_channel.fields, {"url": URL})[0] == {
        "channel": None,
        "username": None,
    }


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "url"),
        ({"url": "https://127.0.0.1/s3cr3t"}, "url"),
        ({"url": URL, "channel": "a b"}, "channel"),
        ({"url": URL, "channel": "<!here>"}, "channel"),
        ({"url": URL, "channel": 5}, "channel"),
        ({"url": URL, "username": "a\nb"}, "username"),
        ({"url": URL, "username": ""}, "username"),
        ({"url": URL, "username": "x" * 81}, "username"),
        ({"url": URL, "icon": ":x:"}, "icon"),
    ],
)
def test_wrong_settings_are_named(
    settings: dict[str, Any], field: str, strict_channel: SlackChannel
) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(strict_channel.fields, settings)

    assert [detail.field for detail in refused.value.details] == [f"settings.{field}"]
    assert "s3cr3t" not in str(refused.value.details)
