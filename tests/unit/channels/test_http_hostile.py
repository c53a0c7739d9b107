"""Receivers that drip, pour, keep silent or talk nonsense hold nobody up and fill no memory."""

import io
import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cpu import grows_no_faster_than_length
from tests.memory import peak_below
from tests.unit.channels.pushes import HASTY_SECONDS, send
from tests.unit.channels.receivers import (
    Receiver,
    answer_of,
    answering,
    dripping,
    pouring,
    silent,
)
from triggers_api.channels.http import EXCERPT_BYTES, GuardedHttp, Response
from triggers_api.channels.limits import (
    HEAD_BYTES,
    LimitedAnswer,
    LimitedLines,
    TooMuchError,
)
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of
from triggers_api.push.channel import Refusal


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


CHUNKED = b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n"


class Endless(io.RawIOBase):
    """A connection over which a flood comes, so much at once; it stands for its socket too."""

    def __init__(self, head: bytes, flood: bytes, at_once: int) -> None:
        self._coming = itertools.chain(head, itertools.cycle(flood))
        self._at_once = at_once
        self.reads = self.taken = 0

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = bytes(itertools.islice(self._coming, min(self._at_once, len(buffer))))
        buffer[: len(part)] = part
        self.reads += 1
        self.taken += len(part)
        return len(part)


@contextmanager
def fails_in_time() -> Iterator[None]:
    with (
        no_longer_than(HASTY_SECONDS + 0.5),
        pytest.raises(SendError, match=r"No full answer came within 0\.3 seconds") as failed,
    ):
        yield
    assert failed.value.refusal is Refusal.DOWN


def test_headers_that_come_drop_by_drop_hold_nobody_up(hasty_http: GuardedHttp) -> None:
    with dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n") as receiver, fails_in_time():
        send(hasty_http, receiver.url)


def test_a_status_line_that_comes_drop_by_drop_holds_nobody_up(hasty_http: GuardedHttp) -> None:
    with dripping(b"HTTP/1.1 200 ", b"O") as receiver, fails_in_time():
        send(hasty_http, receiver.url)


@pytest.mark.parametrize("status", [b"100 Continue", b"103 Early Hints"])
def test_interim_answers_without_end_hold_nobody_up(status: bytes, hasty_http: GuardedHttp) -> None:
    with dripping(b"", b"HTTP/1.1 %s\r\n\r\n" % status) as receiver, fails_in_time():
        send(hasty_http, receiver.url)


def test_silence_holds_nobody_up(hasty_http: GuardedHttp) -> None:
    with silent() as receiver, fails_in_time():
        send(hasty_http, receiver.url)


def test_a_body_that_nobody_reads_holds_nobody_up(hasty_http: GuardedHttp) -> None:
    with silent() as receiver, fails_in_time():
        send(hasty_http, receiver.url, b"x" * 32 * 1024 * 1024)


def test_a_tls_handshake_that_never_ends_holds_nobody_up(hasty_http: GuardedHttp) -> None:
    with dripping(b"\x16\x03\x03\x40\x00", b"\x02", speaks_first=True) as receiver, fails_in_time():
        send(hasty_http, receiver.url.replace("http:", "https:"))


def test_the_status_counts_though_the_body_comes_drop_by_drop(hasty_http: GuardedHttp) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nfirst"
    with dripping(head, b".") as receiver, no_longer_than(HASTY_SECONDS + 0.5):
        response = send(hasty_http, receiver.url)

    assert response.status_code == 200
    assert response.body_excerpt.startswith("first.")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_of_a_body_without_end_little_is_read(head: bytes, http: GuardedHttp) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with pouring(head, chunk) as receiver, no_longer_than(5), peak_below(1_000_000):
        response = send(http, receiver.url)

    assert response.status_code == 500
    assert len(response.body_excerpt) == EXCERPT_BYTES


