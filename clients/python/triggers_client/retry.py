"""How often and how long a request is tried again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from triggers_client.clocks import elapsed

MAY_SUCCEED_LATER = frozenset({429, 500, 502, 503, 504})
"""Statuses, of a request or of one item in it, that a repetition may cure."""
_YOUNG_SECONDS = 60.0
_chance = random.SystemRandom()


def sleep(seconds: float) -> bool:
    """Sleep; nobody wants to stop."""
    time.sleep(seconds)
    return False


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits that double, spread at random so that many clients do not come back at once.

    `budget_seconds` is how long a request may be tried in all, the machine's sleep included: a
    laptop that slept for a day must not send again what the API has meanwhile forgotten.
    `pause` waits, and says whether the caller wants to stop.
    """

    budget_seconds: float = 30.0
    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    clock: Callable[[], float] = field(default=elapsed, repr=False)
    pause: Callable[[float], bool] = field(default=sleep, repr=False)
    chance: Callable[[], float] = field(default=_chance.random, repr=False)

    def wait_seconds(self, attempt: int, asked_for: float | None) -> float:
        """How long to wait after this attempt, counted from 0; never less than was asked for."""
        backoff: float = min(self.longest_seconds, self.first_seconds * 2 ** min(attempt, 16))
        jittered = backoff * (0.5 + self.chance() / 2)
        return jittered if asked_for is None else asked_for + jittered / 4


@dataclass(slots=True)
class Attempts:
    """One request's tries."""

    retry: Retry
    begun_at: float = 0.0
    number: int = 0

    def __post_init__(self) -> None:
        self.begun_at = self.retry.clock()

    @property
    def are_young(self) -> bool:
        """Whether the first try was just now, so that no key has expired since."""
        return self.retry.clock() - self.begun_at < _YOUNG_SECONDS

    def wait(self, asked_for: float | None = None) -> bool:
        """Wait for the next try; False if there is to be none."""
        seconds = self.retry.wait_seconds(self.number, asked_for)
        self.number += 1
        if self.retry.clock() + seconds - self.begun_at > self.retry.budget_seconds:
            return False
        stopped = self.retry.pause(seconds)
        # Asked again after the wait: the machine may have slept much longer.
        overslept = self.retry.clock() - self.begun_at > self.retry.budget_seconds
        return not stopped and not overslept
