"""Event source mappings: streams and queues into functions, by the template's own settings.

A shard's children wait until it is read to its end. Records are read first in order; those that
are handed over again may come behind later ones.
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from local.stream_mapping import StreamMapping, sequence_number
from tests.simulation.cloud.kernel import Kernel
from tests.simulation.cloud.sqs import Message, Queue
from tests.simulation.cloud.streams import Shard, Stream
from tests.simulation.product.fates import Fates
from tests.simulation.product.lambdas import FailedError, Function

Record = dict[str, Any]

_LONGEST_BACKOFF: Final = 60.0
_REPEATED: Final = 0.03  # how often a batch that went well is handed over again
_LATELY: Final = 60.0  # seconds in which a batch may be handed over again behind others
_AT_ONCE: Final = 3  # workers
Batch = list[Record]


def never() -> bool:
    """A window goes on."""
    return False


def at_once() -> float:
    """No reader is held back."""
    return 0.0


def newest(batches: list[Batch]) -> Batch:
    """A batch is repeated at once."""
    return batches[-1]


@dataclass(eq=False)
class Lane:
    """A share of a shard's records that is worked on in order."""

    shard: Shard
    number: int
    of: int
    at: int = 0  # the next record of the shard
    is_busy: bool = False
    lately: list[tuple[float, Batch]] = field(default_factory=list)  # what went well, and when

    def has(self, record: Record) -> bool:
        """Whether a record is in it, by its item's key."""
        (key, *_) = record["dynamodb"]["Keys"].values()
        return zlib.crc32(b"lane" + key["S"].encode()) % self.of == self.number


@dataclass(eq=False)
class StreamToFunction:
    """One mapping of a stream."""

    settings: StreamMapping
    function: Function
    stream: Stream
    kernel: Kernel
    chance: random.Random
    fates: Fates
    lanes_of_shard: int
    ends_window: Callable[[], bool] = never
    repeated: Callable[[list[Batch]], Batch] = newest
    held_for: Callable[[], float] = at_once
    given_up: list[Record] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    _shards: int = 0  # that have lanes

    def notice(self) -> None:
        """Something was written to the stream, or a shard's children may be read from now on."""
        for shard in self.stream.shards[self._shards :]:
            self.lanes += [
                Lane(shard, number, self.lanes_of_shard) for number in range(self.lanes_of_shard)
            ]
        self._shards = len(self.stream.shards)
        for lane in self.lanes:
            if lane.is_busy or lane.at == len(lane.shard.records):
                continue
            if lane.shard.parent is None or self._is_read(lane.shard.parent):
                lane.is_busy = True
                window = self.chance.uniform(0, 1 + self.settings.window_seconds)
                self.kernel.start("poller", partial(self._work, lane), after=window)

    def _work(self, lane: Lane) -> None:
        while batch := self._batch(lane):
            if seconds := self.held_for():
                self.kernel.sleep(seconds)
            self._hand_over(lane, batch)
        lane.is_busy = False
        if lane.shard.children:
            self.notice()

    def _is_read(self, shard: Shard) -> bool:
        """Whether a shard that has ended, and all before it, are read to their end."""
        lanes = [each for each in self.lanes if each.shard is shard]
        if any(each.is_busy or each.at < len(shard.records) for each in lanes):
            return False
        return shard.parent is None or self._is_read(shard.parent)

    def _batch(self, lane: Lane) -> list[Record]:
        """The next records that the function is called for."""
        most = min(self.settings.batch_size, self.chance.choice([1, 3, 10, 100]))
        found: list[Record] = []
        records = lane.shard.records
        while lane.at < len(records) and len(found) < most:
            record = records[lane.at]
            lane.at += 1
            if lane.has(record) and self.settings.wants(record):
                found.append(record)
        return found

    def _hand_over(self, lane: Lane, batch: list[Record]) -> None:
        """Until all of it went well or is too old."""
        waiting, failures = [batch], 0
        while waiting:
            at = self.kernel.now
            young = [each for each in waiting[0] if not self.settings.is_too_old(each, at)]
            self.given_up += [each for each in waiting[0] if each not in young]
            waiting[0] = young
            if not young:
                waiting.pop(0)
                continue
            left = self._invoke(lane, young)
            waiting[0:1] = left
            if left:
                failures += 1
                self.kernel.sleep(min(_LONGEST_BACKOFF, 0.2 * 2 ** min(failures, 9)))
                continue
            lane.lately = [each for each in lane.lately if at - each[0] < _LATELY] + [(at, young)]
            if self.fates.happens(_REPEATED):
                self._invoke(lane, self.repeated([batch for _, batch in lane.lately]))
            if self.settings.window_seconds and self.ends_window():
                self._end_window(lane)

    def _end_window(self, lane: Lane) -> None:
        """Ask for what a window has come to, without a record, until it is answered."""
        failures = 0
        while self._invoke(lane, []):
            failures += 1
            self.kernel.sleep(min(_LONGEST_BACKOFF, 0.2 * 2 ** min(failures, 9)))

    def _invoke(self, lane: Lane, batch: list[Record]) -> list[list[Record]]:
        """What must be handed over again of a batch, and in which parts."""
        event: dict[str, Any] = {"Records": batch}
        if self.settings.window_seconds:
            event |= {"shardId": lane.shard.id, "eventSourceARN": self.stream.arn, "state": {}}
            event |= {"isFinalInvokeForWindow": not batch, "isWindowTerminatedEarly": False}
        try:
            answer = self.function.invoke(event)
        except FailedError:
            half = len(batch) // 2
            if self.settings.bisects and half:
                return [batch[:half], batch[half:]]
            return [batch]
        if "state" in event and "state" not in answer:  # it has failed, whatever else it says
            return [batch]
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        numbers = [sequence_number(each) for each in batch]
        if failed - set(numbers):  # of no record of the batch: then all of it has failed
            return [batch]
        first = next((place for place, each in enumerate(numbers) if each in failed), None)
        return [] if first is None else [batch[first:]]


@dataclass(eq=False)
class QueueToFunction:
    """The mapping of a queue."""

    queue: Queue
    function: Function
    kernel: Kernel
    chance: random.Random
    batch_size: int
    _at_work: int = 0
    _next_look: float = float("inf")

    def notice(self) -> None:
        """Something was sent, or may have become visible."""
        due = self.queue.next_at()
        if due is None or self._at_work >= _AT_ONCE:
            return
        at = max(due, self.kernel.now) + self.chance.uniform(0, 0.05)
        if at < self._next_look:
            self._next_look = at
            self.kernel.at(at, lambda: self._look(at))

    def _look(self, due: float) -> None:
        if due != self._next_look:
            return  # another look came before this one, or will
        self._next_look = float("inf")
        if self._at_work < _AT_ONCE:
            messages = self.queue.receive(self.chance.randint(1, self.batch_size))
            if messages:
                self._at_work += 1
                self.kernel.start("poller", lambda: self._hand_over(messages))
        self.notice()

    def _hand_over(self, messages: list[Message]) -> None:
        receipts = {each.id: each.receipt for each in messages}
        records = [_record(each) for each in messages]
        try:
            answer = self.function.invoke({"Records": records})
        except FailedError:
            pass  # they show up again by themselves
        else:
            kept = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            if kept - receipts.keys():  # of no message of the batch: then all of it has failed
                kept = set(receipts)
            for id_, receipt in receipts.items():
                if id_ not in kept:
                    self.queue.delete(receipt)
        self._at_work -= 1
        self.notice()


def _record(message: Message) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.received)},
    }
