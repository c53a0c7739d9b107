from typing import Any

import pytest

from tests.unit.channels.mails import ADDRESSES, SMTP, an_email_channel
from tests.unit.channels.pushes import a_http
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.errors import InvalidContentError
from triggers_api.push.settings_fields import read_settings


@pytest.fixture
def channel(http: GuardedHttp) -> EmailChannel:
    return an_email_channel(http)


@pytest.fixture
def strict_channel() -> EmailChannel:
    http = a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"])
    return an_email_channel(http, allow_private=False)


def test_settings_are_parted_and_completed(strict_channel: EmailChannel) -> None:
    shown, secrets = read_settings(
        strict_channel.fields, SMTP | {"username": "u", "password": "s3cr3t"}
    )

    assert shown == SMTP | {
        "transport": "smtp",
        "port": 587,
        "security": "starttls",
        "username": "u",
        "ehlo_name": None,
    }
    assert secrets == {"password": "s3cr3t"}


@pytest.mark.parametrize(
    ("settings", "port", "security"),
    [
        ({"security": "tls"}, 465, "tls"),
        ({"port": 465}, 465, "tls"),
        ({"port": 2525}, 2525, "starttls"),
        ({"security": "starttls", "port": 25}, 25, "starttls"),
    ],
)
def test_port_and_encryption_follow_from_each_other(
    settings: dict[str, Any], port: int, security: str, strict_channel: EmailChannel
) -> None:
    shown, _ = read_settings(strict_channel.fields, SMTP | settings)

    assert (shown["port"], shown["security"]) == (port, security)


def test_ses_needs_no_server_and_keeps_no_password(strict_channel: EmailChannel) -> None:
    shown, secrets = read_settings(
        strict_channel.fields, {"transport": "ses", "password": "left over"} | ADDRESSES
    )

    assert shown["transport"] == "ses"
    assert shown["host"] is None
    assert secrets == {}


@pytest.mark.parametrize("address", [
    "", "ops", "@example.com", "ops@", "ops@localhost", "ops@example", "a b@example.com",
    "ops@example.com\r\nBcc: x@y.com", "ops@example.com\n", "<ops@example.com>",
    "Ops <ops@example.com>", "a@example.com, b@example.com", "a..b@example.com", ".a@example.com",
    "ö@example.com", "ops@exämple.com", "ops@[127.0.0.1]", "x" * 65 + "@example.com",
    "a@" + "x" * 64 + ".com", "a@" + "x." * 130 + "com", "a@-x.com", '"a b"@example.com', 5, None,
    "=?utf-8?q?=0A?=@example.com", "a=?x@example.com", "a\0@example.com", "a\x7f@example.com",
    "=?utf-8?q?=22CEO=22_=3Cceo=40corp.example=3E=2C_x?=@example.com", "=?@example.com",
])  # fmt: skip
def test_addresses_are_plain(address: object, strict_channel: EmailChannel) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(
            strict_channel.fields, SMTP | {"from": address, "to": ["ok@example.com", address]}
        )

    assert [detail.field for detail in refused.value.details] == ["settings.from", "settings.to.1"]


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ({"host": None}, {"host": "missing"}),
        ({"host": "127.0.0.1"}, {"host": "not_public"}),
        ({"host": "mail"}, {"host": "not_public"}),
        ({"host": "mail.example.com:25"}, {"host": "invalid_url"}),
        ({"host": "user@mail.example.com"}, {"host": "invalid_url"}),
        ({"port": 22}, {"port": "invalid_value"}),
        ({"port": "587"}, {"port": "wrong_type"}),
        ({"port": True}, {"port": "wrong_type"}),
        ({"security": "none"}, {"security": "not_a_choice"}),
        ({"username": "u"}, {"password": "missing"}),
        ({"password": "s3cr3t"}, {"username": "missing"}),
        ({"username": "u", "password": "s3cr3t\r\n"}, {"password": "invalid_value"}),
        ({"username": "u\0", "password": "s3cr3t"}, {"username": "invalid_value"}),
        ({"to": []}, {"to": "wrong_number"}),
        ({"to": "ops@example.com"}, {"to": "wrong_type"}),
        ({"to": ["ops@example.com"] * 21}, {"to": "wrong_number"}),
        ({"transport": "pigeon"}, {"transport": "not_a_choice"}),
        ({"transport": "ses"}, {"host": "not_applicable"}),
        ({"cc": "x@y.com"}, {"cc": "unknown_field"}),
        ({"ehlo_name": "a b.example.com"}, {"ehlo_name": "invalid_value"}),
        ({"ehlo_name": "x.example.com\r\nMAIL"}, {"ehlo_name": "invalid_value"}),
        ({"ehlo_name": 5}, {"ehlo_name": "wrong_type"}),
        (
            {"host": None, "port": 0, "from": "me", "to": ["you", "ok@example.com"], "x": 1},
            {
                "host": "missing",
                "port": "invalid_value",
                "from": "invalid_value",
                "to.0": "invalid_value",
                "x": "unknown_field",
            },
        ),
    ],
)
def test_wrong_settings_are_named_all_at_once(
    settings: dict[str, Any], faults: dict[str, str], strict_channel: EmailChannel
) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(strict_channel.fields, SMTP | settings)

    details = refused.value.details
    assert {each.field.removeprefix("settings."): each.code for each in details} == faults
    assert "s3cr3t" not in str(details)


def test_local_runs_may_use_any_port_and_no_encryption(channel: EmailChannel) -> None:
    settings = {"host": "127.0.0.1", "port": 8025, "security": "none"} | ADDRESSES

    shown, _ = read_settings(channel.fields, settings)

    assert shown == settings | {
        "transport": "smtp",
        "username": None,
        "ehlo_name": None,
    }
