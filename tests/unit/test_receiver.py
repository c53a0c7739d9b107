"""Facts about the local receiver: it shows what came, and fails as it is asked to."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from typing import Any

import pytest

from local.received import KEPT, Push, Received
from local.receiver import ReceiverError, running_receiver

EVENT = {"id": "evt_1", "event_type": "invoice.failed", "severity": "error", "payload": {}}
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def url(received: Received) -> Iterator[str]:
    with running_receiver(received) as url:
        yield url


def send(url: str, body: Any = None, method: str = "POST", **headers: str) -> tuple[int, str]:
    status, text, _ = exchange(url, body, method, **headers)
    return status, text


def exchange(
    url: str, body: Any = None, method: str = "POST", **headers: str
) -> tuple[int, str, HTTPMessage]:
    data = None if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data, names, method=method)  # noqa: S310
    try:
        with _direct.open(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers  # type: ignore[return-value]


def only(received: Received) -> Push:
    (push,) = received.newest_first()
    return push


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_it_takes_what_is_pushed(url: str, received: Received, method: str) -> None:
    assert send(f"{url}/hooks/1", EVENT, method, webhook_id="evt_1")[0] == 200
    push = only(received)
    assert (push.channel, push.target, push.status, push.attempt) == ("webhook", "/hooks/1", 200, 1)
    assert push.json() == EVENT
    assert push.headers["webhook-id"] == "evt_1"
    assert push.note == "invoice.failed error evt_1"


def test_nothing_that_was_pushed_commands_the_terminal_it_is_told_in() -> None:
    body = json.dumps({"text": "\x1b[2J\x9b31m red \u202e back"})
    push = Push(number=1, channel="slack", target="/", attempt=1, status=200, headers={}, body=body)

    assert push.note == "\ufffd[2J\ufffd31m red \ufffd back"


def test_it_answers_as_the_channels_do(url: str, received: Received) -> None:
    assert send(f"{url}/services/T0", {"text": "[KONOZY] Invoice failed"}) == (200, "ok")
    assert only(received).channel == "slack"
    answer = send(f"{url}/bot123/sendMessage", {"chat_id": 1, "text": "Failed"})[1]
    assert json.loads(answer)["ok"] is True
    assert [push.channel for push in received.newest_first()] == ["telegram", "slack"]
    send(f"{url}/workflows/1", {"type": "message", "attachments": []})
    send(f"{url}/api/webhooks/1/x", {"embeds": []})
    assert [push.channel for push in received.newest_first()][:2] == ["discord", "teams"]
    assert send(f"{url}/services/T0?status=404", {"text": "x"}) == (404, "no_service")
    refused = send(f"{url}/bot123/sendMessage?status=403", {"chat_id": 1, "text": "Failed"})[1]
    assert json.loads(refused)["error_code"] == 403


def test_it_fails_as_often_as_it_is_asked_to_for_each_push_by_itself(url: str) -> None:
    target = f"{url}/?fail_first=2"
    first = [send(target, EVENT, webhook_id="evt_1")[0] for _ in range(4)]
    second = [send(target, EVENT, webhook_id="evt_2")[0] for _ in range(3)]
    assert first == [500, 500, 200, 200]
    assert second == [500, 500, 200]


def test_it_answers_the_status_it_is_asked_for(url: str, received: Received) -> None:
    status, _, headers = exchange(f"{url}/?status=429&retry_after=7", EVENT)
    assert (status, headers["Retry-After"]) == (429, "7")
    assert send(f"{url}/?status=503&fail_first=1", {"n": 1})[0] == 503
    assert send(f"{url}/?status=503&fail_first=1", {"n": 1})[0] == 200
    assert [push.attempt for push in received.newest_first()] == [2, 1, 1]


def test_it_takes_its_time(url: str) -> None:
    started_at = time.monotonic()
    assert send(f"{url}/?delay=0.2", EVENT)[0] == 200
    assert time.monotonic() - started_at >= 0.2


def test_being_told_to_stop_it_waits_for_nobody(received: Received) -> None:
    with (
        running_receiver(received) as url,
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=10) as asking,
    ):
        asking.sendall(b"POST /?delay=3600 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.1)
        started_at = time.monotonic()
    assert time.monotonic() - started_at < 5


@pytest.mark.parametrize("query", ["status=many", "status=99", "delay=soon"])
def test_a_wish_it_does_not_understand_is_refused(url: str, received: Received, query: str) -> None:
    assert send(f"{url}/?{query}", EVENT)[0] == 400
    assert received.newest_first() == []


def test_its_page_shows_the_pushes_newest_first_and_each_on_a_page_of_its_own(url: str) -> None:
    for number in (1, 2):
        send(url, EVENT | {"id": f"evt_{number}"}, webhook_id=f"evt_{number}")
    page = send(f"{url}/", method="GET")[1]
    assert page.index("evt_2") < page.index("evt_1")
    assert 'http-equiv="refresh"' in page
    single = send(f"{url}/pushes/1", method="GET")[1]
    assert "evt_1" in single
    assert 'http-equiv="refresh"' not in single
    assert send(f"{url}/pushes/3", method="GET")[0] == 404


def test_what_others_sent_stays_text(url: str) -> None:
    send(f"{url}/<script>", {"event_type": "<script>alert(1)</script>"}, x_note="<script>")
    for path in ("/", "/pushes/1"):
        _, page, headers = exchange(f"{url}{path}", method="GET")
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_only_the_last_hundred_are_kept(received: Received) -> None:
    for _ in range(KEPT + 1):
        received.add(channel="http", target="/", attempt=1, status=200, headers={}, body="")
    numbers = [push.number for push in received.newest_first()]
    assert (len(numbers), numbers[0], numbers[-1]) == (KEPT, KEPT + 1, 2)
    assert received.find(1) is None


def test_whoever_waits_is_told_at_once(url: str, received: Received) -> None:
    assert received.wait_for(lambda push: push.channel == "webhook", 0.01) is None
    send(url, EVENT, webhook_id="evt_1")
    found = received.wait_for(lambda push: push.channel == "webhook", 10)
    assert found is not None
    assert found.json() == EVENT


def test_a_listener_hears_of_every_push() -> None:
    heard: list[str] = []
    with running_receiver(Received(lambda push: heard.append(push.note))) as url:
        send(url, EVENT)
    assert heard == ["invoice.failed error evt_1"]


def test_a_port_in_use_is_refused_with_a_sentence(url: str) -> None:
    port = int(url.rsplit(":", 1)[1])
    expected = pytest.raises(ReceiverError, match=rf"Port {port} .* TRIGGERS_RECEIVER_PORT")
    with expected, running_receiver(Received(), port):
        pass
