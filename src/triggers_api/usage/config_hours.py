"""Hours of a config: how its pushes went, and how fast its receiver answered.

Durations are counted in buckets, each wider than the one before by a fixed ratio, so that the
counts of any rows add up. A percentile is told as the middle of its bucket: wrong by 9 % at most.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from triggers_api.usage.changes import Change, DeliveryRecorded
from triggers_api.usage.counters import Amounts, Count, Row

HOUR: Final = timedelta(hours=1)
KEPT_FOR: Final = timedelta(days=8)  # a week of them can be asked for
_BUCKETS_TO_DOUBLE: Final = 4
_BUCKET: Final = "ms_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigHour:
    """The figures of one config and hour; durations are None where nothing was attempted."""

    begins_at: datetime
    succeeded: int = 0
    failed: int = 0
    attempts: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None

    @classmethod
    def of(cls, begins_at: datetime, amounts: Amounts) -> Self:
        """What a row holds."""
        buckets = {
            int(name.removeprefix(_BUCKET)): count
            for name, count in amounts.items()
            if name.startswith(_BUCKET)
        }
        return cls(
            begins_at=begins_at,
            succeeded=amounts.get("succeeded", 0),
            failed=amounts.get("failed", 0),
            attempts=amounts.get("attempts", 0),
            p50_ms=percentile(buckets, 0.50),
            p95_ms=percentile(buckets, 0.95),
        )


def hour_of(at: datetime) -> datetime:
    """When the hour of a moment began, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def row_of(tenant: str, config_id: str, begins_at: datetime) -> Row:
    """The row that holds an hour's figures; the names of a config's rows sort by time."""
    return Row(tenant, f"config#{config_id}#{begins_at:%Y-%m-%dT%H}", begins_at + KEPT_FOR)


def config_counts(change: Change) -> Iterator[Count]:
    """What a change adds to its config's hour."""
    if not isinstance(change, DeliveryRecorded):
        return
    amounts = {
        "succeeded": int(change.is_succeeded),
        "failed": int(change.is_dead),
        "attempts": len(change.durations_ms),
    }
    for duration in change.durations_ms:
        name = f"{_BUCKET}{bucket_of(duration)}"
        amounts[name] = amounts.get(name, 0) + 1
    if any(amounts.values()):
        row = row_of(change.tenant, change.config_id, hour_of(change.at))
        counted = {name: amount for name, amount in amounts.items() if amount}
        yield Count(row, change.number, counted)


def bucket_of(milliseconds: int) -> int:
    """The number of the bucket that a duration falls into; the first one holds up to 1 ms."""
    return math.ceil(_BUCKETS_TO_DOUBLE * math.log2(milliseconds)) if milliseconds > 1 else 0


def percentile(buckets: Mapping[int, int], share: float) -> int | None:
    """The duration that this share of all are within; None if there are none."""
    rank = math.ceil(share * sum(buckets.values()))
    counted = 0
    for number, count in sorted(buckets.items()):
        counted += count
        if counted >= rank > 0:
            return max(1, round(2 ** ((number - 0.5) / _BUCKETS_TO_DOUBLE)))
    return None
