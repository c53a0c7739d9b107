"""What stands in for threads: programs that wait in virtual time, one process's together."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Generic, Self, TypeVar

from tests.simulation.cloud.kernel import Fiber, Kernel, current

Result = TypeVar("Result")


class Promise(Generic[Result]):
    """As `concurrent.futures.Future`."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self.work = work
        self.fiber: Fiber[Result] | None = None
        self._is_cancelled = False
        self._waiting: list[Callable[[], None]] = []

    def begin(self, fiber: Fiber[Result]) -> None:
        """From now on this program does the work."""
        self.fiber = fiber
        for wake in self._waiting:
            fiber.when_done(wake)

    @property
    def is_done(self) -> bool:
        """See `Awaited`."""
        return self._is_cancelled or (self.fiber is not None and self.fiber.is_done)

    def when_done(self, wake: Callable[[], None]) -> None:
        """See `Awaited`."""
        if self.fiber is None:
            self._waiting.append(wake)
        else:
            self.fiber.when_done(wake)

    def cancel(self) -> None:
        """Do not begin it; what has begun goes on."""
        self._is_cancelled = self.fiber is None

    def cancelled(self) -> bool:
        return self._is_cancelled

    def done(self) -> bool:
        return self.is_done

    def exception(self) -> BaseException | None:
        Threads.kernel.join([self])
        assert self.fiber is not None
        return self.fiber.raised

    def result(self) -> Result:
        error = self.exception()
        if error is not None:
            raise error
        assert self.fiber is not None
        return self.fiber.result  # type: ignore[return-value]  # it did not raise


class Threads:
    """As `concurrent.futures.ThreadPoolExecutor`: so many at once."""

    kernel: ClassVar[Kernel]
    """Of the world that runs."""

    def __init__(self, max_workers: int = 1) -> None:
        self._owner = current()
        self._free = max_workers
        self._waiting: list[Promise[Any]] = []
        self._promises: list[Promise[Any]] = []

    def submit(self, work: Callable[..., Result], *arguments: Any, **named: Any) -> Promise[Result]:
        promise = Promise(lambda: work(*arguments, **named))
        self._promises.append(promise)
        self._waiting.append(promise)
        self._begin()
        return promise

    def map(self, work: Callable[..., Result], *things: Iterable[Any]) -> Iterator[Result]:
        calls = list(zip(*things, strict=False))
        if self._owner is None:  # before the world runs, nothing happens at once
            return iter([work(*each) for each in calls])
        promises = [self.submit(work, *each) for each in calls]
        self.kernel.join(promises)
        return iter([each.result() for each in promises])

    def _begin(self) -> None:
        owner = self._owner
        assert owner is not None
        while self._free and self._waiting:
            promise = self._waiting.pop(0)
            self._free -= 1
            fiber = self.kernel.start(owner.name, promise.work, process=owner.process)
            if owner.process is not None:
                owner.process.fibers.append(fiber)
            fiber.when_done(self._end_one)
            promise.begin(fiber)

    def _end_one(self) -> None:
        self._free += 1
        self._begin()

    def shutdown(self, *, wait: bool = True, cancel_futures: bool = False) -> None:
        if cancel_futures:
            for each in self._waiting:
                each.cancel()
            self._waiting.clear()
        if wait and self._owner is not None:
            self.kernel.join(self._promises)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()


class _Hold:
    """The time between an `acquire` and its `release`."""

    def __init__(self) -> None:
        self.is_done = False
        self._waiting: list[Callable[[], None]] = []

    def when_done(self, wake: Callable[[], None]) -> None:
        """See `Awaited`."""
        self._waiting.append(wake)

    def end(self, kernel: Kernel) -> None:
        self.is_done = True
        for wake in self._waiting:
            kernel.at(kernel.now, wake)


class Lock:
    """As `threading.Lock`."""

    def __init__(self) -> None:
        self._hold: _Hold | None = None

    def acquire(self, timeout: float) -> bool:
        kernel = Threads.kernel
        until = kernel.now + timeout
        while self._hold is not None:
            if kernel.now >= until:
                return False
            kernel.join([self._hold], until - kernel.now)
        self._hold = _Hold()
        return True

    def release(self) -> None:
        assert self._hold is not None
        hold, self._hold = self._hold, None
        hold.end(Threads.kernel)


def wait(promises: Iterable[Promise[Any]], timeout: float | None = None) -> None:
    """As `concurrent.futures.wait`."""
    Threads.kernel.join(promises, timeout)
