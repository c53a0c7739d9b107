"""Times on the command line: as the API takes them, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

import click

A_TIME = "ISO 8601, a date, or 1h for an hour ago"
_AGO = re.compile(r"([0-9]{1,9})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> str:
    """A time as the API takes it: `1h` is an hour ago by this machine's clock, the rest its own."""
    ago = _AGO.fullmatch(text.strip())
    if ago is None:
        return text
    try:
        at = datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    except OverflowError as cause:
        raise click.BadParameter(f"{text} is longer ago than there are dates.") from cause
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
