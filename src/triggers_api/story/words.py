"""How times stand in sentences."""

from datetime import UTC, datetime


def day_and_time(moment: datetime) -> str:
    """To the second, in UTC: `2026-11-21 22:55:18 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
