"""The emulator's own process: MiniStack, before which requests to the API wait in line.

As Lambda does at its limit, it answers 429 at once; but its limit is what a laptop can bear, and
AWS's is far off. So whoever is one too many waits here, as long as the client does.

It ends with the run that started it, however that ends, and once its data is written. MiniStack
itself waits for the functions that are called, which may take a minute, and then some.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

API_PREFIX = "/_aws/execute-api/"
WRITE_AND_END = signal.SIGUSR1  # at once; SIGTERM lets it finish what it has begun
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def with_a_line(app: App, places: int) -> App:
    """The application, to which no more requests to the API come at once than it has places."""
    line = asyncio.Semaphore(places)

    async def handle(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX):
            async with line:
                await app(scope, receive, _as_the_gateway(send))
        else:
            await app(scope, receive, send)

    return handle


def with_a_front_door(app: App, front: str) -> App:
    """The application, which leads a browser at its root, where S3 would answer, to a page of ours."""

    async def handle(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if front and scope["type"] == "http" and _is_at_the_door(scope, front):
            headers = [(b"location", front.encode()), (b"content-length", b"0")]
            status = HTTPStatus.TEMPORARY_REDIRECT
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await app(scope, receive, send)

    return handle


def _is_at_the_door(scope: MutableMapping[str, Any], front: str) -> bool:
    """Whether the page is meant: by its address without the slash, or by somebody who wants one."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    wants_a_page = b"text/html" in headers.get(b"accept", b"") and b"authorization" not in headers
    path = scope["path"]
    return scope["method"] == "GET" and (
        path == front.removesuffix("/") or (path == "/" and wants_a_page)
    )


def ending_when_written(app: App, end: Callable[[], None]) -> App:
    """The application, which ends the process when it has written its data."""

    async def handle(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                end()
            await send(message)

        await app(scope, receive, sending if scope["type"] == "lifespan" else send)

    return handle


def _as_the_gateway(send: Send) -> Send:
    """MiniStack calls JSON whatever does not say what it is, also where nothing is."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in _BODILESS:
            told = [each for each in message["headers"] if each[0].lower() != b"content-type"]
            message = {**message, "headers": told}
        await send(message)

    return sending


def main() -> None:
    """Run MiniStack as `python -m ministack` does; the arguments are the places and the front page."""
    # Only here: imported, it reads the environment. It has no types.
    from ministack import app as ministack  # type: ignore[import-untyped]  # noqa: PLC0415

    front, places = sys.argv.pop(), int(sys.argv.pop())
    in_line = with_a_line(ministack.app, places)
    ministack.app = ending_when_written(with_a_front_door(in_line, front), _end)
    signal.signal(WRITE_AND_END, lambda *_: _write_and_end(ministack))
    threading.Thread(target=_end_with_the_run, name="run", daemon=True).start()
    ministack.main()


def _write_and_end(ministack: Any) -> None:
    """Write all data, in the middle of whatever is under way."""
    ministack.save_all(ministack._build_persistence_save_dict())  # noqa: SLF001  # no other way
    _end()


def _end() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with_the_run() -> None:
    """Wait until whoever holds the other end of our input has gone, and end as if told to."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
