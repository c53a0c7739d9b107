"""When to try again: a pure function of the attempts so far and the receiver's answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_JITTER: Final = 0.2  # up to a fifth more, so that pushes that failed together spread out
LONGEST_RETRY_AFTER: Final = timedelta(hours=24)  # a receiver that asks for more gets a day

DEFAULT_DELAYS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (1, 2, 4, 60, 300, 1800, 7200, 21600, 43200)
)


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The growing waits between attempts; after the last one the delivery is given up."""

    delays: tuple[timedelta, ...] = DEFAULT_DELAYS

    @property
    def attempts(self) -> int:
        """How often a delivery is tried, at most."""
        return len(self.delays) + 1

    def wait_after(
        self, attempt: int, *, retry_after: timedelta | None, chance: float
    ) -> timedelta | None:
        """How long to wait after this attempt (the first is 1) failed; None to give up.

        At least as long as the receiver asked; `chance` in [0, 1) spreads the waits.
        """
        if attempt > len(self.delays):
            return None
        wait = self.delays[attempt - 1] * (1 + _JITTER * chance)
        if retry_after is not None:
            wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
        return wait
