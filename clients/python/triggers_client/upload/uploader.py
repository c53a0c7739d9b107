"""Posts batches side by side and settles them in their order."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from triggers_client.batch import Refused, Result, Stored
from triggers_client.upload.batches import Batch
from triggers_client.upload.checkpoint import Checkpoint, Counts

Send = Callable[[list[str]], list[Result]]


class Saver(Protocol):
    """Keeps a checkpoint."""

    def __call__(self, checkpoint: Checkpoint) -> None:
        """Keep it instead of the former one."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch on its way."""

    batch: Batch
    at: float
    results: Future[list[Result]]


@dataclass(slots=True)
class Uploader:
    """Posts the batches of one file.

    `reject` keeps lines that say which lines were refused and why.
    A batch is settled once all batches before it are: then its refused lines are written, then
    the checkpoint. Who is stopped in between finds the refused lines cut off again by the size
    that the checkpoint names, and sends again what was not settled, under the same keys.
    """

    send: Send
    save: Saver
    reject: Callable[[bytes], None]
    in_flight: int = 4
    clock: Callable[[], float] = time.time
    settled: Callable[[Checkpoint], None] = lambda _checkpoint: None

    def run(
        self, todo: Iterator[Batch], checkpoint: Checkpoint, stop: threading.Event
    ) -> Checkpoint:
        """Post them until there are no more, or `stop` is set; then what is under way is settled.

        Raises what concerns all of them, with everything before settled and saved.
        """
        under_way: deque[_Sent] = deque()
        with ThreadPoolExecutor(self.in_flight) as threads:
            try:
                while self._fill(under_way, todo, threads, stop):
                    checkpoint = self._settle(under_way, checkpoint)
            except BaseException:
                stop.set()  # whoever waits to try again need not
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        if not stop.is_set():
            checkpoint = Checkpoint.from_json(checkpoint.to_json() | {"complete": True})
            self.save(checkpoint)
        return checkpoint

    def _fill(
        self,
        under_way: deque[_Sent],
        todo: Iterator[Batch],
        threads: ThreadPoolExecutor,
        stop: threading.Event,
    ) -> bool:
        """Have twice as many on their way as are sent at once, so that a slow one delays none."""
        while len(under_way) < 2 * self.in_flight and not stop.is_set():
            batch = next(todo, None)
            if batch is None:
                break
            under_way.append(_Sent(batch, self.clock(), threads.submit(self._results, batch)))
        return bool(under_way)

    def _results(self, batch: Batch) -> list[Result]:
        return self.send(batch.texts) if batch.texts else []

    def _settle(self, under_way: deque[_Sent], checkpoint: Checkpoint) -> Checkpoint:
        """Wait for the oldest; it is forgotten only when the checkpoint covers it."""
        sent = under_way[0]
        results = sent.results.result()
        refusals = _refusals(sent.batch, results)
        if refusals:
            self.reject(refusals)
        size = checkpoint.rejected_bytes + len(refusals)
        counts = _counted(sent.batch, results, checkpoint.counts)
        oldest = under_way[1].at if len(under_way) > 1 else self.clock()
        checkpoint = checkpoint.advanced(sent.batch.end, counts, size, oldest)
        self.save(checkpoint)
        under_way.popleft()
        self.settled(checkpoint)
        return checkpoint


def _refusals(batch: Batch, results: list[Result]) -> bytes:
    """Which lines were refused and why, as JSON lines."""
    answers, lines = iter(results), list[str]()
    for line in batch.lines:
        if line.text is None:
            refusal: dict[str, object] = {"error": "unreadable_line", "message": line.fault}
        else:
            result = next(answers)
            if not isinstance(result, Refused):
                continue
            refusal = {"error": result.problem.code, "message": result.problem.message}
        lines.append(json.dumps({"line": line.number} | refusal, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


def _counted(batch: Batch, results: list[Result], counts: Counts) -> Counts:
    stored = [result for result in results if isinstance(result, Stored)]
    repeated = sum(result.replayed for result in stored)
    return Counts(
        stored=counts.stored + len(stored) - repeated,
        repeated=counts.repeated + repeated,
        rejected=counts.rejected + len(batch.lines) - len(stored),
    )
