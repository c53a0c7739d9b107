"""A stream's event source mapping, as Lambda's API tells of it: what is called, and how."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

FOR_EVER = -1  # AWS's default for retries and for age

Record = dict[str, Any]
"""A stream record as a function gets it, in JSON's types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMapping:
    """The settings that this project's template makes use of."""

    stream_arn: str
    function_arn: str
    patterns: tuple[dict[str, Any], ...]  # one of them must match; with none, all records do
    batch_size: int
    window_seconds: float
    max_retries: int
    max_age_seconds: float
    bisects: bool
    reports_failures: bool
    failures_topic_arn: str | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Read what GetEventSourceMapping answered."""
        destination = answer.get("DestinationConfig", {}).get("OnFailure", {})
        return cls(
            stream_arn=answer["EventSourceArn"],
            function_arn=answer["FunctionArn"],
            patterns=tuple(
                json.loads(each["Pattern"])
                for each in answer.get("FilterCriteria", {}).get("Filters", [])
            ),
            batch_size=answer["BatchSize"],
            window_seconds=answer.get("MaximumBatchingWindowInSeconds", 0),
            max_retries=answer.get("MaximumRetryAttempts", FOR_EVER),
            max_age_seconds=answer.get("MaximumRecordAgeInSeconds", FOR_EVER),
            bisects=answer.get("BisectBatchOnFunctionError", False),
            reports_failures="ReportBatchItemFailures" in answer.get("FunctionResponseTypes", []),
            failures_topic_arn=destination.get("Destination"),
        )

    def wants(self, record: Record) -> bool:
        """Whether the function is called for this record."""
        return not self.patterns or any(_matches(record, each) for each in self.patterns)

    def is_too_old(self, record: Record, at: float) -> bool:
        """Whether the record may no longer be tried, in seconds as `time.time`."""
        age = at - float(record["dynamodb"]["ApproximateCreationDateTime"])
        return self.max_age_seconds != FOR_EVER and age > self.max_age_seconds

    def is_exhausted(self, failures: int) -> bool:
        """Whether that many failures in a row are too many: the first try is no retry."""
        return self.max_retries != FOR_EVER and failures > self.max_retries


def sequence_number(record: Record) -> str:
    """What names a record in its shard."""
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _matches(part: Any, pattern: Mapping[str, Any]) -> bool:
    """Whether a part of a record has every value that the pattern asks for."""
    if not isinstance(part, Mapping):
        return False
    for name, wanted in pattern.items():
        if isinstance(wanted, Mapping):
            if not _matches(part.get(name), wanted):
                return False
            continue
        if any(isinstance(each, Mapping) for each in wanted):
            raise NotImplementedError(f"Filters with operators ({wanted}) are not built here yet.")
        if part.get(name) not in wanted:
            return False
    return True
