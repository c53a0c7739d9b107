import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.clock import START
from tests.unit.channels.pushes import DELIVERY_ID, SIGNING_SECRET, a_http, a_push
from tests.unit.channels.receivers import OK, answer_of, answering, unused_port
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.webhook import WebhookChannel
from triggers_api.errors import Detail, InvalidContentError
from triggers_api.push.channel import Refusal
from triggers_api.push.config import new_signing_secret
from triggers_api.push.settings_fields import read_settings
from triggers_api.timestamps import now, to_text

URL = "https://hooks.example.com/in"
SECRETS = {"secret": SIGNING_SECRET}


@pytest.fixture
def channel(http: GuardedHttp) -> WebhookChannel:
    return WebhookChannel(http)


@pytest.fixture
def strict_channel() -> WebhookChannel:
    return WebhookChannel(a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"]))


def faults_of(channel: WebhookChannel, settings: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(channel.fields, settings)
    return {detail.field: detail.code for detail in refused.value.details}


def test_the_event_arrives_as_it_is(channel: WebhookChannel) -> None:
    with answering(OK) as receiver:
        settings, _ = read_settings(channel.fields, {"url": receiver.url})
        push = a_push(settings, SECRETS, payload=b'{"total":31.80,"n":12345678901234567890123}')

        assert channel.send(push).accepted

    request = receiver.requests[0]
    assert request.line == "POST /in HTTP/1.1"
    assert request.body == push.event.as_json()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "triggers-api"
    assert request.headers["webhook-id"] == DELIVERY_ID
    assert request.headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert "authorization" not in request.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_the_config_decides_on_method_headers_and_token(
    method: str, channel: WebhookChannel
) -> None:
    with answering(OK) as receiver:
        settings, secrets = read_settings(
            channel.fields,
            {
                "url": receiver.url,
                "method": method,
                "headers": {"X-Team": "orders", "Cookie": "a=b"},
                "bearer_token": "s3cr3t",
            },
        )
        channel.send(a_push(settings, secrets | SECRETS))

    request = receiver.requests[0]
    assert request.line.split()[0] == method
    assert request.headers["x-team"] == "orders"
    assert request.headers["cookie"] == "a=b"
    assert request.headers["authorization"] == "Bearer s3cr3t"


def test_what_arrives_verifies_with_both_secrets_of_a_rotation(channel: WebhookChannel) -> None:
    new = new_signing_secret()
    secrets = {
        "secret": new,
        "previous_secret": SIGNING_SECRET,
        "previous_secret_until": to_text(START.replace(year=2099)),
    }
    with answering(OK) as receiver:
        push = a_push({"url": receiver.url}, secrets, at=now(), payload=b'{"name":"\xc3\xa9"}')
        channel.send(push)

    request = receiver.requests[0]
    for secret in (new, SIGNING_SECRET):
        read = Webhook(secret).verify(request.body, request.headers)
        assert read == json.loads(push.event.as_json())


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ("404 Not Found", Refusal.DOWN),
        ("401 Unauthorized", Refusal.DOWN),
        ("500 Oh", Refusal.DOWN),
        ("302 Found", Refusal.DOWN),
        ("422 No", Refusal.NOT_THIS_EVENT),
        ("429 Slower", Refusal.TOO_FAST),
    ],
)
def test_a_failure_is_told(answer: str, refusal: Refusal, channel: WebhookChannel) -> None:
    with answering(answer_of(answer, b"Bearer s3cr3t", Retry_After="3")) as receiver:
        receipt = channel.send(a_push({"url": receiver.url}, SECRETS | {"bearer_token": "s3cr3t"}))

    assert not receipt.accepted
    assert receipt.status_code == int(answer[:3])
    assert receipt.refusal is refusal
    assert "s3cr3t" not in repr(receipt)  # bodies may echo anything


def test_nobody_there(channel: WebhookChannel) -> None:
    with unused_port() as port:
        receipt = channel.send(a_push({"url": f"http://127.0.0.1:{port}"}, SECRETS))

    assert receipt.error == "The host refused the connection."
    assert not receipt.is_final


def test_a_private_address_is_given_up_at_once(strict_channel: WebhookChannel) -> None:
    receipt = strict_channel.send(a_push({"url": "https://10.0.0.1/"}, SECRETS))

    assert receipt.refusal is Refusal.FINAL
    assert receipt.error == "The URL is refused: the address is not public."


def test_settings_are_parted_and_completed(strict_channel: WebhookChannel) -> None:
    shown, secrets = read_settings(strict_channel.fields, {"url": URL, "bearer_token": "s3cr3t"})

    assert shown == {"url": URL, "method": "POST", "headers": {}}
    assert secrets == {"bearer_token": "s3cr3t"}


HEADERS = {"X-Api-Key": "s3cr3t", "X-Team": "orders"}
HIDDEN = {"X-Api-Key": "********", "X-Team": "********"}


