"""What AWS does with a batch of stream records until each is processed or given up.

| the function                        | then                                                  |
|-------------------------------------|-------------------------------------------------------|
| succeeds                            | the next batch                                        |
| is throttled, or cannot be reached  | the same again, until the records are too old         |
| reports the first record it failed  | the rest from there; what came before is done         |
| fails, and the mapping bisects      | either half by itself; that uses up no retry          |
| fails, with one record or no bisect | the same again, until the retries are used up         |

What AWS does not document is done so that it harms most: a report that names the very first
record made no progress, and counts as a failure of the whole batch.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from local.stream_mapping import Record, StreamMapping, sequence_number

_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 10.0  # AWS does not tell its own
SHARD = "shardId-00000000000000000000-00000000"  # the emulator's streams have no other

Done = Callable[[Record], None]
"""Hears that everything up to and including this record is processed or given up."""


class Trouble(Enum):
    """What a function can answer beside how far it came."""

    FAILED = "failed"
    THROTTLED = "throttled"  # was not called, or did not answer


class Function(Protocol):
    """What a mapping calls, and where it reports what it gives up."""

    def invoke(self, records: Sequence[Record]) -> dict[str, Any] | Trouble | None:
        """Answer what the function returned, or what kept it from that."""
        ...

    def give_up(self, message: str) -> None:
        """Send to the failure destination."""
        ...


@dataclass(frozen=True, slots=True)
class _Part:
    records: Sequence[Record]
    failures: int = 0  # in a row, of exactly these records
    calls: int = 0


class BatchRunner:
    """Carries batches through."""

    def __init__(
        self,
        mapping: StreamMapping,
        function: Function,
        wait: Callable[[float], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`wait` waits for seconds between tries; it may raise, which ends the batch there."""
        self._mapping = mapping
        self._function = function
        self._wait = wait
        self._clock = clock

    def run(self, batch: Sequence[Record], done: Done) -> None:
        """Return when every record was processed or given up, in order."""
        parts = deque([_Part(batch)])
        while parts:
            part = parts.popleft()
            part = self._without_the_old(part, done)
            if not part.records:
                continue
            rest = self._try(part, done)
            if rest:
                self._wait(_pause(part.failures))
                parts.extendleft(reversed(rest))

    def _without_the_old(self, part: _Part, done: Done) -> _Part:
        now = self._clock()
        old = [each for each in part.records if self._mapping.is_too_old(each, now)]
        if not old:
            return part
        self._give_up(old, "MaxRecordAgeExceeded", part.calls)
        done(old[-1])
        return _Part(part.records[len(old) :], part.failures, part.calls)

    def _try(self, part: _Part, done: Done) -> list[_Part]:
        """Call the function; answer what remains to be done of this part."""
        answer = self._function.invoke(part.records)
        if answer is Trouble.THROTTLED:
            return [part]
        come_to = 0 if isinstance(answer, Trouble) else self._progress(part.records, answer)
        if come_to > 0:
            done(part.records[come_to - 1])
        rest = part.records[come_to:]
        if not rest:
            return []
        calls = part.calls + 1
        if self._mapping.bisects and come_to > 0:
            return [_Part(rest, part.failures, calls)]
        if self._mapping.bisects and len(rest) > 1:
            half = len(rest) // 2
            return [_Part(each, part.failures, calls) for each in (rest[:half], rest[half:])]
        failures = part.failures + 1
        if not self._mapping.is_exhausted(failures):
            return [_Part(rest, failures, calls)]
        self._give_up(rest, "RetryAttemptsExhausted", calls)
        done(rest[-1])
        return []

    def _progress(self, records: Sequence[Record], answer: dict[str, Any] | None) -> int:
        """How many of the records the function says it has processed."""
        if not self._mapping.reports_failures:
            return len(records)
        failures = (answer or {}).get("batchItemFailures") or []
        places = {sequence_number(each): place for place, each in enumerate(records)}
        # An identifier that is missing, empty or unknown fails the whole batch.
        failed = [places.get(each.get("itemIdentifier"), 0) for each in failures]
        return min(failed, default=len(records))

    def _give_up(self, records: Sequence[Record], condition: str, calls: int) -> None:
        """Send what AWS sends: which records they were, not the records."""
        message = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self._mapping.function_arn,
                "condition": condition,
                "approximateInvokeCount": calls,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": _text(self._clock()),
            "DDBStreamBatchInfo": {
                "shardId": SHARD,
                "startSequenceNumber": sequence_number(records[0]),
                "endSequenceNumber": sequence_number(records[-1]),
                "approximateArrivalOfFirstRecord": _arrival(records[0]),
                "approximateArrivalOfLastRecord": _arrival(records[-1]),
                "batchSize": len(records),
                "streamArn": self._mapping.stream_arn,
            },
        }
        self._function.give_up(json.dumps(message))


def _pause(failures: int) -> float:
    wait = _FIRST_WAIT_SECONDS
    for _ in range(failures):
        wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
    return wait


def _arrival(record: Record) -> str:
    return _text(float(record["dynamodb"]["ApproximateCreationDateTime"]))


def _text(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
