"""The monitor's report in DynamoDB: one row, under a key that no tenant can have.

| item   | pk        | sk       | holds                              |
|--------|-----------|----------|------------------------------------|
| report | `#health` | `report` | the last report, compressed        |

Compressed, a dozen alarms fit into 1 KB: one write unit a minute, half a read unit a question.
"""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from triggers_api.store.table import Item, RefusedError, Table, unavailable_if_refused
from triggers_api.stored import readable, word
from triggers_api.timestamps import from_text, to_text
from triggers_api.watch.alarms import Alarm, AlarmSeverity, AlarmState, Gauges, HealthReport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY: Final[Item] = {"pk": {"S": "#health"}, "sk": {"S": "report"}}


class DynamoHealthStore:
    """See `HealthStore`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """`client` should give up soon where somebody waits for the answer."""
        self._table = Table(client, table)

    def find_report(self) -> HealthReport | None:
        """See `HealthStore.find_report`. One read; what it says is a minute old anyway."""
        with unavailable_if_refused():
            item = self._table.find(_KEY, consistent=False)
        return next(readable([item] if item else (), _to_report, "report"), None)

    def keep_report(self, report: HealthReport) -> None:
        """See `HealthStore.keep_report`. One write."""
        taken_at = {"S": to_text(report.taken_at)}
        with suppress(RefusedError):  # a later report is there, or this one: its answer was lost
            self._table.put(
                _KEY | {"taken_at": taken_at, "report": {"B": _packed(report)}},
                "attribute_not_exists(pk) OR taken_at < :taken_at",
                {":taken_at": taken_at},
            )


def _packed(report: HealthReport) -> bytes:
    gauges = report.gauges
    said = {
        "gauges": [
            gauges.inbox_depth,
            gauges.oldest_pending_age_seconds,
            gauges.circuits_open,
        ],
        "alarms": [
            [
                alarm.name,
                alarm.severity,
                alarm.what,
                alarm.state,
                alarm.since and to_text(alarm.since),
                alarm.reason,
                alarm.description,
            ]
            for alarm in report.alarms
        ],
    }
    return zlib.compress(json.dumps(said, separators=(",", ":")).encode())


def _to_report(item: Item) -> HealthReport:
    said = json.loads(zlib.decompress(item["report"]["B"]))
    depth, age, circuits, *_ = said["gauges"]
    return HealthReport(
        taken_at=from_text(item["taken_at"]["S"]),
        alarms=tuple(readable(said["alarms"], _to_alarm, "alarm")),
        gauges=Gauges(inbox_depth=depth, oldest_pending_age_seconds=age, circuits_open=circuits),
    )


def _to_alarm(said: list[Any]) -> Alarm:
    name, severity, what, state, since, reason, description, *_ = said
    changed_at: datetime | None = since and from_text(since)
    return Alarm(
        name=name,
        severity=word(AlarmSeverity, severity),
        what=what,
        state=word(AlarmState, state),
        since=changed_at,
        reason=reason,
        description=description,
    )
