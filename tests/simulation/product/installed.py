"""The real handlers on the simulated cloud: what of Python's own they must not use meanwhile."""

import asyncio
import logging
import os
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import mangum.protocols.http
from botocore.retries import quota
from starlette.routing import compile_path

from tests import conftest as _environment  # noqa: F401  # sets what the handlers read
from tests.simulation.cloud.kernel import Kernel, current
from tests.simulation.cloud.threads import Lock, Threads, wait
from tests.simulation.cloud.wire import Line, Wire, unsigned
from tests.simulation.product import restore_command
from tests.simulation.product.log import overheard
from tests.simulation.product.receivers import simulated
from tests.simulation.product.releases import TODAY, Release

_WITH_THREADS = (
    "parallel",
    "handlers.counter",
    "handlers.delivery",
    "store.listing",
    "watch.observe",
)
_compile_path = cache(compile_path)  # of the same routes, for each process anew
_WITH_HTTP = ("handlers.api", "handlers.delivery")
_WITH_PAUSES = (("push.deliver", "Deliver"), ("leases.lease", "LeaseEvents"))


class _Stage:
    """Which world runs; there is one at a time."""

    kernel: Kernel
    chance: random.Random


def _now(_zone: object = None) -> datetime:
    """The time by the clock of the process that asks."""
    fiber = current()
    skew = fiber.process.skew if fiber is not None and fiber.process is not None else 0.0
    return datetime.fromtimestamp(_Stage.kernel.now + skew, UTC)


def _sleep(seconds: float) -> None:
    _Stage.kernel.sleep(seconds)


def _random_bytes(count: int) -> bytes:
    return _Stage.chance.randbytes(count)


def _unsigned(_signer: object, headers: dict[str, str], _body: bytes) -> dict[str, str]:
    """Nothing here reads a signature."""
    return headers


class _Loop:
    """Runs what never waits for a loop: our application waits inside its calls."""

    def create_task(self, work: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        return work

    def run_until_complete(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            work.send(None)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("a request waits for an event loop")


def _of(release: Release, wire: Wire) -> Iterator[Any]:
    """What no release must use; what one does not have, it does not use either."""
    clients, http = release.module("aws.clients"), release.module("channels.http")
    clock = SimpleNamespace(now=_now, fromisoformat=datetime.fromisoformat)
    slow = SimpleNamespace(sleep=_sleep)
    for name, attribute, instead in (
        ("aws.clients", "_config", unsigned(clients)),
        ("aws.clients", "create_client", wire.maker_for(clients)),
        ("aws.dynamodb_wire", "KeptConnections", Line),
        ("aws.dynamodb_wire", "all_are_overheard", lambda: False),  # moto may be loaded
        ("aws.dynamodb_wire", "time", slow),
        ("store.table", "time", slow),
        ("api.lazy_route", "compile_path", _compile_path),
        ("timestamps", "datetime", clock),
        ("watch.observe", "wait", wait),
        *((each, "ThreadPoolExecutor", Threads) for each in _WITH_THREADS),
        *((each, "GuardedHttp", simulated(http)) for each in _WITH_HTTP),
    ):
        module = release.module(name)
        if module is not None and (release is TODAY or hasattr(module, attribute)):
            yield patch.object(module, attribute, instead)
    roles = release.module("channels.receivers_roles")
    if roles is not None:
        session = roles._Session  # noqa: SLF001
        yield patch.object(roles, "_Session", lambda: session(lock=Lock()))
        channels = release.module("channels")
        yield patch.object(channels, "new_clients", wire.accounts_for(clients))
    signature = release.module("aws.signature")
    if signature is not None:
        yield patch.object(signature.Signer, "sign", _unsigned)
    for name, verb in _WITH_PAUSES:
        waits = getattr(release.module(name), verb).__init__.__kwdefaults__
        yield patch.dict(waits, pause=_sleep)


_WIRE = Wire(_sleep)  # one for all worlds of this Python process: its clients take long to make


@contextmanager
def installed(*others: Release) -> Iterator[Callable[..., Wire]]:
    """Give a function that puts a world on stage, as often as wanted."""
    wire = Line.wire = _WIRE
    asynchronous = SimpleNamespace(Queue=asyncio.Queue, get_event_loop=_Loop)
    patches: list[Any] = [
        patch.object(botocore.endpoint, "time", SimpleNamespace(sleep=_sleep)),
        patch.object(botocore.endpoint, "uuid", SimpleNamespace(uuid4=lambda: "a-call")),
        patch.object(quota.RetryQuota, "acquire", lambda *_: True),
        patch.object(quota.RetryQuota, "release", lambda *_: None),
        patch.object(mangum.protocols.http, "asyncio", asynchronous),
        patch.object(os, "urandom", _random_bytes),
        patch.object(random, "_urandom", _random_bytes),
        *overheard(),
        *(each for release in (TODAY, *others) for each in _of(release, wire)),
    ]
    logging.disable(logging.CRITICAL)
    for each in patches:
        each.start()

    def put_on(kernel: Kernel, chance: random.Random, *, is_short: bool) -> Wire:
        wire.is_short = is_short
        _Stage.kernel, _Stage.chance = kernel, chance
        Threads.kernel = kernel
        random.seed(chance.getrandbits(64))
        return wire

    try:
        yield put_on
    finally:
        restore_command.end()
        for each in reversed(patches):
            each.stop()
        logging.disable(logging.NOTSET)
