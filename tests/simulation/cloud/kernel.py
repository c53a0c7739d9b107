"""Virtual time: many programs in one thread, each asleep until a moment; a seed decides all.

Programs are greenlets, since a turn of a thread costs fifty times as much. They switch only
where they wait: at each call of AWS, twice.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, Protocol, TypeVar

from greenlet import getcurrent, greenlet

Result = TypeVar("Result")

BEGIN: Final = 1795262400.0  # 2026-11-21 12:00 UTC


class KilledError(BaseException):
    """The process is gone: no handler may catch this, and nothing after it has an effect."""


class Awaited(Protocol):
    """Something that comes to an end."""

    @property
    def is_done(self) -> bool:
        """Whether it has."""
        ...

    def when_done(self, wake: Callable[[], None]) -> None:
        """Have this called once it has."""
        ...


class Fiber(greenlet, Generic[Result]):
    """A program's thread. `process` dies as a whole."""

    def __init__(
        self, kernel: "Kernel", name: str, work: Callable[[], Result], process: Any
    ) -> None:
        super().__init__(parent=kernel.hub)
        self.name = name
        self.process = process
        self.result: Result | None = None
        self.raised: BaseException | None = None
        self.waits = 0  # which wait it is in: an old one must not wake it
        self._is_done = False
        self._kernel = kernel
        self._work = work
        self._waiting: list[Callable[[], None]] = []

    def run(self) -> None:
        """What greenlet calls, at the first move."""
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001  # told to whoever waits for it
            self.raised = error
            if self.process is None:  # nobody does: it is the simulation's own
                self._kernel.crash = error
        self._end()

    def _end(self) -> None:
        self._is_done = True
        for wake in self._waiting:
            self._kernel.at(self._kernel.now, wake)

    @property
    def is_done(self) -> bool:
        """See `Awaited`."""
        return self._is_done

    def when_done(self, wake: Callable[[], None]) -> None:
        """See `Awaited`."""
        self._waiting.append(wake)

    def kill(self) -> None:
        """End it where it waits, as soon as nothing else moves."""
        if self.is_done:
            return
        if not self:  # never moved
            self.raised = KilledError()
            self.waits += 1
            self._end()
            return
        self.throw(KilledError)


class Kernel:
    """Whose turn is when."""

    def __init__(self, chance: random.Random) -> None:
        self.hub = getcurrent()
        self.now = BEGIN
        self.chance = chance
        self.steps = 0
        self.crash: BaseException | None = None
        self._until = float("inf")
        self._most_steps = 0
        self._turns: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    @property
    def next_at(self) -> float | None:
        """When something happens next, if anything ever will."""
        return self._turns[0][0] if self._turns else None

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Do something at a moment; what it does must not wait."""
        heapq.heappush(self._turns, (max(moment, self.now), next(self._numbers), act))

    def start(
        self, name: str, work: Callable[[], Result], *, process: Any = None, after: float = 0.0
    ) -> Fiber[Result]:
        """A new program, which begins after some seconds."""
        fiber = Fiber(self, name, work, process)
        self._wake_at(fiber, self.now + after)
        return fiber

    def sleep(self, seconds: float) -> None:
        """Let the current program wait; outside of any, time passes at once."""
        fiber = getcurrent()
        if not isinstance(fiber, Fiber):
            self.now += seconds
            return
        moment = self.now + seconds
        if self._is_next(moment):
            self.now = max(moment, self.now)
            self.steps += 1
            return
        self._wake_at(fiber, moment)
        self.hub.switch()

    def _is_next(self, moment: float) -> bool:
        """Whether nothing moves before: who waits so long need not give its turn away."""
        if moment > self._until or self.steps >= self._most_steps or self.crash is not None:
            return False
        return not self._turns or moment < self._turns[0][0]

    def join(self, others: "Iterable[Awaited]", seconds: float | None = None) -> None:
        """Let the current program wait for the end of others, or for so long."""
        fiber = getcurrent()
        assert isinstance(fiber, Fiber)
        ends_at = None if seconds is None else self.now + seconds
        for other in others:
            if other.is_done:
                continue
            fiber.waits += 1
            wake = _Wake(fiber, fiber.waits)
            other.when_done(wake)
            if ends_at is not None:
                self.at(ends_at, wake)
            self.hub.switch()
            if ends_at is not None and self.now >= ends_at:
                return

    def run(self, until: float = float("inf"), steps: int = 1_000_000) -> None:
        """Let everything happen that happens before a moment."""
        self._until, self._most_steps = until, steps
        while self._turns and self._turns[0][0] <= until:
            self.now, _, act = heapq.heappop(self._turns)
            self.steps += 1
            if self.steps > steps:
                raise AssertionError("it does not come to an end")
            act()
            if self.crash is not None:
                raise self.crash

    def _wake_at(self, fiber: Fiber[Any], moment: float) -> None:
        fiber.waits += 1
        self.at(moment, _Wake(fiber, fiber.waits))


class _Wake:
    """Wakes a program out of one certain wait."""

    __slots__ = ("_fiber", "_wait")

    def __init__(self, fiber: Fiber[Any], wait: int) -> None:
        self._fiber = fiber
        self._wait = wait

    def __call__(self) -> None:
        if self._fiber.waits == self._wait and not self._fiber.is_done:
            self._fiber.switch()


def current() -> Fiber[Any] | None:
    """The program that moves."""
    fiber = getcurrent()
    return fiber if isinstance(fiber, Fiber) else None
