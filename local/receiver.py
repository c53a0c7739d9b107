"""A receiver on this machine: takes whatever is pushed, shows it, and fails on request.

    http://127.0.0.1:4567/anything                       takes it: 200
    http://127.0.0.1:4567/anything?status=500            answers that
    http://127.0.0.1:4567/anything?fail_first=3          fails three times, then takes it
    http://127.0.0.1:4567/anything?status=429&retry_after=5&fail_first=1
    http://127.0.0.1:4567/anything?delay=20              takes its time; seconds

It verifies no signature and keeps nothing: for looking at, not for relying on.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from local.background import in_background
from local.emulator import HOST
from local.received import Received, channel_of
from local.receiver_page import NO_SCRIPTS, list_page, push_page

_LONGEST_BODY = 2_000_000  # of a push; payloads are 256 KiB at most
_IDLE_SECONDS = 60.0
_STATUSES = range(200, 600)
_SUCCESSES = range(200, 300)
_KINDS: dict[str, type[int | float]] = {
    "status": int,
    "delay": float,
    "fail_first": int,
    "retry_after": int,
}


class ReceiverError(Exception):
    """The receiver cannot run here; the message says what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a target's query asks for."""

    status: int = HTTPStatus.OK
    delay: float = 0.0
    fail_first: int = 0
    retry_after: int | None = None

    @classmethod
    def asked(cls, query: str) -> Self:
        """Read a query; raises ValueError for what it does not know."""
        given: dict[str, Any] = {
            name: _KINDS[name](values[-1])
            for name, values in parse_qs(query).items()
            if name in _KINDS
        }
        asked = cls(**given)
        if asked.status not in _STATUSES:
            raise ValueError(f"{asked.status} is no status to answer with.")
        return asked

    def status_of(self, attempt: int) -> int:
        """What that attempt at the same push is answered."""
        if self.fail_first == 0:
            return self.status
        if attempt > self.fail_first:
            return HTTPStatus.OK
        return HTTPStatus.INTERNAL_SERVER_ERROR if self.status in _SUCCESSES else self.status


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, received: Received) -> None:
        self.received = received
        self.stopped = threading.Event()
        super().__init__((HOST, port), _Handler)

    def stop(self) -> None:
        """Take no more, and keep nobody waiting."""
        self.stopped.set()
        self.shutdown()

    def handle_error(self, *_about: Any) -> None:
        """Say nothing: a worker that hung up, or was killed, is nothing to tell a person."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        """Show what came, or one of it."""
        path = urlsplit(self.path).path
        number = path.removeprefix("/pushes/")
        if path == "/":
            self._answer(HTTPStatus.OK, list_page(self.server.received.newest_first()))
        elif number.isdecimal() and (push := self.server.received.find(int(number))):
            self._answer(HTTPStatus.OK, push_page(push))
        else:
            self._answer(HTTPStatus.NOT_FOUND, "There is no such page. Post here what you like.")

    def do_POST(self) -> None:
        """Take a push."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too much.")
            return
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        try:
            behaviour = Behaviour.asked(parts.query)
        except ValueError as error:
            self._answer(HTTPStatus.BAD_REQUEST, str(error))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        identity = headers.get("webhook-id") or hashlib.sha256(body).hexdigest()
        attempt = self.server.received.begin(f"{self.path} {identity}")
        self.server.stopped.wait(behaviour.delay)
        status = behaviour.status_of(attempt)
        text = body.decode(errors="replace")
        channel = channel_of(parts.path, headers, text)
        self.server.received.add(
            channel=channel,
            target=self.path,
            attempt=attempt,
            status=status,
            headers=headers,
            body=text,
        )
        more = {}
        if behaviour.retry_after is not None and status not in _SUCCESSES:
            more["Retry-After"] = str(behaviour.retry_after)
        self._answer(status, _words(channel, status), **more)

    do_PUT = do_PATCH = do_POST  # noqa: N815  # http.server's names

    def _answer(self, status: int, text: str, **headers: str) -> None:
        content = text.encode()
        kind = "text/html" if text.startswith("<!doctype") else "text/plain"
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", NO_SCRIPTS)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.wfile.write(content)

    def log_message(self, *_message: Any) -> None:
        """Say nothing: whoever listens to `Received` does."""


def _words(channel: str, status: int) -> str:
    """What Slack says is text, what Telegram says an object; others do not look."""
    if status in _SUCCESSES:
        return "ok" if channel == "slack" else '{"ok": true, "result": {}}'
    if channel == "slack":
        return "no_service"
    return f'{{"ok": false, "error_code": {status}, "description": "as it was asked to"}}'


@contextmanager
def running_receiver(received: Received, port: int = 0) -> Iterator[str]:
    """Receive on this machine for as long as the block runs; yield the URL."""
    try:
        server = _Server(port, received)
    except OSError:
        raise ReceiverError(
            f"Port {port} on {HOST} is in use, perhaps by another run. Stop that one"
            " or choose another port with TRIGGERS_RECEIVER_PORT=<port> (0 takes any free one)."
        ) from None
    with server, in_background(lambda: server.serve_forever(0.05), "receiver", server.stop):
        yield f"http://{HOST}:{server.server_address[1]}"
