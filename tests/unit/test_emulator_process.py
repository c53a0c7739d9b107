"""The line before the emulator: who is one too many waits, and is not turned away."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from local.emulator_process import (
    API_PREFIX,
    App,
    Message,
    Receive,
    Send,
    ending_when_written,
    with_a_front_door,
    with_a_line,
)

PLACES = 3
API = f"{API_PREFIX}a1b2c3d4/events"


class Emulator:
    """Answers when it is told to, and counts who is there."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.inside: list[str] = []
        self.most = 0
        self.served: list[str] = []

    async def __call__(
        self, scope: MutableMapping[str, Any], _receive: Receive, _send: Send
    ) -> None:
        name = scope["query_string"].decode()
        self.inside.append(name)
        self.most = max(self.most, len(self.inside))
        await self.go.wait()
        self.inside.remove(name)
        self.served.append(name)


async def nothing() -> Message:
    raise AssertionError


async def call(app: App, path: str, name: str) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "http", "path": path, "query_string": name.encode()}, nothing, send)
    return sent


async def settled() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


def test_all_are_served_in_order_and_never_more_at_once_than_there_are_places() -> None:
    async def scene() -> Emulator:
        emulator = Emulator()
        app = with_a_line(emulator, PLACES)
        calls = [asyncio.create_task(call(app, API, f"{number:02}")) for number in range(48)]
        await settled()
        assert emulator.inside == ["00", "01", "02"]
        emulator.go.set()
        await asyncio.gather(*calls)
        return emulator

    emulator = asyncio.run(scene())

    assert emulator.most == PLACES
    assert emulator.served == [f"{number:02}" for number in range(48)]


def test_what_is_not_for_the_api_does_not_wait() -> None:
    """A function's own calls of AWS above all: they would wait for the request they belong to."""

    async def scene() -> list[str]:
        emulator = Emulator()
        app = with_a_line(emulator, PLACES)
        calls = [asyncio.create_task(call(app, API, f"api-{number}")) for number in range(9)]
        calls.append(asyncio.create_task(call(app, "/", "dynamodb")))
        await settled()
        inside = list(emulator.inside)
        emulator.go.set()
        await asyncio.gather(*calls)
        return inside

    assert "dynamodb" in asyncio.run(scene())


def test_a_place_is_free_again_after_a_failure() -> None:
    async def failing(_scope: MutableMapping[str, Any], _receive: Receive, _send: Send) -> None:
        raise ConnectionResetError

    async def scene() -> list[BaseException | list[Message]]:
        app = with_a_line(failing, 1)
        return await asyncio.gather(
            *(call(app, API, str(number)) for number in range(3)), return_exceptions=True
        )

    assert [type(each) for each in asyncio.run(scene())] == [ConnectionResetError] * 3


def test_what_has_no_body_is_not_called_json() -> None:
    async def answering(scope: MutableMapping[str, Any], _receive: Receive, send: Send) -> None:
        status = int(scope["query_string"])
        headers = [(b"Content-Type", b"application/json"), (b"x-request-id", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def names_of(status: int) -> list[bytes]:
        sent = await call(with_a_line(answering, 1), API, str(status))
        return [name for name, _ in sent[0]["headers"]]

    assert asyncio.run(names_of(204)) == [b"x-request-id"]
    assert asyncio.run(names_of(304)) == [b"x-request-id"]
    assert asyncio.run(names_of(200)) == [b"Content-Type", b"x-request-id"]


FRONT = f"{API_PREFIX}a1b2c3d4/"
HTML = (b"Accept", b"text/html,*/*")


def knock(method: str, path: str, *headers: tuple[bytes, bytes]) -> bytes | None:
    """Where the caller is led; None if the emulator answers."""
    passed = []

    async def emulator(scope: MutableMapping[str, Any], _receive: Receive, _send: Send) -> None:
        passed.append(scope["path"])

    async def scene() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        app = with_a_front_door(emulator, FRONT)
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        await app(scope, nothing, send)
        return sent

    sent = asyncio.run(scene())
    if passed:
        assert (passed, sent) == ([path], [])
        return None
    assert sent[0]["status"] == 307
    return bytes(dict(sent[0]["headers"])[b"location"])


def test_a_browser_at_the_root_is_led_to_the_front_page() -> None:
    assert knock("GET", "/", HTML) == FRONT.encode()
    assert knock("GET", FRONT.removesuffix("/")) == FRONT.encode()


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", []),
        ("GET", "/", [HTML, (b"Authorization", b"AWS4-HMAC-SHA256")]),
        ("POST", "/", [HTML]),
        ("GET", "/bucket", [HTML]),
        ("GET", FRONT, [HTML]),
    ],
)
def test_nobody_else_is_led_anywhere(
    method: str, path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    assert knock(method, path, *headers) is None


def test_it_ends_when_its_data_is_written_and_not_before() -> None:
    said = []

    async def emulator(_scope: MutableMapping[str, Any], _receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.complete"})
        said.append("written")
        await send({"type": "lifespan.shutdown.complete"})

    async def send(_message: Message) -> None:
        return

    async def scene() -> None:
        app = ending_when_written(emulator, lambda: said.append("ended"))
        await app({"type": "lifespan"}, nothing, send)

    asyncio.run(scene())
    assert said == ["written", "ended"]
