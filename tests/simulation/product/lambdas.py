"""Lambda: processes that carry out one invocation at a time, remember between them, and die."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.cloud.kernel import Fiber, Kernel, KilledError, current

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Event = dict[str, Any]
_SKEW_AT_MOST = 1.0  # seconds that a process's clock is off


@dataclass(eq=False)
class Process:
    """One instance of a function, with a clock of its own."""

    name: str
    handler: Handler
    skew: float
    is_dead: bool = False
    is_busy: bool = False
    fibers: list[Fiber[Any]] = field(default_factory=list)
    release: str = ""

    def die(self, kernel: Kernel) -> None:
        """All that it is doing ends where it waits."""
        self.is_dead = True
        moving = current()
        for fiber in self.fibers:
            if fiber is not moving:
                kernel.at(kernel.now, fiber.kill)


class FailedError(Exception):
    """The invocation raised, ran out of time, or its process died."""


class ThrottledError(FailedError):
    """All its processes are busy, and there may be no more."""


@dataclass(eq=False)
class Function:
    """A function and its processes."""

    name: str
    wire: Callable[[str], Handler]  # of a release
    seconds: float  # its timeout
    kernel: Kernel
    chance: random.Random
    most: int = 3  # processes of a release
    crashed: Callable[[str, BaseException], None] = lambda _name, _error: None
    release: Callable[[str], str] = lambda _name: ""  # that a call reaches
    processes: list[Process] = field(default_factory=list)
    _started: int = 0

    def invoke(self, event: Event) -> Event:
        """What it answers; the caller, a program, waits. Raises `FailedError`."""
        process = self._free()
        if process is None:
            raise ThrottledError(self.name)
        process.is_busy = True
        fiber = self.kernel.start(
            process.name, lambda: process.handler(event, None), process=process
        )
        process.fibers = [fiber]
        if current() is None:
            raise AssertionError("only a program can wait for a function")
        self.kernel.join([fiber], self.seconds)
        return self._end(process, fiber)

    def _end(self, process: Process, fiber: Fiber[Event]) -> Event:
        """A handler that raises has answered, and its process serves on with all that it remembers.

        Who runs out of time or dies is reset:
        https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html,
        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        process.is_busy = False
        if not fiber.is_done:
            process.die(self.kernel)
        error = fiber.raised
        if error is not None and not isinstance(error, KilledError):
            self.crashed(process.name, error)
        if process.is_dead:
            self.processes.remove(process)
            raise FailedError(f"{process.name} is dead")
        if error is not None:
            raise FailedError(f"{process.name} raised {error!r}")
        assert fiber.result is not None
        return fiber.result

    def one(self) -> Process:
        """A process for whoever stands outside of the world."""
        release = self.release(self.name)
        of_release = [each for each in self.processes if each.release == release]
        return of_release[0] if of_release else self._start(release)

    def _free(self) -> Process | None:
        """A process that has nothing to do, or a new one."""
        release = self.release(self.name)
        of_release = [each for each in self.processes if each.release == release]
        idle = [each for each in of_release if not each.is_busy]
        if idle and self.chance.random() < 0.8:
            return self.chance.choice(idle)
        if len(of_release) >= self.most:
            return self.chance.choice(idle) if idle else None
        return self._start(release)

    def _start(self, release: str) -> Process:
        self._started += 1
        skew = self.chance.uniform(-_SKEW_AT_MOST, _SKEW_AT_MOST)
        name = f"{self.name}-{self._started}{release}"
        process = Process(name, self.wire(release), skew, release=release)
        self.processes.append(process)
        return process
