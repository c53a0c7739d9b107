import time
from contextlib import closing

import pytest

from tests.unit.channels.mail_servers import (
    PASSWORD,
    USER,
    chattering,
    mail_server,
    scripted,
    taciturn,
)
from tests.unit.channels.mails import HELLO, a_mail, an_email_channel
from tests.unit.channels.pushes import HASTY_SECONDS, a_http
from tests.unit.channels.receivers import Certificate, dripping, silent, unused_port
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.channel import Refusal


@pytest.fixture
def channel(http: GuardedHttp) -> EmailChannel:
    return an_email_channel(http)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_is_encrypted_and_logged_in(security: str, certificate: Certificate) -> None:
    server = certificate.of_server()
    with (
        closing(a_http(new_tls=certificate.of_client)) as http,
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


def test_a_wrong_password_is_final_and_not_told(certificate: Certificate) -> None:
    with (
        closing(a_http(new_tls=certificate.of_client)) as http,
        mail_server(starttls=certificate.of_server()) as mailbox,
    ):
        settings = {"security": "starttls", "username": USER}
        receipt = an_email_channel(http).send(a_mail(mailbox.port, settings, "wr0ng"))

    assert receipt.status_code == 535
    assert receipt.error == "The mail server answered 535 5.7.8."
    assert receipt.refusal is Refusal.FINAL
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

    assert receipt.refusal is Refusal.FINAL
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


@pytest.mark.parametrize(
    ("reply", "is_permanent"),
    [("451 4.3.0 later", False), ("552 5.3.4 too big", True), ("554 no", True), ("421 bye", False)],
)
def test_a_mail_that_is_refused(
    reply: str,
    is_permanent: bool,  # noqa: FBT001  # pytest names it
    channel: EmailChannel,
) -> None:
    with mail_server(after_data=reply) as mailbox:
        receipt = channel.send(a_mail(mailbox.port))

    assert receipt.status_code == int(reply[:3])
    assert receipt.is_final == is_permanent


@pytest.mark.parametrize(
    ("replies", "is_permanent"),
    [
        ([b"554 go away\r\n"], True),
        ([b"421 busy\r\n"], False),
        ([b"SSH-2.0-OpenSSH_9\r\n"], False),
        ([], False),
        ([HELLO, b"500 what?\r\n", b"500 what?\r\n"], True),
        ([HELLO, b"250 hi\r\n", b"530 log in\r\n", b"250 reset\r\n"], True),
        ([HELLO, b"250 hi\r\n"], False),
        ([b"220 " + b"x" * 9000 + b"\r\n"], True),
        ([HELLO, b"\xff\xfe\r\n"], False),
    ],
)
def test_servers_that_do_not_want(
    replies: list[bytes],
    is_permanent: bool,  # noqa: FBT001  # pytest names it
    channel: EmailChannel,
) -> None:
    with scripted(*replies) as server:
        receipt = channel.send(a_mail(server.port))

    assert not receipt.accepted
    assert receipt.is_final == is_permanent


def test_what_was_taken_counts_though_the_server_never_says_goodbye(channel: EmailChannel) -> None:
    with taciturn() as server:
        begin = time.monotonic()
        receipt = channel.send(a_mail(server.port))

    assert receipt.accepted
    assert time.monotonic() - begin < 5


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
