"""Does what AWS does between a table's stream and a function, by AWS's rules.

The emulator has such a mapping too, but takes a failed record for a success and knows no
retries, no bisecting and no failure destination: it would lose events that AWS would not. So
the template leaves that one switched off here, and this reads the stream over the public API.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.background import in_background
from local.clients import client
from local.stream_batch import SHARD, BatchRunner, Trouble
from local.stream_checkpoint import Checkpoint
from local.stream_lag import Lag
from local.stream_mapping import Record, StreamMapping, sequence_number
from local.stream_records import from_stream, made_anew

POLL_SECONDS = 0.25  # as AWS does
_READ_AT_ONCE = 1000  # the most that GetRecords takes
# How long before its record an item may have been created: longer than a request can take.
_MARGIN = timedelta(seconds=15)

_logger = logging.getLogger(__name__)


class _Stopped(Exception):  # noqa: N818  # no error
    """The poller was told to stop while something had to be tried again."""


class LambdaFunction:
    """The mapped function, and the queue for what it could not process."""

    def __init__(self, endpoint: str, mapping: StreamMapping) -> None:
        """Both are reached over the public API."""
        self._lambda = client("lambda", endpoint)
        self._sns = client("sns", endpoint)
        self._mapping = mapping

    def invoke(self, records: Sequence[Record]) -> dict[str, Any] | Trouble | None:
        """See `Function.invoke`. The shard is named as to a function whose mapping has a window."""
        event = {"Records": records, "shardId": SHARD, "eventSourceARN": self._mapping.stream_arn}
        try:
            answer = self._lambda.invoke(
                FunctionName=self._mapping.function_arn, Payload=json.dumps(event)
            )
        except BotoCoreError:
            return Trouble.THROTTLED
        except ClientError as error:
            if error.response["Error"]["Code"] == "TooManyRequestsException":
                return Trouble.THROTTLED
            raise
        text = answer["Payload"].read()
        if "FunctionError" in answer:
            name = self._mapping.function_arn.rsplit(":", 1)[1]
            _logger.warning("%s failed: %s", name, text.decode(errors="replace")[:500])
            return Trouble.FAILED
        returned: dict[str, Any] | None = json.loads(text)
        return returned

    def give_up(self, message: str) -> None:
        """See `Function.give_up`."""
        _logger.error("Records of a stream were given up: %s", message)
        if self._mapping.failures_topic_arn is not None:
            self._sns.publish(TopicArn=self._mapping.failures_topic_arn, Message=message)


class StreamPoller:
    """Reads a stream's one shard (the emulator's never have two) and calls the function."""

    def __init__(
        self,
        mapping: StreamMapping,
        *,
        streams: Any,
        dynamodb: Any,
        runner: BatchRunner,
        checkpoint: Path,
        clock: Callable[[], float] = time.time,
        catches_up: bool = True,
    ) -> None:
        """`streams` and `dynamodb` are clients; `checkpoint` is the file that outlives us.

        Who `catches_up` gets records made anew for what a stopped emulator forgot; who counts
        must not, because some would come twice, under other numbers.
        """
        self._mapping = mapping
        self._streams = streams
        self._dynamodb = dynamodb
        self._runner = runner
        self._file = checkpoint
        self._clock = clock
        self._mark = Checkpoint.load(checkpoint, mapping.stream_arn)
        self._catches_up = catches_up
        self._has_caught_up = False
        self._empty_at: float | None = None
        self._iterator: str | None = None
        self.lag = Lag()

    def poll(self) -> bool:
        """Read and process what there is; whether there was anything."""
        if self._iterator is None:
            self._iterator = self._open()
        now = self._clock()
        answer = self._streams.get_records(ShardIterator=self._iterator, Limit=_READ_AT_ONCE)
        records = [from_stream(each, self._mapping.stream_arn) for each in answer["Records"]]
        self._empty_at = None if records else now
        self._process(records, self._mark_record)
        if records:
            self._mark_record(records[-1])  # it may be one that nobody wanted
        self._iterator = answer.get("NextShardIterator")
        return bool(records)

    def reopen(self) -> None:
        """Read on from the checkpoint: whatever was under way is read again."""
        self._iterator = None

    def close(self) -> None:
        """Note, if the stream was read to its end, when that was: the next run need not go back."""
        if self._empty_at is not None and self._mark is not None:
            self._save(replace(self._mark, at=self._empty_at))

    def _process(self, records: Sequence[Record], done: Callable[[Record], None]) -> None:
        wanted = [each for each in records if self._mapping.wants(each)]
        size = self._mapping.batch_size
        for start in range(0, len(wanted), size):
            batch = wanted[start : start + size]
            self.lag.begin(_created_at(batch[-1]), self._clock())
            self._runner.run(batch, done)
            self.lag.end()

    def _open(self) -> str:
        """Where the last run stopped; or else the beginning, after what the stream has lost."""
        mark = self._mark
        if mark is None:
            self._has_caught_up = True  # nothing was there before us
            self._save(Checkpoint(self._mapping.stream_arn, self._clock()))
            return self._iterator_at("TRIM_HORIZON")
        if mark.sequence_number is not None:
            try:
                return self._iterator_at(
                    "AFTER_SEQUENCE_NUMBER", SequenceNumber=mark.sequence_number
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "TrimmedDataAccessException":
                    raise
                self._has_caught_up = False
        beginning = self._iterator_at("TRIM_HORIZON")
        if self._catches_up and not self._has_caught_up:
            self._catch_up(mark)
        return beginning

    def _catch_up(self, mark: Checkpoint) -> None:
        now = self._clock()
        since = datetime.fromtimestamp(mark.at, UTC) - _MARGIN
        records = made_anew(self._dynamodb, self._mapping.stream_arn, since)
        self._process(records, lambda _: None)
        self._has_caught_up = True
        self._save(replace(mark, at=now, sequence_number=None))

    def _iterator_at(self, place: str, **more: str) -> str:
        arn = self._mapping.stream_arn
        (shard,) = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        answer = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=place, **more
        )
        iterator: str = answer["ShardIterator"]
        return iterator

    def _mark_record(self, record: Record) -> None:
        mark = Checkpoint(self._mapping.stream_arn, _created_at(record), sequence_number(record))
        self._save(mark)

    def _save(self, mark: Checkpoint) -> None:
        if mark != self._mark:
            mark.save(self._file)
            self._mark = mark


def _created_at(record: Record) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


@contextmanager
def polling(
    endpoint: str, mapping_id: str, checkpoint: Path, *, catches_up: bool = True
) -> Iterator[Lag]:
    """Poll in the background for as long as the block runs; yield how far it is behind."""
    answer = client("lambda", endpoint).get_event_source_mapping(UUID=mapping_id)
    mapping = StreamMapping.of(answer)
    stop = threading.Event()

    def wait(seconds: float) -> None:
        if stop.wait(seconds):
            raise _Stopped

    poller = StreamPoller(
        mapping,
        streams=client("dynamodbstreams", endpoint),
        dynamodb=client("dynamodb", endpoint),
        runner=BatchRunner(mapping, LambdaFunction(endpoint, mapping), wait),
        checkpoint=checkpoint,
        catches_up=catches_up,
    )
    pause_seconds = max(POLL_SECONDS, mapping.window_seconds)
    with in_background(lambda: _poll(poller, wait, pause_seconds), "stream poller", stop.set):
        yield poller.lag


def _poll(poller: StreamPoller, wait: Callable[[float], None], pause_seconds: float) -> None:
    """Poll until `wait` raises; whatever else goes wrong is tried again.

    A batching window is a pause between two looks. What it still holds at the end is processed.
    """
    with suppress(_Stopped):
        while True:
            _poll_safely(poller, wait)
            wait(pause_seconds)
    with suppress(_Stopped):
        _poll_safely(poller, wait)
    poller.close()


def _poll_safely(poller: StreamPoller, wait: Callable[[float], None]) -> None:
    """Read until there is nothing, or `wait` raises."""
    try:
        while poller.poll():
            wait(0)
    except _Stopped:
        raise
    except Exception:
        _logger.exception("The stream could not be read or processed; it is tried again.")
        poller.reopen()
