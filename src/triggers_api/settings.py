"""The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment may set; `template.yaml` sets all of it."""

    events_table: str
    keys_table: str
    cursor_key: bytes
    undelivered_retention: timedelta
    delivered_retention: timedelta
    tracing: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing one raises KeyError with its name."""
        return cls(
            events_table=environment["EVENTS_TABLE"],
            keys_table=environment["KEYS_TABLE"],
            cursor_key=environment["CURSOR_KEY"].encode(),
            undelivered_retention=_days(environment["UNDELIVERED_RETENTION_DAYS"]),
            delivered_retention=_days(environment["DELIVERED_RETENTION_DAYS"]),
            tracing=environment["TRACING"] == "on",
        )


def _days(text: str) -> timedelta:
    return timedelta(days=int(text))
