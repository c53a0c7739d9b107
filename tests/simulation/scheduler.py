"""Runs several workers as one program: one moves at a time, a seed says which.

Each worker is a thread that holds still at every call of the outside world until it is its
turn. So all interleavings of calls can happen, and the same seed repeats the same one.
"""

import random
import threading
from collections.abc import Callable
from contextvars import ContextVar

_current: ContextVar["Actor | None"] = ContextVar("actor", default=None)


class KilledError(BaseException):
    """The process is gone: no handler may catch this, and nothing after it runs."""


class Actor:
    """One invocation of a function: a thread that moves only when it is let."""

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        """`run` is what it does; it ends by returning, raising, or being killed."""
        self.name = name
        self.killed = False
        self._run = run
        self._go = threading.Semaphore(0)
        self._held = threading.Semaphore(0)
        self.done = False
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._main, daemon=True)

    def move(self) -> None:
        """Let it run to its next call of the outside world, or to its end."""
        if not self._thread.is_alive() and not self.done:
            self._thread.start()
        self._go.release()
        self._held.acquire()

    def hold(self) -> None:
        """Called by the actor: wait for its next turn."""
        self._held.release()
        self._go.acquire()

    def _main(self) -> None:
        _current.set(self)
        self._go.acquire()
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001  # told to whoever runs it
            self.error = error
        self.done = True
        self._held.release()


class Scheduler:
    """Picks who moves next."""

    def __init__(self, chance: random.Random) -> None:
        """All choices are drawn from `chance`."""
        self._chance = chance
        self.running: list[Actor] = []

    def start(self, name: str, run: Callable[[], None]) -> Actor:
        """Add an actor; it moves when it is picked."""
        actor = Actor(name, run)
        self.running.append(actor)
        return actor

    def step(self) -> None:
        """Move one actor by one call."""
        actor = self._chance.choice(self.running)
        actor.move()
        if actor.done:
            self.running.remove(actor)


def hold() -> None:
    """Wait for the current actor's next turn; outside of any, nothing happens."""
    actor = _current.get()
    if actor is not None:
        actor.hold()


def current() -> Actor | None:
    """The actor whose thread this is."""
    return _current.get()
