import json
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import START
from tests.unit.channels.mail_servers import MAX_LINE, mail_server
from tests.unit.channels.mails import TO, a_mail, an_email_channel
from tests.unit.channels.pushes import DELIVERY_ID, a_http
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.suggestions import BY_ERROR_TYPE
from triggers_api.events.event import Severity
from triggers_api.push.channel import Receipt

USUAL_HEADERS = [
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


@pytest.fixture
def channel(http: GuardedHttp) -> EmailChannel:
    return an_email_channel(http)


def test_the_mail_arrives(channel: EmailChannel) -> None:
    with mail_server() as mailbox:
        receipt = channel.send(
            a_mail(
                mailbox.port,
                event_type="invoice.failed",
                severity=Severity.ERROR,
                metadata={"connector": "amazon", "error_type": "validation"},
                payload='{"message":"VAT number of Bücher <GmbH> missing"}'.encode(),
            )
        )

    assert receipt == Receipt(status_code=250)
    envelope, message = mailbox.envelopes[0], mailbox.last_message()
    assert envelope.mail_from == "triggers@example.com"
    assert envelope.rcpt_tos == TO
    assert message["Subject"] == "[KONOZY] Amazon invoice failed"
    assert message["From"] == "triggers@example.com"
    assert message["To"] == "ops@example.com, orders@example.com"
    assert message["Date"].datetime == START.replace(microsecond=0)
    assert message["Message-ID"] == f"<{DELIVERY_ID}@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"


def test_it_says_the_same_in_text_and_in_html(channel: EmailChannel) -> None:
    with mail_server() as mailbox:
        channel.send(
            a_mail(
                mailbox.port,
                event_type="invoice.failed",
                metadata={"connector": "amazon", "error_type": "validation"},
                payload='{"message":"VAT number of Bücher <GmbH> missing"}'.encode(),
            )
        )

    parts = mailbox.last_message().iter_parts()
    text, html = (part.get_content().replace("\r\n", "\n") for part in parts)
    assert text.startswith(
        "[KONOZY] Amazon invoice failed\n\nVAT number of Bücher <GmbH> missing\n\nSeverity: info\n"
    )
    assert text.endswith(f"Suggested action: {BY_ERROR_TYPE['validation']}\n")
    assert "<p>VAT number of Bücher &lt;GmbH&gt; missing</p>" in html
    assert "<td>amazon</td>" in html
    assert BY_ERROR_TYPE["validation"] in html


def test_a_template_is_the_whole_text(channel: EmailChannel) -> None:
    push = a_mail(25, message_template="Order <b>\n${connector}")

    text, html = (part.get_content() for part in channel.message(push).iter_parts())

    assert text == "Order <b>\namazon\n"
    assert "<p>Order &lt;b&gt;<br>\namazon</p>" in html
    assert "KONOZY" not in html


@pytest.mark.parametrize(
    "word",
    [
        "=?utf-8?q?x=0D=0ABcc:_evil@example.com?=",
        "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=",
        "=?utf-7?q?+2AA-?=",  # a lone surrogate, which no mail can hold
        "==??utf-8?q?=0D=0ABcc:_evil@example.com?=",
    ],
)
def test_an_encoded_word_in_an_event_is_text_as_any_other(word: str) -> None:
    push = a_mail(25, event_type="invoice.failed", metadata={"connector": word})

    mail = an_email_channel(a_http()).message(push)

    sent = message_from_bytes(bytes(mail), policy=SMTP)
    assert sent.keys() == USUAL_HEADERS
    subject = f"[KONOZY] {word.replace('=?', '= ?')} invoice failed"
    assert sent["Subject"].strip() == subject  # one without a space in it is folded at once


@pytest.mark.parametrize(
    "local_part",
    [
        "=?utf-8?q?=0A?=",
        "=?utf-8?q?=22CEO=22_=3Cceo=40corp.example=3E=2C_x?=",
        "=?utf-16?b?AAA=?=",
        "=?nonsense?q?=ff?=",
        "$&'*+-/=?^_`{|}~!#%",
    ],
)
def test_addresses_are_sent_as_they_are_kept(local_part: str) -> None:
    address = f"{local_part}@example.com"  # also one that was kept before it was refused
    to = [f"{n}-{address}" for n in range(20)]

    mail = an_email_channel(a_http()).message(a_mail(25, {"from": address, "to": to}))

    head = bytes(mail).partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = head.replace("\r\n ", " ").split("\r\n")
    assert f"From: {address}" in unfolded
    assert f"To: {', '.join(to)}" in unfolded
    assert (mail["From"], mail["To"]) == (address, ", ".join(to))
    assert [line.partition(":")[0] for line in unfolded] == USUAL_HEADERS
    assert max(map(len, head.split("\r\n"))) <= MAX_LINE


@given(
    message=st.text(st.sampled_from("a\r\nBcc: x@y\0é\u2028\x85 "), max_size=60),
    connector=st.text(st.sampled_from("a\r\nBcc: x@y\0é\u2028\x85\x0b "), max_size=300)
    | st.text("=?qub0DA_:-+x8 ", max_size=60).map(lambda text: f"=?utf-8?q?{text}?="),
    template=st.none() | st.just("${message}\nBcc: me@example.com"),
)
def test_no_event_adds_a_header(message: str, connector: str, template: str | None) -> None:
    push = a_mail(
        25,
        metadata={"connector": connector},
        payload=json.dumps({"message": message}).encode(),
        message_template=template,
    )

    mail = an_email_channel(a_http()).message(push)

    head = bytes(mail).partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith(" ")]
    assert names == USUAL_HEADERS


@given(
    said=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    times=st.integers(1, 60),
    is_custom=st.booleans(),
)
def test_every_mail_is_lines_of_seven_bits_whatever_it_says(
    said: str, times: int, *, is_custom: bool
) -> None:
    push = a_mail(
        25,
        metadata={"connector": said * times, "entity_type": said},
        payload=json.dumps({"message": said * times}).encode(),
        message_template="${message} ${connector} é" if is_custom else None,
    )

    sent = bytes(an_email_channel(a_http()).message(push))

    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) <= MAX_LINE
    read = message_from_bytes(sent, policy=SMTP)
    assert {part["Content-Transfer-Encoding"] for part in read.iter_parts()} <= {
        "7bit",
        "quoted-printable",
        "base64",
    }
