"""What the API was asked and what it answered, read from the function's own log."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.clients import client

POLL_SECONDS = 0.5  # soon enough for a person, rare enough to leave the emulator its time
_NOTES = ("tenant", "event_id", "error")
_OVERLAP_MILLISECONDS = 5_000  # a call that ends later may be logged under an earlier time


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request and its answer, as the function logged it."""

    at: str  # 2026-11-21T22:55:18.123Z
    method: str
    route: str
    status: int
    duration_ms: float
    notes: tuple[str, ...]  # the tenant, the event, the error: what there is of them


def follow(endpoint: str, stack_name: str, since: float) -> Iterator[RequestLine]:
    """Yield each request that ended after `since` (in seconds, as `time.time`), for ever."""
    group = (
        client("cloudformation", endpoint)
        .describe_stack_resource(StackName=stack_name, LogicalResourceId="ApiLogGroup")
        .get("StackResourceDetail")["PhysicalResourceId"]
    )
    logs = client("logs", endpoint)
    seen: dict[tuple[str, str], int] = {}
    after = int(since * 1000) + 1
    while True:
        for line in _lines(logs, group, after):
            key = (line["logStreamName"], line["message"])
            if key not in seen and (request := parse(line["message"])) is not None:
                yield request
            seen[key] = line["timestamp"]
        after = max(after, max(seen.values(), default=0) - _OVERLAP_MILLISECONDS)
        seen = {key: at for key, at in seen.items() if at >= after}
        time.sleep(POLL_SECONDS)


def parse(message: str) -> RequestLine | None:
    """Return the request a log line tells of; None for any other line."""
    try:
        line = json.loads(message)
    except ValueError:
        return None
    if not isinstance(line, dict) or line.get("message") != "request.completed":
        return None
    return RequestLine(
        at=line["timestamp"],
        method=line["method"],
        route=line.get("route", "(no such route)"),
        status=line["status"],
        duration_ms=sum(line["ApiLatency"]),
        notes=tuple(str(line[name]) for name in _NOTES if name in line),
    )


def _lines(logs: Any, group: str, after: int) -> list[dict[str, Any]]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=after)
    return [event for page in pages for event in page["events"]]
