import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from triggers_api.channels.deadlines import Deadline, Watchdog


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def test_a_connection_is_shut_down_when_its_time_is_over(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    begin = time.monotonic()
    with Watchdog().deadline(0.05) as deadline:
        deadline.hold(pair[0])

        assert pair[0].recv(1) == b""  # as if the other side had hung up

    assert 0.05 <= time.monotonic() - begin < 2
    assert deadline.has_passed
    assert deadline.remaining() == 0


def test_what_ends_in_time_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    watchdog = Watchdog()
    with watchdog.deadline(0.05) as deadline:
        deadline.hold(pair[0])
    with watchdog.deadline(0.1) as later:
        while not later.has_passed:
            time.sleep(0.01)

    pair[1].sendall(b"x")
    assert pair[0].recv(1) == b"x"


def test_a_connection_that_is_made_too_late_is_shut_down_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    deadline = Deadline(0)
    deadline.expire()
    deadline.hold(pair[0])

    assert pair[0].recv(1) == b""
    deadline.release()


def test_a_short_deadline_is_not_kept_waiting_by_a_long_one() -> None:
    watchdog = Watchdog()
    with watchdog.deadline(60), watchdog.deadline(0.05) as short:
        begin = time.monotonic()
        while not short.has_passed:
            assert time.monotonic() - begin < 2
            time.sleep(0.005)


def test_no_handle_is_left_open(pair: tuple[socket.socket, socket.socket]) -> None:
    watchdog = Watchdog()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        with watchdog.deadline(0.01) as deadline:
            deadline.hold(pair[0])
            deadline.hold(pair[1])

    assert len(list(Path("/proc/self/fd").iterdir())) == before
