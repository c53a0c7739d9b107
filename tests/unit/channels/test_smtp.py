import time
from pathlib import Path

import pytest

from tests.unit.channels.mail_servers import (
    PASSWORD,
    USER,
    chattering,
    ending,
    mail_server,
    scripted,
    taciturn,
)
from tests.unit.channels.mails import HELLO, a_mail, an_email_channel
from tests.unit.channels.pushes import HASTY_SECONDS, a_http
from tests.unit.channels.receivers import (
    Certificate,
    dripping,
    make_certificate,
    silent,
    unused_port,
)
from triggers_api.channels import limits
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.channel import Refusal


@pytest.fixture
def channel(http: GuardedHttp) -> EmailChannel:
    return an_email_channel(http)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_is_encrypted_and_logged_in(security: str, certificate: Certificate) -> None:
    server = certificate.of_server()
    http = a_http(new_tls=certificate.of_client)
    with (
        mail_server(
            tls=server if security == "tls" else None,
            starttls=server if security == "starttls" else None,
        ) as mailbox,
    ):
        settings = {"security": security, "username": USER}
        receipt = an_email_channel(http).send(a_mail(mailbox.port, settings, PASSWORD))

    assert receipt.accepted
    assert mailbox.logins == [USER]
    assert mailbox.were_encrypted == [True] or security == "tls"


def test_a_wrong_password_may_be_mended_and_is_not_told(certificate: Certificate) -> None:
    http = a_http(new_tls=certificate.of_client)
    with mail_server(starttls=certificate.of_server()) as mailbox:
        settings = {"security": "starttls", "username": USER}
        receipt = an_email_channel(http).send(a_mail(mailbox.port, settings, "wr0ng"))

    assert receipt.status_code == 535
    assert receipt.error == (
        "The mail server answered 535 5.7.8 to AUTH: the user name or the password is wrong."
    )
    assert receipt.refusal is Refusal.DOWN
    assert mailbox.envelopes == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_unknown_certificate_is_not_trusted(
    security: str, certificate: Certificate, channel: EmailChannel
) -> None:
    server = certificate.of_server()
    with mail_server(
        tls=server if security == "tls" else None,
        starttls=server if security == "starttls" else None,
    ) as mailbox:
        receipt = channel.send(a_mail(mailbox.port, {"security": security}))

    assert receipt.error is not None
    assert "certificate was not accepted" in receipt.error
    assert not receipt.is_final


def test_no_password_goes_over_an_unencrypted_line(channel: EmailChannel) -> None:
    with mail_server() as mailbox:  # offers no STARTTLS, as one that was tampered with
        settings = {"security": "starttls", "username": USER}
        receipt = channel.send(a_mail(mailbox.port, settings, PASSWORD))

    assert receipt.refusal is Refusal.DOWN
    assert receipt.error is not None
    assert "does not offer" in receipt.error
    assert mailbox.logins == []
    assert mailbox.envelopes == []


def test_who_is_refused_is_counted_and_the_others_get_it_once(channel: EmailChannel) -> None:
    with mail_server() as mailbox:
        to = ["ops@example.com", "550-gone@example.com", "450-later@example.com"]
        receipt = channel.send(a_mail(mailbox.port, {"to": to}))

    assert mailbox.envelopes[0].rcpt_tos == ["ops@example.com"]
    assert receipt.error == (
        "Only 1 of 3 recipients were accepted; for another the mail server answered 550 5.1.1."
    )
    assert receipt.refusal is Refusal.FINAL


@pytest.mark.parametrize(
    ("to", "code", "is_permanent"),
    [
        (["550-a@example.com"], 550, True),
        (["450-a@example.com"], 450, False),
        (["550-a@example.com", "451-b@example.com"], 451, False),
    ],
)
def test_if_all_are_refused_one_that_may_be_accepted_later_is_worth_another_try(
    to: list[str],
    code: int,
    is_permanent: bool,  # noqa: FBT001  # pytest names it
    channel: EmailChannel,
) -> None:
    with mail_server() as mailbox:
        receipt = channel.send(a_mail(mailbox.port, {"to": to}))

    assert receipt.status_code == code
    assert receipt.is_final == is_permanent
    assert receipt.error is not None
    assert "s3cr3t" not in receipt.error
    assert "example.com" not in receipt.error


OK = b"250 ok\r\n"


