"""The emulator's own process: MiniStack, before which requests to the API wait in line.

As Lambda does at its limit, it answers 429 at once; but its limit is what a laptop can bear, and
AWS's is far off. So whoever is one too many waits here, as long as the client does.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

API_PREFIX = "/_aws/execute-api/"
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


def _as_the_gateway(send: Send) -> Send:
    """MiniStack calls JSON whatever does not say what it is, also where nothing is."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in _BODILESS:
            told = [each for each in message["headers"] if each[0].lower() != b"content-type"]
            message = {**message, "headers": told}
        await send(message)

    return sending


def main() -> None:
    """Run MiniStack as `python -m ministack` does; the one argument is how many places there are."""
    # Only here: imported, it reads the environment. It has no types.
    from ministack import app as ministack  # type: ignore[import-untyped]  # noqa: PLC0415

    places = int(sys.argv.pop())
    ministack.app = with_a_line(ministack.app, places)
    ministack.main()


if __name__ == "__main__":
    main()
