"""What the API was asked and what it answered, read from the function's own log."""

import json
from dataclasses import dataclass

_NOTES = ("tenant", "event_id", "error")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request and its answer, as the function logged it."""

    at: str  # 2026-11-21T22:55:18.123Z
    method: str
    route: str
    status: int
    duration_ms: float
    notes: tuple[str, ...]  # the tenant, the event, the error: what there is of them


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