@pytest.mark.parametrize(
    ("replies", "code", "refusal"),
    [
        ([b"550 5.1.1 who?\r\n", b"550 5.7.1 not today\r\n"], 550, Refusal.NOT_THIS_EVENT),
        ([b"550 5.7.1 not today\r\n", b"550 5.1.1 who?\r\n"], 550, Refusal.NOT_THIS_EVENT),
        ([b"551 moved\r\n", b"552 5.2.2 full\r\n"], 552, Refusal.NOT_THIS_EVENT),
        ([b"551 moved\r\n", b"552 no room\r\n"], 552, Refusal.NOT_THIS_EVENT),
        ([b"551 moved\r\n", b"552 5.3.4 too big\r\n"], 551, Refusal.FINAL),
        ([b"550 5.7.1 not today\r\n", b"450 later\r\n"], 450, Refusal.DOWN),
    ],
)
def test_of_those_who_are_refused_whoever_may_take_it_yet_decides(
    replies: list[bytes], code: int, refusal: Refusal, channel: EmailChannel
) -> None:
    with scripted(HELLO, OK, OK, *replies, OK) as server:
        receipt = channel.send(a_mail(server.port))

    assert receipt.status_code == code
    assert receipt.refusal is refusal


@pytest.mark.parametrize(
    "replies",
    [
        [b"550 5.1.1 who?\r\n"],  # and nothing about the second
        [OK, b"550 5.1.1 who?\r\n"],
        [OK, b"550 5.1.1 who?\r\n", b"354 go on\r\n"],
    ],
)
def test_a_server_that_breaks_off_after_refusing_one_has_not_refused_the_other(
    replies: list[bytes], channel: EmailChannel
) -> None:
    with scripted(HELLO, OK, OK, *replies) as server:
        receipt = channel.send(a_mail(server.port))

    assert receipt.error == "The connection failed."
    assert receipt.refusal is Refusal.DOWN


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_host_with_the_roots_dot_has_the_certificate_of_the_one_without(
    security: str, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path, host="mail.example.com")
    http = a_http(new_tls=certificate.of_client, resolver=lambda _host, _port: ["127.0.0.1"])
    server = certificate.of_server()
    with mail_server(
        tls=server if security == "tls" else None,
        starttls=server if security == "starttls" else None,
    ) as mailbox:
        settings = {"security": security, "host": "mail.example.com."}
        receipt = an_email_channel(http).send(a_mail(mailbox.port, settings))

    assert receipt.accepted


@pytest.mark.parametrize(
    ("reply", "refusal"),
    [
        ("451 4.3.0 later", Refusal.DOWN),
        ("552 5.3.4 too big", Refusal.FINAL),
        ("554 no", Refusal.FINAL),
        ("554 5.6.0 odd", Refusal.FINAL),
        ("552 5.2.2 full", Refusal.NOT_THIS_EVENT),
        ("550 5.7.1 not today", Refusal.NOT_THIS_EVENT),
        ("530 5.7.0 log in", Refusal.DOWN),
        ("421 bye", Refusal.DOWN),
    ],
)
def test_a_mail_that_is_refused(
    reply: str,
    refusal: Refusal,
    channel: EmailChannel,
) -> None:
    with mail_server(after_data=reply) as mailbox:
        receipt = channel.send(a_mail(mailbox.port))

    assert receipt.status_code == int(reply[:3])
    assert receipt.refusal is refusal


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ([b"554 go away\r\n"], "answered 554 to the connection: it refuses"),
        ([b"421 4.7.0 busy\r\n"], "answered 421 4.7.0 to the connection: it closes"),
        ([b"SSH-2.0-OpenSSH_9\r\n"], "no valid reply"),
        ([], "The connection failed"),
        (
            [HELLO, b"421-4.7.0 Try again later,\r\n421 4.7.0 closing. (EHLO)\r\n"],
            "answered 421 4.7.0 to EHLO: it closes the connection",
        ),
        ([HELLO, b"500 what?\r\n", b"500 what?\r\n"], "answered 500 to HELO: it does not know"),
        (
            [HELLO, b"250 hi\r\n", b"530 log in\r\n", b"250 reset\r\n"],
            "answered 530 to MAIL FROM: it needs a login",
        ),
        (
            [HELLO, b"250 hi\r\n", b"550 5.1.8 who?\r\n", b"250 reset\r\n"],
            "answered 550 5.1.8 to MAIL FROM: the mailbox",
        ),
        ([HELLO, b"250 hi\r\n"], "The connection failed"),
        ([HELLO, b"250 hi\r\n", b"421 bye\r\n"], "answered 421 to MAIL FROM: it closes"),
        ([b"220 " + b"x" * 9000 + b"\r\n"], "The connection failed"),
        ([b"554 " + b"x" * 9000 + b"\r\n"], "answered 554 to the connection"),
        ([HELLO, b"\xff\xfe\r\n"], "The connection failed"),
    ],
)
def test_a_server_that_does_not_want_us_may_be_mended_and_is_told_in_our_words(
    replies: list[bytes], error: str, channel: EmailChannel
) -> None:
    with scripted(*replies) as server:
        receipt = channel.send(a_mail(server.port))

    assert receipt.error is not None
    assert error in receipt.error
    assert receipt.refusal is Refusal.DOWN


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "example.com"),
        ({"from": "ops@mail.acme.test"}, "mail.acme.test"),
        ({"ehlo_name": "relay.acme.test"}, "relay.acme.test"),
        ({"ehlo_name": "[192.0.2.1]"}, "[192.0.2.1]"),
        ({"ehlo_name": None}, "example.com"),
    ],
)
def test_we_say_who_we_are_by_the_senders_domain_or_as_the_config_says(
    settings: dict[str, str], name: str, channel: EmailChannel
) -> None:
    with mail_server() as mailbox:
        channel.send(a_mail(mailbox.port, settings))

    assert mailbox.hellos == [name]


