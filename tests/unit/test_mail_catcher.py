"""Facts about the local SMTP server: mails arrive whole, and go nowhere."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from local.mail_catcher import catching_mail
from local.received import Received
from local.receiver import ReceiverError


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def port(received: Received) -> Iterator[int]:
    with catching_mail(received) as port:
        yield port


def a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "triggers@example.com"
    mail["To"] = "ops@example.com, dev@example.com"
    mail["Subject"] = "[KONOZY] Übertragung fehlgeschlagen"
    mail.set_content("Größe: 3 €")
    mail.add_alternative("<p>Größe: 3 €</p>", subtype="html")
    return mail


def test_a_mail_is_kept_with_its_texts_and_recipients(received: Received, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=10) as smtp:
        smtp.send_message(a_mail())
    (push,) = received.newest_first()
    assert push.channel == "email"
    assert push.target == "ops@example.com, dev@example.com"
    assert push.note == "[KONOZY] Übertragung fehlgeschlagen"
    assert push.headers["from"] == "triggers@example.com"
    assert "── text/plain ──\nGröße: 3 €" in push.body
    assert "── text/html ──\n<p>Größe: 3 €</p>" in push.body


def test_any_password_is_right(received: Received, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=10) as smtp:
        smtp.login("somebody", "whatever")
        smtp.send_message(a_mail())
    assert len(received.newest_first()) == 1


def test_it_stops_while_somebody_is_connected(caplog: pytest.LogCaptureFixture) -> None:
    with catching_mail(Received()) as port:
        smtp = smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=10)
        smtp.ehlo()
    smtp.close()
    assert not caplog.messages


def test_a_port_in_use_is_refused_with_a_sentence(port: int) -> None:
    expected = pytest.raises(ReceiverError, match=rf"Port {port} .* TRIGGERS_SMTP_PORT")
    with expected, catching_mail(Received(), port):
        pass