def test_of_headers_only_the_names_are_shown(strict_channel: WebhookChannel) -> None:
    shown, secrets = read_settings(strict_channel.fields, {"url": URL, "headers": HEADERS})

    assert shown["headers"] == HIDDEN
    assert json.loads(secrets["headers"]) == HEADERS


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, HEADERS),
        ({"headers": HIDDEN}, HEADERS),
        ({"headers": {"x-api-key": "********"}}, {"x-api-key": "s3cr3t"}),
        ({"headers": HIDDEN | {"X-Team": "ops"}}, HEADERS | {"X-Team": "ops"}),
        ({"headers": {"X-New": "1"}}, {"X-New": "1"}),
        ({"headers": {}}, None),
        ({"headers": None}, None),
    ],
)
def test_a_hidden_value_stands_for_the_one_that_is_known(
    given: dict[str, Any], kept: dict[str, str] | None, strict_channel: WebhookChannel
) -> None:
    known = read_settings(strict_channel.fields, {"url": URL, "headers": HEADERS})

    shown, secrets = read_settings(strict_channel.fields, {"url": URL} | given, known)

    assert shown["headers"] == dict.fromkeys(kept or {}, "********")
    assert (json.loads(secrets["headers"]) if "headers" in secrets else None) == kept


def test_a_config_of_before_values_were_hidden_is_sent_as_it_was(channel: WebhookChannel) -> None:
    with answering(OK) as receiver:
        channel.send(a_push({"url": receiver.url, "headers": HEADERS}, SECRETS))

    assert receiver.requests[0].headers["x-api-key"] == "s3cr3t"


def test_a_hidden_value_that_is_not_known_is_asked_for(strict_channel: WebhookChannel) -> None:
    settings = {"url": URL, "headers": {"X-Api-Key": "********", "X-B": "1"}}

    assert faults_of(strict_channel, settings) == {
        "settings.headers.X-Api-Key": "missing",
    }


def test_null_is_as_good_as_absent(strict_channel: WebhookChannel) -> None:
    nulls = {"method": None, "headers": None, "bearer_token": None}

    assert read_settings(strict_channel.fields, {"url": URL} | nulls) == read_settings(
        strict_channel.fields, {"url": URL}
    )


def test_every_fault_is_told_at_once(strict_channel: WebhookChannel) -> None:
    faults = faults_of(
        strict_channel,
        {
            "url": "http://10.0.0.1/",
            "method": "GET",
            "headers": {"Host": "evil", "X-Ok": "fine", "X-Bad": "a\r\nb", "no name": "x"},
            "bearer_token": "with space",
            "secret": "whsec_mine",
            "colour": "red",
        },
    )

    assert faults == {
        "settings.url": "invalid_url",
        "settings.method": "not_a_choice",
        "settings.headers.Host": "invalid_header",
        "settings.headers.X-Bad": "invalid_header",
        "settings.headers.no name": "invalid_header",
        "settings.bearer_token": "invalid_value",
        "settings.secret": "unknown_field",
        "settings.colour": "unknown_field",
    }


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Content-Type",
        "Content-Encoding",
        "Authorization",
        "AUTHORIZATION",
        "Proxy-Authorization",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Expect",
        "webhook-id",
        "Webhook-Signature",
        "webhook-anything",
        "User-Agent",
        "",
        " ",
        "a b",
        "a:b",
        "a\r\nb",
        "x" * 65,
        "é",
        "a\0",
    ],
)
def test_headers_that_are_ours_or_none_are_refused(
    name: str, strict_channel: WebhookChannel
) -> None:
    assert (
        "invalid_header" in faults_of(strict_channel, {"url": URL, "headers": {name: "x"}}).values()
    )


@pytest.mark.parametrize(
    "value", ["", " ", "a\r\nX-B: c", "a\n b", "a\rb", "a\0b", "é", " a", "a ", "x" * 1025, 5, None]
)
def test_header_values_are_plain_lines(value: object, strict_channel: WebhookChannel) -> None:
    faults = faults_of(strict_channel, {"url": URL, "headers": {"X-A": value}})

    assert faults == {"settings.headers.X-A": "invalid_header"}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({f"X-{number}": "x" for number in range(21)}, "wrong_number"),
        ({"X-A": "1", "x-a": "2"}, "invalid_header"),
        (["X-A: 1"], "wrong_type"),
    ],
)
def test_headers_are_few_and_distinct(
    headers: object, code: str, strict_channel: WebhookChannel
) -> None:
    assert faults_of(strict_channel, {"url": URL, "headers": headers}) == {"settings.headers": code}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (None, "missing"),
        (7, "wrong_type"),
        ("https://127.0.0.1/", "not_public"),
        ("https://example.com:22/", "port_not_allowed"),
        ("https://example.com/" + "x" * 2048, "too_long"),
    ],
)
def test_a_url_that_will_not_do(url: object, code: str, strict_channel: WebhookChannel) -> None:
    assert faults_of(strict_channel, {"url": url}) == {"settings.url": code}


def test_no_fault_quotes_a_value(strict_channel: WebhookChannel) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(
            strict_channel.fields,
            {"url": "https://u:s3cr3t@example.com/", "bearer_token": "s3cr3t\n"},
        )

    assert "s3cr3t" not in f"{refused.value} {refused.value.details}"
    assert (
        Detail("settings.url", "a URL must not hold a user name or password", "invalid_url")
        in refused.value.details
    )
