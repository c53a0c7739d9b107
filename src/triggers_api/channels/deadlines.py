"""Time limits for whole exchanges, whatever the other side does.

A socket's own timeout starts anew with every byte that arrives: a receiver that sends one byte
now and then holds a worker for as long as it likes. So one thread watches all exchanges and
shuts their sockets down when their time is over; whoever reads or writes then finds them closed.
"""

import heapq
import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """The end of one exchange."""

    def __init__(self, seconds: float) -> None:
        """Ends that long after now."""
        self.seconds = seconds
        self.at = time.monotonic() + seconds
        self.has_passed = False
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()

    def remaining(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self.at - time.monotonic())

    def hold(self, connection: socket.socket) -> None:
        """Shut this connection down when the time is over.

        A duplicate is kept: TLS takes the socket's handle away from the object, and a closed
        handle's number may by then belong to somebody else's connection.
        """
        duplicate = socket.socket(fileno=os.dup(connection.fileno()))
        with self._lock:
            self._held.append(duplicate)
            if self.has_passed:
                _shut_down(duplicate)

    def expire(self) -> None:
        """The time is over."""
        with self._lock:
            self.has_passed = True
            for held in self._held:
                _shut_down(held)

    def release(self) -> None:
        """The exchange is done; its connections are left alone from now on."""
        with self._lock:
            for held in self._held:
                held.close()
            self._held.clear()


class Watchdog:
    """Expires deadlines, from one thread that starts with the first of them."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Deadline]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[Deadline]:
        """A deadline for the exchange that is carried out inside."""
        deadline = Deadline(seconds)
        with self._changed:
            heapq.heappush(self._due, (deadline.at, next(self._numbers), deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            elif self._due[0][2] is deadline:
                self._changed.notify()
        try:
            yield deadline
        finally:
            deadline.release()

    def _watch(self) -> None:
        while True:
            self._next().expire()  # outside the lock; a released one holds nothing

    def _next(self) -> Deadline:
        """Wait for the first deadline to be over."""
        with self._changed:
            while not self._due or self._due[0][2].remaining():
                self._changed.wait(self._due[0][2].remaining() if self._due else None)
            return heapq.heappop(self._due)[2]


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
