import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.unit.channels.pushes import HASTY_SECONDS, a_http, send
from tests.unit.channels.receivers import (
    OK,
    Receiver,
    answer_of,
    answering,
    silent,
    unused_port,
)
from triggers_api.channels.http import EXCERPT_BYTES, GuardedHttp
from triggers_api.channels.network import SendError
from triggers_api.push.channel import Refusal

SECRET_PATH = "/services/T000/s3cr3t?token=s3cr3t"


def test_the_request_arrives_as_it_was_meant(http: GuardedHttp) -> None:
    with answering(answer_of("202 Accepted", b"thanks", Retry_After="7")) as receiver:
        response = http.send(
            "PUT", f"{receiver.url}?a=1&b=%20", headers={"X-Custom": "yes"}, body=b'{"\xc3\xa9":1}'
        )

    request = receiver.requests[0]
    assert request.line == "PUT /in?a=1&b=%20 HTTP/1.1"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["x-custom"] == "yes"
    assert request.headers["accept-encoding"] == "identity"
    assert request.body == b'{"\xc3\xa9":1}'
    assert response.status_code == 202
    assert response.headers["retry-after"] == "7"
    assert response.body_excerpt == "thanks"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_are_not_followed(status: int, http: GuardedHttp) -> None:
    location = "http://169.254.169.254/latest/meta-data/"
    with answering(answer_of(f"{status} Elsewhere", Location=location)) as receiver:
        response = send(http, receiver.url)

    assert response.status_code == status
    assert len(receiver.requests) == 1


def test_nobody_there(http: GuardedHttp) -> None:
    with unused_port() as port, pytest.raises(SendError, match="refused the connection") as failed:
        send(http, f"http://127.0.0.1:{port}/")

    assert failed.value.refusal is Refusal.DOWN


def test_no_url_is_ever_logged(http: GuardedHttp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    malformed = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno header at all\r\n\r\n"
    with answering(malformed) as receiver:
        send(http, f"http://127.0.0.1:{receiver.port}{SECRET_PATH}")

    assert "s3cr3t" not in caplog.text
    assert "Failed to parse headers" in caplog.text  # the case that urllib3 logs with the URL


def test_no_failure_tells_the_url(http: GuardedHttp) -> None:
    with unused_port() as port, pytest.raises(SendError) as failed:
        send(http, f"http://127.0.0.1:{port}{SECRET_PATH}")

    assert "s3cr3t" not in f"{failed.value!r} {failed.value.message}"
    assert failed.value.__suppress_context__


def test_connections_are_used_again(http: GuardedHttp) -> None:
    with answering(OK) as receiver:
        for _ in range(5):
            send(http, receiver.url)

        assert len(receiver.connections) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        answer_of("200 OK", b"x" * (EXCERPT_BYTES + 1)),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
    ids=["it says so", "the body was not read to its end", "it is no longer HTTP"],
)
def test_connections_in_doubt_are_not_used_again(answer: bytes, http: GuardedHttp) -> None:
    with answering(answer) as receiver:
        for _ in range(3):
            assert send(http, receiver.url).status_code in (101, 200)
            time.sleep(0.01)

        assert len(receiver.connections) == 3


def test_what_comes_after_an_answer_is_never_taken_for_the_next(http: GuardedHttp) -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while receiver.read_request(connection) is not None:
            connection.sendall(OK)
            time.sleep(0.01)
            connection.sendall(answer_of("500 Smuggled"))

    with Receiver(talk) as receiver:
        for _ in range(3):
            assert send(http, receiver.url).status_code == 200
            time.sleep(0.03)


def test_an_answer_is_what_follows_interim_ones_and_not_the_next_requests(
    http: GuardedHttp,
) -> None:
    answers = [answer_of("500 The first"), answer_of("200 The second")]

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while receiver.read_request(connection) is not None:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.01)
            connection.sendall(answers.pop(0))

    with Receiver(talk) as receiver:
        assert [send(http, receiver.url).status_code for _ in range(2)] == [500, 200]
        assert len(receiver.connections) == 1


def test_connections_that_were_idle_for_long_are_not_used_again(
    http: GuardedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(OK) as receiver:
        send(http, receiver.url)
        later = time.time() + 60
        monkeypatch.setattr(time, "time", lambda: later)
        send(http, receiver.url)

        assert len(receiver.connections) == 2


def test_a_deadline_that_is_kept_does_no_harm_later(hasty_http: GuardedHttp) -> None:
    with answering(OK) as receiver:
        send(hasty_http, receiver.url)
        time.sleep(HASTY_SECONDS * 1.5)
        send(hasty_http, receiver.url)

        assert len(receiver.connections) == 1


def test_fifty_threads_share_one() -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while (request := receiver.read_request(connection)) is not None:
            connection.sendall(answer_of("200 OK", request.body))

    with (
        Receiver(talk) as receiver,
        closing(a_http(deadline_seconds=10.0)) as http,
        ThreadPoolExecutor(50) as threads,
    ):
        bodies = [b"%d" % number for number in range(500)]
        echoes = threads.map(lambda body: send(http, receiver.url, body).body_excerpt, bodies)

        assert [echo.encode() for echo in echoes] == bodies
        assert len(receiver.connections) <= 50


def test_one_slow_receiver_does_not_delay_the_others(
    http: GuardedHttp, hasty_http: GuardedHttp
) -> None:
    with silent() as slow, answering(OK) as quick, ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(send, hasty_http, slow.url)
        for _ in range(10):
            send(http, quick.url)
        assert not waiting.done()

        assert isinstance(waiting.exception(), SendError)
