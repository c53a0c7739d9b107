"""What a process remembers, within bounds: never more entries, nor older ones, than was said."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from triggers_api.timestamps import Clock, now

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Cache(Generic[_Key, _Value]):
    """Values by key; threads may share it.

    When it is full, the entry that was put first makes room for a new one. A flood of keys costs
    the others a new reading at most, and never memory.
    """

    def __init__(
        self, at_most: int, *, kept_for: timedelta | None = None, clock: Clock = now
    ) -> None:
        """Holds `at_most` entries, each for less than `kept_for`; None is as long as there is room."""
        self._at_most = at_most
        self._kept_for = kept_for
        self._clock = clock
        self._entries: dict[_Key, tuple[_Value, datetime | None]] = {}  # the oldest first
        self._lock = Lock()

    def get(self, key: _Key) -> _Value | None:
        """The value, or None if it is not remembered or too old."""
        at = self._moment()
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, known_at = entry
            if self._is_fresh(known_at, at):
                return value
            del self._entries[key]
            return None

    def put(self, key: _Key, value: _Value) -> None:
        """Remember it from now on, in place of what was remembered."""
        self._put(key, value, self._moment())

    def get_or_read(self, key: _Key, read: Callable[[], _Value]) -> _Value:
        """The value; if it is not remembered, what `read` answers, which is then.

        Its age counts from before it was read. What `read` raises goes through, and is not
        remembered. Two threads that miss the same key both read it.
        """
        known = self.get(key)
        if known is not None:
            return known
        at = self._moment()
        value = read()
        self._put(key, value, at)
        return value

    def forget(self, key: _Key) -> None:
        """Remember nothing of it."""
        with self._lock:
            self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)

    def _put(self, key: _Key, value: _Value, at: datetime | None) -> None:
        with self._lock:
            self._entries.pop(key, None)
            while len(self._entries) >= self._at_most:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = (value, at)

    def _moment(self) -> datetime | None:
        return None if self._kept_for is None else self._clock()

    def _is_fresh(self, known_at: datetime | None, at: datetime | None) -> bool:
        """A clock that was set back must not lengthen a memory: from the future is too old."""
        if self._kept_for is None or known_at is None or at is None:
            return True
        return timedelta(0) <= at - known_at < self._kept_for


class SharedCache(Generic[_Key, _Value]):
    """Values of many owners by key, within a weight for all of them; threads may share it.

    When it is full, the owner that holds the most makes room, by what it has not used for the
    longest. So nobody loses anything while it holds less than an equal share.
    """

    def __init__(self, at_most: int, weigh: Callable[[_Key, _Value], int]) -> None:
        """Holds values that weigh `at_most` together."""
        self._at_most = at_most
        self._weigh = weigh
        self._entries: dict[str, dict[_Key, _Value]] = {}  # each owner's, the last used last
        self._weights: dict[str, int] = {}
        self._lock = Lock()
        self.weight = 0  # of all that it holds

    def get_or_read(self, owner: str, key: _Key, read: Callable[[], _Value]) -> _Value:
        """The value; if it is not remembered, what `read` answers, which is then.

        What `read` raises goes through, and is not remembered. Two threads that miss the same
        key both read it.
        """
        with self._lock:
            entries = self._entries.get(owner, {})
            if key in entries:
                entries[key] = known = entries.pop(key)
                return known
        value = read()
        with self._lock:
            self._put(owner, key, value)
        return value

    def _put(self, owner: str, key: _Key, value: _Value) -> None:
        if key in self._entries.get(owner, {}):
            self._drop(owner, key)
        self._entries.setdefault(owner, {})[key] = value
        self._add(owner, self._weigh(key, value))
        while self.weight > self._at_most:
            largest = max(self._weights, key=self._weights.__getitem__)
            self._drop(largest, next(iter(self._entries[largest])))

    def _drop(self, owner: str, key: _Key) -> None:
        value = self._entries[owner].pop(key)
        self._add(owner, -self._weigh(key, value))
        if not self._entries[owner]:
            del self._entries[owner], self._weights[owner]

    def _add(self, owner: str, weight: int) -> None:
        self._weights[owner] = self._weights.get(owner, 0) + weight
        self.weight += weight
