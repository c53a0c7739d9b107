import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

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
from triggers_api.channels.http import EXCERPT_BYTES, USER_AGENT, GuardedHttp
from triggers_api.channels.network import SendError
from triggers_api.push.channel import Refusal

SECRET_PATH = "/services/T000/s3cr3t?token=s3cr3t"


def test_the_request_arrives_as_it_was_meant() -> None:
    http = a_http(cdn_loop="triggers-api, triggers-api-0123456789abcdef")
    with answering(answer_of("202 Accepted", b"thanks", Retry_After="7")) as receiver:
        response = http.send(
            "PUT", f"{receiver.url}?a=1&b=%20", headers={"X-Custom": "yes"}, body=b'{"\xc3\xa9":1}'
        )

    request = receiver.requests[0]
    assert request.line == "PUT /in?a=1&b=%20 HTTP/1.1"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["x-custom"] == "yes"
    assert request.headers["cdn-loop"] == "triggers-api, triggers-api-0123456789abcdef"
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


def test_no_failure_tells_the_url(http: GuardedHttp) -> None:
    with unused_port() as port, pytest.raises(SendError) as failed:
        send(http, f"http://127.0.0.1:{port}{SECRET_PATH}")

    assert "s3cr3t" not in f"{failed.value!r} {failed.value.message}"
    assert failed.value.__suppress_context__


def late(first: bytes, then: bytes) -> Receiver:
    """Answers each connection's requests with `first`, and says more when nobody asked."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while receiver.read_request(connection) is not None:
            connection.sendall(first)
            time.sleep(0.005)
            with suppress(OSError):
                connection.sendall(then)

    return Receiver(talk)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", answer_of("410 Gone")),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nsorry", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"a late body"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\nbody", b""),
        (OK, answer_of("500 Smuggled")),
        (OK + answer_of("410 Gone"), answer_of("410 Gone")),
        (OK, b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (answer_of("200 OK", b"x" * (EXCERPT_BYTES + 1)), b""),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", answer_of("410 Gone")),
    ],
)
def test_an_answer_counts_only_for_its_own_request(
    first: bytes, then: bytes, http: GuardedHttp
) -> None:
    expected = int(first.split()[1])
    with late(first, then) as receiver:
        for pause in (0, 0, 0.002, 0.006, 0.01, 0.02):
            assert send(http, receiver.url).status_code == expected
            time.sleep(pause)


def test_whatever_one_receiver_says_another_at_the_same_place_is_not_heard_through_it(
    http: GuardedHttp,
) -> None:
    """Two tenants may well push to one host: a platform for webhooks, or one that is attacked."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while (request := receiver.read_request(connection)) is not None:
            if " /hostile " in request.line:
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                time.sleep(0.005)
                connection.sendall(answer_of("410 Gone"))
            else:
                connection.sendall(OK)

    with Receiver(talk) as receiver:
        base = receiver.url.removesuffix("/in")
        for pause in (0, 0.002, 0.01, 0.02):
            send(http, f"{base}/hostile")
            time.sleep(pause)
            assert send(http, f"{base}/honest").status_code == 200


def test_a_receiver_that_hangs_up_after_an_answer_gets_the_next_request_all_the_same(
    http: GuardedHttp,
) -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        receiver.read_request(connection)
        connection.sendall(OK)

    with Receiver(talk) as receiver:
        for pause in (0, 0, 0.005, 0.02):
            assert send(http, receiver.url).status_code == 200
            time.sleep(pause)

        assert len(receiver.requests) == 4


def test_a_receiver_is_told_that_its_connection_is_used_once(http: GuardedHttp) -> None:
    with answering(OK) as receiver:
        for _ in range(3):
            send(http, receiver.url)

        assert len(receiver.connections) == 3
    assert {each.headers["connection"] for each in receiver.requests} == {"close"}


def test_who_pushes_and_what_it_accepts_is_said(http: GuardedHttp) -> None:
    with answering(OK) as receiver:
        send(http, receiver.url)
        http.send("POST", receiver.url, headers={"accept": "text/plain"}, body=b"{}")

    assert [each.headers["accept"] for each in receiver.requests] == ["*/*", "text/plain"]
    assert {each.headers["user-agent"] for each in receiver.requests} == {USER_AGENT}


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


def test_nobody_waits_longer_than_the_longest_whatever_is_asked() -> None:
    http = a_http(longest_seconds=HASTY_SECONDS)
    with silent() as receiver, pytest.raises(SendError, match=r"within 0\.3 seconds"):
        http.send("POST", receiver.url, headers={}, body=b"", timeout_seconds=30)


def test_fifty_threads_share_one() -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while (request := receiver.read_request(connection)) is not None:
            connection.sendall(answer_of("200 OK", request.body))

    http = a_http(deadline_seconds=10.0)
    with (
        Receiver(talk) as receiver,
        ThreadPoolExecutor(50) as threads,
    ):
        bodies = [b"%d" % number for number in range(500)]
        echoes = threads.map(lambda body: send(http, receiver.url, body).body_excerpt, bodies)

        assert [echo.encode() for echo in echoes] == bodies


def test_one_slow_receiver_does_not_delay_the_others(
    http: GuardedHttp, hasty_http: GuardedHttp
) -> None:
    with silent() as slow, answering(OK) as quick, ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(send, hasty_http, slow.url)
        for _ in range(10):
            send(http, quick.url)
        assert not waiting.done()

        assert isinstance(waiting.exception(), SendError)
