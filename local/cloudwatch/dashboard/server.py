"""Serves the page and its data on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local.background import in_background
from local.clients import client
from local.cloudwatch.dashboard.answers import Dashboard

HOST = "127.0.0.1"

LONGEST_MINUTES = 24 * 60
_FOLDER = Path(__file__).parent
_KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FILES = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _KINDS}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, dashboard: Dashboard, runbook: Path | None) -> None:
        self.dashboard = dashboard
        self.runbook = runbook
        self.asking = threading.Lock()  # two open pages ask the emulator one after the other
        super().__init__((HOST, port), _Handler)

    def handle_error(self, *_about: Any) -> None:
        """Say nothing: a browser that went away is nothing to tell a person."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60.0
    server: _Server

    def do_GET(self) -> None:
        """Answer a file of this folder, or the data."""
        parts = urlsplit(self.path)
        if parts.path == "/data":
            self._answer_data(parts.query)
            return
        file = _FILES.get(parts.path.removeprefix("/") or "page.html")
        if parts.path == "/runbook.md" and self.server.runbook is not None:
            self._answer(HTTPStatus.OK, "text/markdown", self.server.runbook.read_bytes())
        elif file is None:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.")
        else:
            self._answer(HTTPStatus.OK, _KINDS[file.suffix], file.read_bytes())

    def _answer_data(self, query: str) -> None:
        asked = parse_qs(query).get("minutes", ["60"])[-1]
        if not asked.isdecimal() or not 1 <= int(asked) <= LONGEST_MINUTES:
            text = f"minutes is a number from 1 to {LONGEST_MINUTES}."
            self._answer(HTTPStatus.BAD_REQUEST, "text/plain", text.encode())
            return
        try:
            with self.server.asking:
                data = self.server.dashboard.answer(int(asked), time.time())
        except (BotoCoreError, ClientError) as error:
            self._answer(HTTPStatus.BAD_GATEWAY, "text/plain", str(error).encode())
            return
        self._answer(HTTPStatus.OK, "application/json", json.dumps(data).encode())

    def _answer(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_message: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_dashboard(
    endpoint: str,
    stack_name: str,
    dashboard: str | None,
    port: int = 0,
    *,
    runbook: Path | None = None,
) -> Iterator[str]:
    """Serve for as long as the block runs; yield the URL. Another port if that one is taken.

    `runbook` is a document with a heading for each alarm.
    """
    shown = Dashboard(client("cloudwatch", endpoint), dashboard, stack_name)
    try:
        server = _Server(port, shown, runbook)
    except OSError:
        server = _Server(0, shown, runbook)
    with server, in_background(lambda: server.serve_forever(0.05), "dashboard", server.shutdown):
        yield f"http://{HOST}:{server.server_address[1]}"
