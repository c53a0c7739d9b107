"""Runs several workers as one program: one moves at a time, a seed says which.

Each worker holds still at every call of the outside world until it is its turn. So all
interleavings of calls can happen, and the same seed repeats the same one. Workers are greenlets:
a turn of a thread costs fifty times as much, and a run takes thousands.
"""

import random
from collections.abc import Callable

from greenlet import getcurrent, greenlet


class KilledError(BaseException):
    """The process is gone: no handler may catch this, and nothing after it runs."""


class Actor(greenlet):
    """One invocation of a function, which moves only when it is let."""

    def __init__(self, name: str, do: Callable[[], None]) -> None:
        """`do` ends by returning, raising, or being killed."""
        super().__init__()
        self.name = name
        self.raised: BaseException | None = None
        self._do = do

    def run(self) -> None:
        """What greenlet calls, at the first move."""
        try:
            self._do()
        except BaseException as error:  # noqa: BLE001  # told to whoever runs it
            self.raised = error

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return self.dead

    def move(self) -> None:
        """Let it run to its next call of the outside world, or to its end."""
        self.parent = getcurrent()
        self.switch()

    def hold(self) -> None:
        """Called by the actor: wait for its next turn."""
        assert self.parent is not None
        self.parent.switch()


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
    actor = current()
    if actor is not None:
        actor.hold()


def current() -> Actor | None:
    """The actor that moves."""
    actor = getcurrent()
    return actor if isinstance(actor, Actor) else None
