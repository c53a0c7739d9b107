"""What AWS does one time and not another, and promises nothing about; each by chance of its own."""

import random
from collections.abc import Callable
from typing import Final, TypeVar

_LENIENT: Final = 0.5  # of the calls with an old receipt
_ENTRIES_FAIL: Final = (0.0, 0.1, 0.6)  # of the batches of messages, in a world
_OLD_FIGURES: Final = (0.0, 0.5, 1.0)  # of those that a queue tells, in a world
_FIGURES_FOLLOW: Final = 60.0  # seconds, at most
_GO_BACK: Final = 0.3  # of the worlds have indexes that do, in so many of their queries
_SHARDS_END: Final = 0.25  # of the worlds have some that do
_AFTER_A_RECORD: Final = 0.02
_RETRIED: Final = 0.05  # of the schedules
_RETRIED_FOR: Final = 600.0  # seconds, at most
_LINGER: Final = 0.5  # of those that have run
_LINGERS_FOR: Final = 60.0  # likewise
_HOLDS_BACK: Final = 0.06  # of the worlds have readers of streams that are held back
_HELD: Final = 0.2  # of their batches
_HELD_FOR: Final = 900.0  # seconds, at most
_WINDOWS_END: Final = 0.05  # after a batch
Batch = TypeVar("Batch")


class Whims:
    """Of one world.

    `branch` is chance of that name; `lags_at_most` is of its indexes.
    """

    def __init__(
        self,
        branch: Callable[[str], random.Random],
        is_calm: Callable[[], bool],
        lags_at_most: float,
    ) -> None:
        """In a calm world indexes and shards have none."""
        self._is_calm = is_calm
        self._receipts = branch("receipts")
        self._batches = branch("batches")
        self._entries = branch("entries")
        self._entries_fail = self._entries.choice(_ENTRIES_FAIL)
        self._figures = branch("figures")
        self._are_old = self._figures.choice(_OLD_FIGURES)
        self._shards = branch("shards")
        self._have_ends = self._shards.random() < _SHARDS_END
        self._windows = branch("windows")
        self._readers = branch("readers")
        self.holds_readers_back = self._readers.random() < _HOLDS_BACK
        self._schedules = branch("schedules")
        self._indexes = branch("indexes")
        goes_back = self._indexes.random() < _GO_BACK
        self.goes_back_by = lags_at_most if goes_back else 0.0

    def held_for(self) -> float:
        """Seconds for which a batch is not handed over: others' records hold its shard's reader."""
        if not self.holds_readers_back or self._is_calm() or self._readers.random() >= _HELD:
            return 0.0
        return self._readers.uniform(0, _HELD_FOR)

    def is_lenient(self) -> bool:
        """Whether a message is deleted by an old receipt, too."""
        return self._receipts.random() < _LENIENT

    def some_of(self, count: int) -> list[int]:
        """The numbers of the requests that a batch leaves, in no order."""
        return self._batches.sample(range(count), self._batches.randint(1, count))

    def failed_of(self, count: int) -> list[int]:
        """The numbers of the entries that a queue does not take, of so many in one call."""
        if self._is_calm() or self._entries.random() >= self._entries_fail:
            return []
        return self._entries.sample(range(count), self._entries.randint(1, count))

    def figures_behind(self) -> float:
        """How many seconds old a queue's figures are; in a calm world, too."""
        chance = self._figures
        return chance.uniform(0, _FIGURES_FOLLOW) if chance.random() < self._are_old else 0.0

    def earlier(self) -> float:
        """How many seconds behind itself an index answers a query."""
        if not self.goes_back_by or self._is_calm() or self._indexes.random() >= _GO_BACK:
            return 0.0
        return self._indexes.uniform(0, self.goes_back_by)

    def children(self) -> int:
        """How many a shard has after its last record: none, and it goes on; one, or two."""
        if not self._have_ends or self._is_calm() or self._shards.random() >= _AFTER_A_RECORD:
            return 0
        return self._shards.randint(1, 2)

    def ends_window(self) -> bool:
        """Whether a mapping's window ends after a batch."""
        return self._windows.random() < _WINDOWS_END

    def one_of(self, batches: list[Batch]) -> Batch:
        """The batch that is handed over again, if one is."""
        return self._windows.choice(batches)

    def retried_for(self) -> float:
        """How many seconds a schedule's target takes no message."""
        chance = self._schedules
        return chance.uniform(1, _RETRIED_FOR) if chance.random() < _RETRIED else 0.0

    def lingers(self) -> float:
        """How many seconds a schedule is still there after it has run."""
        chance = self._schedules
        return chance.uniform(1, _LINGERS_FOR) if chance.random() < _LINGER else 0.0
