"""`make restore` as a process of a world: the real code, but for its threads, its time, its screen.

It is imported when a world needs it first: boto3 takes longer than a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self
from unittest.mock import patch

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from tests.simulation.cloud.kernel import KilledError
from tests.simulation.cloud.shortcut import ShortClient
from tests.simulation.cloud.threads import Threads
from tests.simulation.cloud.wire import Line
from tests.simulation.product.lambdas import Process

if TYPE_CHECKING:
    from tests.simulation.product.world import World

STACK: Final = "triggers"
_BOTO3S_OWN: Final = {"dynamodb": 10, "logs": 5}  # tries of a call, where nobody says how many
_OUTPUTS: Final = {
    f"{table}TableName": table.lower() for table in ("Events", "Keys", "Notifications", "Usage")
}
_PASSES: Final = ("AWS refused this", " The same command goes on where this one stopped.")


class _Screen:
    """In place of a bar that grows."""

    def __init__(self, **_: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def add_task(self, *_: object, **__: object) -> None: ...

    def advance(self, *_: object) -> None: ...


@dataclass
class Place:
    """The file in which a run notes how far it came; the next one reads it."""

    text: str | None = None
    other: Place | None = None

    @property
    def parent(self) -> Self:
        return self

    def mkdir(self, **_: object) -> None: ...

    def exists(self) -> bool:
        return self.text is not None

    def read_text(self) -> str:
        return self.text or ""

    def with_suffix(self, _: str) -> Place:
        return Place(other=self)

    def write_text(self, text: str) -> None:
        self.text = text

    def replace(self, _: Place) -> None:
        assert self.other is not None
        self.other.text = self.text

    def unlink(self, **_: object) -> None:
        self.text = None


class _Logs(ShortClient):
    """The client of CloudWatch's logs, whose pages botocore goes through."""

    def get_paginator(self, name: str) -> Any:
        paginator = self._real.get_paginator(name)
        paginator._method = getattr(self, name)  # noqa: SLF001  # in place of the real one's
        return paginator


class Command:
    """What is in place while worlds are played, and what the last run told."""

    undo: ClassVar[list[Any]] = []
    place: ClassVar[Place]
    report: ClassVar[Any] = None


def run(world: World, place: Place, *arguments: str) -> str:
    """Run it once, in a process of its own; why it stopped, or nothing if it came to its end."""
    _be_ready()
    restore, target = _modules()
    Command.place, Command.report = place, None
    stack = target.Stack(STACK, _OUTPUTS, {"LogRetentionDays": "30"}, _connect)
    on = target.Target(None, "", "", "the stack", "", stack=stack)
    process = Process(f"restore {arguments[0]}", lambda _event, _context: {}, skew=0.0)
    fiber = world.kernel.start(
        process.name, lambda: restore.main(list(arguments), on), process=process
    )
    process.fibers = [fiber]
    world.kernel.join([fiber])
    process.is_dead = True
    error = fiber.raised
    if error is None:
        return ""
    passes = isinstance(error, KilledError) or (
        isinstance(error, SystemExit)
        and (str(error).startswith(_PASSES[0]) or str(error).endswith(_PASSES[1]))
    )
    if not passes:
        world.broken.append(f"{process.name} ended with {error!r}")
    return repr(error)


def end() -> None:
    """Give everything back."""
    while Command.undo:
        Command.undo.pop().stop()


@cache
def _modules() -> tuple[Any, Any]:
    """Rich draws when it is imported: which world needs it first must not tell in its story."""
    drawn = random.getstate()
    from admin import restore, target  # noqa: PLC0415  # see above

    random.setstate(drawn)
    return restore, target


def _be_ready() -> None:
    if not Command.undo:
        for each in _instead():
            each.start()
            Command.undo.append(each)


def _instead() -> Iterator[Any]:
    restore, _ = _modules()
    from admin.restoring import carry_out, point_in_time  # noqa: PLC0415  # see above

    yield patch.object(carry_out, "ThreadPoolExecutor", Threads)
    pace = partial(carry_out.Pace, seconds=lambda: Threads.kernel.now, pause=_pause)
    yield patch.object(restore, "Pace", pace)
    yield patch.object(point_in_time.Copies.wait, "__defaults__", (_pause,))
    yield patch.object(restore, "Progress", _Screen)
    yield patch.object(restore, "_say", lambda _sentence: None)
    yield patch.object(restore, "_tell", _tell)
    yield patch.object(
        restore, "_file", lambda _stack, options: Command.place if options.apply else None
    )


def _pause(seconds: float) -> None:
    Threads.kernel.sleep(seconds)


def _tell(report: Any, **_: object) -> None:
    Command.report = report


def _connect(service: str) -> ShortClient:
    kind = _Logs if service == "logs" else ShortClient
    return kind(service, _real(service), Line.wire.carrier, _pause)


@cache
def _real(service: str) -> Any:
    """As `boto3.client` makes it."""
    retries: Any = {"mode": "legacy", "total_max_attempts": _BOTO3S_OWN[service]}
    config = Config(signature_version=UNSIGNED, retries=retries)
    session = botocore.session.get_session()
    return session.create_client(service, region_name="us-east-1", config=config)