@pytest.mark.parametrize("trailer", [b"a\n", b"X-Sum: %s\r\n" % (b"b" * 60_000)])
def test_trailers_without_end_hold_nobody_up(trailer: bytes, http: GuardedHttp) -> None:
    with (
        pouring(CHUNKED + b"2\r\nok\r\n0\r\n", trailer * 1000) as receiver,
        no_longer_than(5),
        peak_below(1_000_000),
    ):
        response = send(http, receiver.url)

    assert response.status_code == 500
    assert response.body_excerpt == "ok"


@pytest.mark.parametrize(
    ("head", "flood"),
    [
        (CHUNKED + b"0\r\n", b"a\n"),
        (CHUNKED + b"0\r\n", b"X-Sum: %s\r\n" % (b"b" * 60_000)),
        (CHUNKED, b"1;%s\r\na\r\n" % (b"b" * 60_000)),
        (CHUNKED, b"1\r\na\r\n"),
        (CHUNKED + b"-5\r\n", b"a"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", b"a"),
        (b"HTTP/1.1 500 Oh\r\n", b"a\n"),
        (b"HTTP/1.1 500 Oh\r\n", b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 1400, 65_536])
def test_no_answer_is_read_on_for_more_than_it_may_tell(
    head: bytes, flood: bytes, at_once: int
) -> None:
    """Each read and each line costs CPU, for which no deadline makes up to others."""
    answer = LimitedAnswer(endless := Endless(head, flood, at_once))
    parts = 0
    with suppress(OSError, HTTPException):
        answer.begin()
        while answer.read1(EXCERPT_BYTES):
            parts += 1
            if parts * at_once > EXCERPT_BYTES:
                break
    answer.close()

    assert endless.reads <= 1024
    assert endless.taken <= 200_000
    assert parts <= 1024


def test_a_short_line_costs_as_much_of_the_limit_as_of_cpu() -> None:
    lines = LimitedLines(io.BytesIO(b"\n" * HEAD_BYTES))
    for _ in range(HEAD_BYTES // 4):
        assert lines.readline(HEAD_BYTES) == b"\n"

    with pytest.raises(TooMuchError):
        lines.readline(HEAD_BYTES)


def test_a_body_in_small_chunks_is_read_as_far_as_it_is_kept(http: GuardedHttp) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in [b"ab", b"cde"] * 250)
    with answering(CHUNKED + chunks + b"0\r\nX-Sum: 1\r\n\r\n") as receiver:
        assert send(http, receiver.url).body_excerpt == "abcde" * 250


def test_a_compressed_body_is_not_unpacked(http: GuardedHttp) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 200000000\r\n\r\n"
    with pouring(head, b"\x1f\x8b\x08\x00") as receiver, no_longer_than(5):
        response = send(http, receiver.url)

    assert len(response.body_excerpt) == EXCERPT_BYTES


def test_headers_without_end_are_refused(http: GuardedHttp) -> None:
    with (
        pouring(b"HTTP/1.1 200 OK\r\n", b"X-A: %s\r\n" % (b"b" * 60000)) as receiver,
        peak_below(1_000_000),
        pytest.raises(SendError, match="said more than is taken") as failed,
    ):
        send(http, receiver.url)

    assert failed.value.refusal is Refusal.DOWN


@pytest.mark.parametrize(
    ("header", "times"),
    [
        (b"X-A: b\r\n", 99),
        (b"X-A: b\r\n", 5000),
        (b"Retry-After: 1\r\n", 3000),
        (b"X-A: b\r\n b\r\n\tb\r\n", 2000),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", 1),
        (b"Content-Length: 5, 6\r\n", 1),
        (b"Content-Length: -5\r\n", 1),
        (b"Transfer-Encoding: gzip, chunked, x\r\n", 1),
        (b"no header at all\r\n", 1),
        (b" \r\n", 1),
    ],
)
def test_the_status_counts_whatever_headers_come_with_it(
    header: bytes, times: int, http: GuardedHttp
) -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        receiver.read_request(connection)
        connection.sendall(b"HTTP/1.1 429 Slower\r\n" + header * times + b"\r\n")

    with Receiver(talk) as receiver:
        assert send(http, receiver.url).status_code == 429


def test_a_header_that_is_needed_is_found_behind_any_number_of_others(http: GuardedHttp) -> None:
    answer = b"HTTP/1.1 103 Soon\r\n" + b"X-A: b\r\n" * 200 + b"\r\n"
    answer += b"HTTP/1.1 429 Slower\r\n" + b"X-A: b\r\n" * 200
    answer += b"retry-AFTER: Sun, 06 Nov\r\n 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n"
    with answering(answer) as receiver:
        said = send(http, receiver.url).headers["retry-after"]

    assert "".join(said.splitlines()) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("begin", "filling", "end"),
    [
        (b"Retry-After: ", b"1", b"x"),
        (b"Retry-After: +", b" ", b"x"),
        (b"Retry-After: ", b"1 ", b"x"),
        (b"Retry-After: ", b"Mon, ", b""),
        (b"Retry-After: 1\r\nDate: ", b"(", b""),
        (b'Content-Type: multipart/mixed; boundary*0="', b";", b""),
        (b"Content-Type: multipart/mixed", b";a=b", b""),
        (b"Content-Length: ", b"1,", b""),
        (b"Content-Length: ", b"1", b""),
        (b"Transfer-Encoding: ", b"a,", b""),
        (b"Connection: ", b"a,", b""),
        (b"", b"A:", b""),
        (b"", b"A\r\n", b"A: b"),
        (b"Date: a\r\n", b" a\r\n", b"A: b"),
    ],
)
def test_no_head_takes_the_square_of_its_length(begin: bytes, filling: bytes, end: bytes) -> None:
    def read(length: int) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            headers = begin + filling * (length // len(filling)) + end
            theirs.sendall(b"HTTP/1.1 429 Slower\r\n" + headers + b"\r\n\r\n")
            theirs.shutdown(socket.SHUT_WR)
            answer = LimitedAnswer(ours)
            answer.begin()
            receipt_of(Response(429, {k.lower(): v for k, v in answer.headers.items()}, ""))
            answer.close()

    assert grows_no_faster_than_length(read, 12_000)


def test_an_early_refusal_of_a_large_body_is_heard(http: GuardedHttp) -> None:
    def talk(_receiver: Receiver, connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(answer_of("413 Content Too Large", Connection="close"))
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.05)

    with Receiver(talk) as receiver:
        response = send(http, receiver.url, b"x" * 8 * 1024 * 1024)

    assert response.status_code == 413


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=80),
        st.binary(max_size=60).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest),
        st.lists(
            st.sampled_from(
                [
                    b"HTTP/1.1 ",
                    b"HTTP/0.9",
                    b"200",
                    b"99999",
                    b"-1",
                    b" ",
                    b"\r\n",
                    b"\n",
                    b"\0",
                    b"Content-Length: ",
                    b"Transfer-Encoding: chunked",
                    b"5",
                    b"zz",
                    b"\xff",
                    b":",
                    b"Content-Length: -5\r\n",
                    b"Content-Length: 5, 6\r\n",
                    b"Set-Cookie: a\r\n b",
                    b"1" * 5000,
                    b"Location: http://127.0.0.1/\r\n",
                    b"Connection: upgrade\r\n",
                ]
            ),
            max_size=12,
        ).map(b"".join),
    )
)
def test_whatever_is_answered_is_an_answer_or_a_failure(http: GuardedHttp, answer: bytes) -> None:
    def talk(receiver: Receiver, connection: socket.socket) -> None:
        receiver.read_request(connection)
        connection.sendall(answer)

    with Receiver(talk) as receiver:
        try:
            status = send(http, receiver.url).status_code
        except SendError as error:
            status = None
            may_be_mended = error.refusal is Refusal.DOWN
        else:
            may_be_mended = True

    assert status is None or 100 <= status <= 999
    assert may_be_mended