def test_what_was_taken_counts_though_the_server_never_says_goodbye(channel: EmailChannel) -> None:
    with taciturn() as server:
        begin = time.monotonic()
        receipt = channel.send(a_mail(server.port))

    assert receipt.accepted
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "end",
    [
        b"250 2.0.0 queued " + b"a" * 9000 + b"\r\n",
        b"250-" + b"a" * 9000 + b"\r\n250 " + b"b" * 8189 + b"\r\n",
        b"250 " + b"a" * 8188 + b"\r\n",
        b"251 x\r\n",
        b"200\r\n",
        b"299 2.0.0 oddly\r\n",
    ],
)
def test_the_first_digit_at_the_end_says_that_it_was_taken(
    end: bytes, channel: EmailChannel
) -> None:
    ok = b"251 as you like\r\n"
    with scripted(b"221 hello\r\n", ok, ok, ok, b"252 perhaps\r\n", b"355 go on\r\n") as server:
        refused = channel.send(a_mail(server.port))
    with ending(end) as server:
        receipt = channel.send(a_mail(server.port))

    assert not refused.accepted
    assert refused.error == "The connection failed."  # no reply was odd
    assert receipt.accepted


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (b"354 go on\r\n", "no valid reply"),
        (b"150 wait\r\n", "no valid reply"),
        (b"2\r\n", "no valid reply"),
        (b"25\r\n", "no valid reply"),
        (b"554 5.6.0 " + b"a" * 9000 + b"\r\n", "answered 554 5.6.0 to DATA: it refuses"),
        (b"451 " + b"a" * 9000 + b"\r\n", "answered 451 to DATA"),
        (b"a" * 9000 + b"\r\n", "no valid reply"),
    ],
)
def test_nothing_else_says_so(end: bytes, error: str, channel: EmailChannel) -> None:
    with ending(end, hangs_up=True) as server:
        receipt = channel.send(a_mail(server.port))

    assert receipt.error is not None
    assert error in receipt.error


def test_what_was_not_said_to_be_taken_does_not_count(channel: EmailChannel) -> None:
    replies = [HELLO, b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"]
    with scripted(*replies) as server:
        receipt = channel.send(a_mail(server.port))

    assert not receipt.accepted
    assert not receipt.is_final


def test_slow_servers_hold_nobody_up(hasty_http: GuardedHttp) -> None:
    channel = an_email_channel(hasty_http)
    for server in (
        silent(),
        dripping(b"220-a\r\n", b"220-b\r\n", speaks_first=True),
        scripted(HELLO, b"2"),
    ):
        begin = time.monotonic()
        with server as hostile:
            receipt = channel.send(a_mail(hostile.port))
            assert time.monotonic() - begin < HASTY_SECONDS + 0.5

        assert not receipt.accepted
        assert not receipt.is_final


def test_a_server_that_talks_without_end_is_cut_short(channel: EmailChannel) -> None:
    with chattering(b"250-" + b"x" * 4000 + b"\r\n") as hostile:
        begin = time.monotonic()
        receipt = channel.send(a_mail(hostile.port))

    assert time.monotonic() - begin < 5
    assert receipt.error == "The host said more than is taken before it came to the point."
    assert not receipt.is_final


def test_a_server_that_talks_byte_by_byte_is_cut_short(
    channel: EmailChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte may be a TLS record, and a read, of its own."""
    monkeypatch.setattr(limits, "_READS", 3)
    with dripping(b"", b"2", speaks_first=True) as hostile:
        receipt = channel.send(a_mail(hostile.port))

    assert receipt.error == "The host said more than is taken before it came to the point."
    assert not receipt.is_final


def test_nobody_there(channel: EmailChannel) -> None:
    with unused_port() as port:
        receipt = channel.send(a_mail(port))

    assert receipt.error == "The host refused the connection."


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "mail.example.com", "::1"])
def test_mail_leaves_only_through_the_guard(host: str) -> None:
    http = a_http(allow_private=False, resolver=lambda host, _port: [host, "10.0.0.1"])

    receipt = an_email_channel(http).send(a_mail(25, {"host": host}))

    assert receipt.error == "The host leads to an address that is not public."
    assert receipt.refusal is Refusal.FINAL
