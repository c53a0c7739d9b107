import html
import json
import re
import socket
import time
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.channels.pushes import a_http, a_push
from tests.unit.channels.receivers import Receiver, answer_of, answering
from tests.unit.channels.schemas import TELEGRAM
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.telegram import MAX_TEXT, TelegramChannel
from triggers_api.errors import InvalidContentError
from triggers_api.events.event import Severity
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.settings_fields import read_settings

TOKEN = "123456789:AAExampleExampleExampleExampleExamp"
CHAT = {"chat_id": "-1001234567890"}


@pytest.fixture
def channel(http: GuardedHttp) -> TelegramChannel:
    return TelegramChannel(http)


@pytest.fixture
def strict_channel() -> TelegramChannel:
    return TelegramChannel(a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"]))


def a_message(receiver: Receiver, **fields: Any) -> Push:
    api_url = f"http://127.0.0.1:{receiver.port}"
    return a_push(CHAT | {"api_url": api_url}, {"bot_token": TOKEN}, **fields)


def refusal(status: str, said: str, **parameters: object) -> bytes:
    body = {
        "ok": False,
        "error_code": int(status[:3]),
        "description": said,
        "parameters": parameters,
    }
    return answer_of(status, json.dumps(body).encode())


def answered(channel: TelegramChannel, answer: bytes) -> Receipt:
    with answering(answer) as receiver:
        return channel.send(a_message(receiver))


def units(text: str) -> int:
    """As Telegram counts: after it has read the markup, in UTF-16."""
    return len(html.unescape(re.sub("</?b>", "", text)).encode("utf-16-le")) // 2


def test_the_message_goes_to_the_bots_chat(channel: TelegramChannel) -> None:
    with answering(answer_of("200 OK", b'{"ok":true,"result":{}}')) as receiver:
        receipt = channel.send(
            a_message(
                receiver,
                event_type="sync.completed",
                execution_counts={"order.fetched": 2, "invoice.created": 2},
            )
        )

    assert receipt.accepted
    assert receiver.requests[0].line == f"POST /bot{TOKEN}/sendMessage HTTP/1.1"
    sent = json.loads(receiver.requests[0].body)
    jsonschema_rs.validate(TELEGRAM, sent)
    assert sent["chat_id"] == "-1001234567890"
    assert sent["text"].startswith(
        "<b>[KONOZY] Amazon sync completed | exec=exec_42 | orders=2 | invoices_ok=2"
        " | invoices_failed=0</b>\n\nSeverity: info\n"
    )


@pytest.mark.parametrize("template", [None, "<b>${message}</b> & ${connector}"])
def test_what_looks_like_markup_is_text(template: str | None, channel: TelegramChannel) -> None:
    push = a_push(
        CHAT,
        metadata={"connector": "<a href='https://evil.example'>"},
        payload=b'{"message":"</b><script> & more"}',
        message_template=template,
        severity=Severity.CRITICAL,
    )

    message = channel.message(push)

    jsonschema_rs.validate(TELEGRAM, message)
    assert re.findall("<[^>]*>", message["text"]) == ([] if template else ["<b>", "</b>"])
    assert "&lt;/b&gt;&lt;script&gt; &amp; more" in message["text"]


@given(
    said=st.text(st.sampled_from("a<&😀é\u0301 "), max_size=40),
    times=st.integers(1, 400),
    is_custom=st.booleans(),
)
def test_no_text_is_longer_than_telegram_takes(said: str, times: int, *, is_custom: bool) -> None:
    push = a_push(
        CHAT,
        payload=json.dumps({"message": said * times}).encode(),
        metadata={"connector": said * times, "entity_type": said * times},
        message_template=("${message} " * times)[:2000] if is_custom else None,
    )

    text = TelegramChannel(a_http()).message(push)["text"]

    assert 0 < units(text) <= MAX_TEXT


def test_a_text_that_is_too_long_is_cut(channel: TelegramChannel) -> None:
    push = a_push(
        CHAT,
        message_template="${message}" * 20,
        payload=json.dumps({"message": "😀" * 499}).encode(),
    )

    text = channel.message(push)["text"]

    assert units(text) in {MAX_TEXT, MAX_TEXT - 1}
    assert text.endswith("😀…")


def test_even_the_longest_event_fits(channel: TelegramChannel) -> None:
    push = a_push(
        CHAT,
        event_type="x" * 128,
        execution_id="e" * 128,
        payload=json.dumps({"message": "😀" * 500}).encode(),
        metadata=dict.fromkeys(("connector", "entity_type", "error_type"), "😀" * 128),
        execution_counts={f"{number:x>128}": number for number in range(30)},
    )

    text = channel.message(push)["text"]

    assert units(text) in {MAX_TEXT, MAX_TEXT - 1}
    assert "</b>" in text


def test_telegrams_own_wait_is_kept(channel: TelegramChannel) -> None:
    receipt = answered(channel, refusal("429 Slower", "Too Many Requests", retry_after=35))

    assert receipt.retry_after == timedelta(seconds=35)
    assert receipt.refusal is Refusal.TOO_FAST
    assert receipt.error == "Telegram answered 429 Too Many Requests."


@pytest.mark.parametrize(
    ("wait", "kept"),
    [
        (10**12, timedelta(days=1)),
        (-1, timedelta(0)),
        (1.5, timedelta(seconds=2)),
        (1e400, timedelta(days=1)),
        ("5", None),
        (None, None),
        (True, None),
    ],
)
def test_a_strange_wait_does_no_harm(
    wait: object, kept: timedelta | None, channel: TelegramChannel
) -> None:
    assert answered(channel, refusal("429 Slower", "x", retry_after=wait)).retry_after == kept


@pytest.mark.parametrize(
    ("answer", "error", "meaning"),
    [
        (
            refusal("403 Forbidden", "Forbidden: bot was blocked by the user"),
            "403 Forbidden: bot was blocked by the user",
            Refusal.FINAL,
        ),
        (
            refusal("400 Bad Request", "Bad Request: chat not found"),
            "400 Bad Request: chat not found",
            Refusal.FINAL,
        ),
        (refusal("403 Forbidden", "Forbidden: as of today"), "403 Forbidden", Refusal.FINAL),
        (refusal("400 Bad Request", "Bad Request: odd"), "400 Bad Request", Refusal.NOT_THIS_EVENT),
        (refusal("401 Unauthorized", "Unauthorized"), "401 Unauthorized", Refusal.DOWN),
        (refusal("404 Not Found", "Not Found"), "404 Not Found", Refusal.DOWN),
        (answer_of("403 Forbidden", b"a firewall"), "403 Forbidden", Refusal.DOWN),
        (refusal("500 Oh", "chat not found"), "500 Internal Server Error", Refusal.DOWN),
    ],
)
def test_only_what_telegram_itself_calls_final_is_final(
    answer: bytes, error: str, meaning: Refusal, channel: TelegramChannel
) -> None:
    receipt = answered(channel, answer)

    assert receipt.in_words == f"Telegram answered {error}."
    assert receipt.refusal is meaning


def test_what_is_not_ok_was_not_sent_whatever_the_status(channel: TelegramChannel) -> None:
    body = {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}

    receipt = answered(channel, answer_of("200 OK", json.dumps(body).encode()))
    strange = answered(channel, answer_of("200 OK", b'{"ok":false,"error_code":"x"}'))

    assert receipt.refusal is Refusal.FINAL
    assert receipt.status_code == 400
    assert strange.error == "Telegram answered 502 Bad Gateway."


def test_no_description_quotes_what_we_sent(channel: TelegramChannel) -> None:
    receipt = answered(channel, refusal("400 Bad Request", "chat not found for 'VAT of Zoe'"))

    assert receipt.in_words == "Telegram answered 400 Bad Request: chat not found."


MOVED = refusal("400 Bad Request", "group chat was upgraded", migrate_to_chat_id=-100777)
TAKEN = answer_of("200 OK", b'{"ok":true,"result":{}}')


def test_a_chat_that_moved_is_followed_and_told(channel: TelegramChannel) -> None:
    with answering(MOVED, TAKEN) as receiver:
        receipt = channel.send(a_message(receiver))

    assert receipt.accepted
    assert receipt.new_settings == {"chat_id": "-100777"}
    assert [json.loads(each.body)["chat_id"] for each in receiver.requests] == [
        CHAT["chat_id"],
        "-100777",
    ]


def test_both_requests_share_one_deadline() -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        receiver.read_request(connection)
        if len(receiver.requests) == 1:
            time.sleep(0.7)
            connection.sendall(MOVED)
        else:
            receiver.released.wait()

    channel = TelegramChannel(a_http(deadline_seconds=1.0))
    with Receiver(talk) as receiver:
        begin = time.monotonic()
        receipt = channel.send(a_message(receiver))

    assert len(receiver.requests) == 2
    assert receipt.error == "No full answer came within 1 seconds."
    assert time.monotonic() - begin < 1.5


@pytest.mark.parametrize("status", ["200 OK", "429 Too Many Requests", "503 Unavailable"])
@pytest.mark.parametrize("digits", [17, 309, 401, 3900])
def test_no_number_in_an_answer_does_harm(
    status: str, digits: int, channel: TelegramChannel
) -> None:
    number = b"1" + b"0" * digits
    body = b'{"ok":false,"error_code":429,"parameters":{"retry_after":%s}}' % number

    assert answered(channel, answer_of(status, body)).retry_after == timedelta(days=1)


def test_a_chat_that_moves_for_ever_is_followed_once(channel: TelegramChannel) -> None:
    with answering(MOVED) as receiver:
        receipt = channel.send(a_message(receiver))

    assert len(receiver.requests) == 2
    assert receipt.refusal is Refusal.NOT_THIS_EVENT
    assert receipt.new_settings == {}


@pytest.mark.parametrize("moved_to", [None, "5", True, 1.5, 10**40, [], {"a": 1}])
def test_a_strange_new_chat_is_not_followed(moved_to: object, channel: TelegramChannel) -> None:
    answer = refusal("400 Bad Request", "moved", migrate_to_chat_id=moved_to)
    with answering(answer) as receiver:
        channel.send(a_message(receiver))

    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"<html>", b'{"parameters":7}', b"[" * 4000, b'{"description":5}']
)
def test_a_strange_body_does_no_harm(body: bytes, channel: TelegramChannel) -> None:
    receipt = answered(channel, answer_of("502 Bad Gateway", body))

    assert not receipt.accepted
    assert not receipt.is_final


