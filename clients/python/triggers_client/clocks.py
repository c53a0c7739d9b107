"""How long things take, which no clock on the wall can tell: it may be wrong, and be set."""

import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

# Unlike `time.monotonic`, it goes on while the machine sleeps.
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def elapsed() -> float:
    """Seconds since some moment, on a clock that nobody sets and that a sleep does not stop."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """When an answer was made, by the clock of who made it."""
    return _http_date(headers.get("date"))


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long an answer asks to wait: `4`, `4.5`, or a date, which counts from its own."""
    text = (headers.get("retry-after") or "").strip()
    whole, _, fraction = text.partition(".")
    if text.isascii() and whole.isdecimal() and (not fraction or fraction.isdecimal()):
        return float(text)
    at, now = _http_date(text), answered_at(headers)
    if at is None:
        return None
    return max(0.0, at.timestamp() - (time.time() if now is None else now.timestamp()))


def _http_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
