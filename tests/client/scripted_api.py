"""A small API on loopback that a test tells how to misbehave; it stores by idempotency key."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from triggers_client import Client, Retry

LOST = "lost"  # done, but the connection ends before the answer


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    text: str = ""  # the body as it came
    from_port: int = 0  # the same for requests on one connection


Script = Callable[[Asked], "Said | str | None"]


def problem(status: int, code: str, **headers: str) -> Said:
    body = {"error": code, "message": f"It is {code}.", "details": [], "request_id": "r-1"}
    return Said(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class ScriptedApi(ThreadingHTTPServer):
    """`script` sees every request first; None lets the API do what it does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.stored: dict[str, dict[str, Any]] = {}
        self.script: Script = lambda _asked: None
        self.lock = threading.Lock()
        self.closes_late = False  # connections stay open, whatever the request asked for

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/base"

    def client(self, **retry: Any) -> Client:
        """A client that does not wait."""
        waits = Retry(**({"pause": lambda _seconds: False} | retry))
        return Client(self.url, "trg_key", retry=waits, timeout_seconds=5)

    def play(self, *answers: "Said | str | None") -> None:
        """Answer so, one after the other, then as the API does."""
        left = iter(answers)
        self.script = lambda _asked: next(left, None)

    def answer(self, asked: Asked) -> "Said | str":
        with self.lock:
            self.asked.append(asked)
            said = self.script(asked)
            if isinstance(said, Said):
                return said
            done = self._do(asked)
            return LOST if said == LOST else done

    def _do(self, asked: Asked) -> Said:
        path = asked.path.partition("?")[0]
        if path == "/base/me":
            return Said(
                body={"tenant": "demo", "key_id": "k", "key_name": "n", "scopes": ["admin"]}
            )
        if path == "/base/events/batch":
            return Said(body={"results": [self.store(each) for each in asked.body["events"]]})
        if path == "/base/events":
            key = asked.headers["idempotency-key"]
            if len(key) > 1 and key[0] == key[-1] == '"':
                key = key[1:-1]
            elif "," in key:  # as of a header that came twice
                return problem(400, "invalid_parameter")
            result = self.store(asked.body | {"idempotency_key": key})
            return Said(result["status"], result.get("event", result.get("error")))
        return problem(404, "route_not_found")

    def store(self, draft: dict[str, Any]) -> dict[str, Any]:
        """The result of one event of a batch."""
        if " " in draft["event_type"]:
            error = {"error": "invalid_event", "message": "A fault.", "details": []}
            return {"status": 422, "retry_after": None, "error": error}
        key = draft["idempotency_key"]
        replayed = key in self.stored
        if not replayed:
            self.stored[key] = an_event(f"evt_{len(self.stored)}", draft["payload"])
        return {"status": 201, "replayed": replayed, "event": self.stored[key]}


def an_event(event_id: str, payload: Any = None, **more: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": event_id,
        "event_id": event_id,
        "event_type": "order.fetched",
        "payload": payload or {},
        "metadata": {},
        "severity": "info",
        "execution_id": None,
        "status": "pending",
        "created_at": "2026-11-22T01:18:17.430673Z",
        "delivered_at": None,
        "delivery_attempts": 0,
    }
    return event | more


@contextmanager
def scripted_api() -> Iterator[ScriptedApi]:
    """Serve until the block ends."""
    server = ScriptedApi()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        server: Any = self.server
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if raw else None
        asked = Asked(self.command, self.path, headers, body, raw.decode(), self.client_address[1])
        said = server.answer(asked)
        if server.closes_late:
            self.close_connection = False
        if not isinstance(said, Said):
            self.close_connection = True
            return
        text = said.body if isinstance(said.body, str) else json.dumps(said.body)
        content = b"" if said.body is None else text.encode()
        self.send_response_only(said.status)
        if "date" not in said.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  # the library's names

    def log_message(self, *_: Any) -> None:
        """Not each of them."""