def test_the_token_is_told_to_nobody(channel: TelegramChannel) -> None:
    said = "x" * 190 + f"/bot{TOKEN}/sendMessage"
    receipt = answered(channel, refusal("400 Bad Request", said))

    assert TOKEN[:14] not in repr(receipt)


def test_settings_are_parted_and_completed(strict_channel: TelegramChannel) -> None:
    shown, secrets = read_settings(
        strict_channel.fields, {"bot_token": TOKEN, "chat_id": -1001234567890}
    )

    assert shown == CHAT | {"api_url": "https://api.telegram.org"}
    assert secrets == {"bot_token": TOKEN}


@pytest.mark.parametrize("chat", ["41", "-42", "@channel_name", 42, -1001234567890])
def test_chats(chat: object, strict_channel: TelegramChannel) -> None:
    assert read_settings(strict_channel.fields, {"bot_token": TOKEN, "chat_id": chat})[0][
        "chat_id"
    ] == str(chat)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"bot_token": None}, "bot_token"),
        ({"bot_token": "no token"}, "bot_token"),
        ({"bot_token": f"{TOKEN}/../x"}, "bot_token"),
        ({"bot_token": f"{TOKEN}\n"}, "bot_token"),
        ({"bot_token": 5}, "bot_token"),
        ({"chat_id": None}, "chat_id"),
        ({"chat_id": "me"}, "chat_id"),
        ({"chat_id": True}, "chat_id"),
        ({"chat_id": 1.5}, "chat_id"),
        ({"chat_id": 10**40}, "chat_id"),
        ({"api_url": "https://10.0.0.1/"}, "api_url"),
        ({"api_url": "https://bots.example.com/?a="}, "api_url"),
        ({"parse_mode": "HTML"}, "parse_mode"),
    ],
)
def test_wrong_settings_are_named(
    settings: dict[str, Any], field: str, strict_channel: TelegramChannel
) -> None:
    right = {"bot_token": TOKEN, "chat_id": 42}

    with pytest.raises(InvalidContentError) as refused:
        read_settings(strict_channel.fields, right | settings)

    assert [detail.field for detail in refused.value.details] == [f"settings.{field}"]
    assert TOKEN[:14] not in str(refused.value.details)
