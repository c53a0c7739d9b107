"""How far the reading of a stream is behind: what AWS publishes as IteratorAge."""

import threading


class Lag:
    """Written by the thread that reads, asked by another."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._lock = threading.Lock()
        self._under_way: float | None = None
        self._worst: float | None = None

    def begin(self, created_at: float, now: float) -> None:
        """A batch whose last record was written then is handed to the function."""
        with self._lock:
            self._under_way = created_at
            self._worst = max(self._worst or 0.0, now - created_at)

    def end(self) -> None:
        """The batch is processed or given up."""
        with self._lock:
            self._under_way = None

    def take_seconds(self, now: float) -> float | None:
        """The worst since the last call; None if there was nothing to do."""
        with self._lock:
            worst, self._worst = self._worst, None
            if self._under_way is not None:
                worst = max(worst or 0.0, now - self._under_way)
            return worst
