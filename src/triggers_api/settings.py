"""The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the API needs; `template.yaml` sets all of it."""

    events: "EventsSettings"
    keys_table: str
    cursor_key: bytes
    rate_limit_per_second: int  # 0 limits nobody
    rate_limit_burst: int

    @property
    def tracing(self) -> bool:
        """Whether requests are traced, and what follows from them."""
        return self.events.tracing

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing one raises KeyError with its name."""
        return cls(
            events=EventsSettings.from_environment(environment),
            keys_table=environment["KEYS_TABLE"],
            cursor_key=environment["CURSOR_KEY"].encode(),
            rate_limit_per_second=int(environment["RATE_LIMIT_PER_SECOND"]),
            rate_limit_burst=int(environment["RATE_LIMIT_BURST"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsSettings:
    """Where events are kept, how long, and whether the traces they came with go on with them."""

    table: str
    undelivered_retention: timedelta
    delivered_retention: timedelta
    tracing: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing one raises KeyError with its name."""
        return cls(
            table=environment["EVENTS_TABLE"],
            undelivered_retention=_days(environment["UNDELIVERED_RETENTION_DAYS"]),
            delivered_retention=_days(environment["DELIVERED_RETENTION_DAYS"]),
            tracing=environment["TRACING"] == "on",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """Where tasks go; a function that never waits or gives up needs the first only."""

    queue_url: str
    queue_arn: str
    dead_letter_queue_url: str
    scheduler_group: str
    scheduler_role_arn: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing DELIVERY_QUEUE_URL raises KeyError."""
        return cls(
            queue_url=environment["DELIVERY_QUEUE_URL"],
            queue_arn=environment.get("DELIVERY_QUEUE_ARN", ""),
            dead_letter_queue_url=environment.get("DEAD_LETTER_QUEUE_URL", ""),
            scheduler_group=environment.get("SCHEDULER_GROUP", ""),
            scheduler_role_arn=environment.get("SCHEDULER_ROLE_ARN", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """What pushing needs beside the queue."""

    notifications_table: str
    secrets_key_id: str
    delivery_retention: timedelta
    retry_delays: tuple[timedelta, ...]
    allow_private_targets: bool  # local runs only: the template cannot set it on AWS
    brand: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing table or key raises KeyError."""
        seconds = environment.get("RETRY_SCHEDULE_SECONDS", "")
        delays = tuple(timedelta(seconds=float(each)) for each in seconds.split(",") if each)
        return cls(
            notifications_table=environment["NOTIFICATIONS_TABLE"],
            secrets_key_id=environment.get("SECRETS_KEY_ID", ""),
            delivery_retention=_days(environment["DELIVERED_RETENTION_DAYS"]),
            retry_delays=delays,
            allow_private_targets=environment.get("ALLOW_PRIVATE_TARGETS") == "1",
            brand=environment.get("BRAND", "KONOZY"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Under which names this deployment's metrics and alarms are found in its account."""

    stack: str
    namespace: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing one raises KeyError with its name."""
        return cls(
            stack=environment["POWERTOOLS_SERVICE_NAME"],
            namespace=environment["POWERTOOLS_METRICS_NAMESPACE"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings:
    """What the monitor looks at."""

    events_table: str
    keys_table: str
    notifications_table: str
    undelivered_retention: timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; a missing one raises KeyError with its name."""
        return cls(
            events_table=environment["EVENTS_TABLE"],
            keys_table=environment["KEYS_TABLE"],
            notifications_table=environment["NOTIFICATIONS_TABLE"],
            undelivered_retention=_days(environment["UNDELIVERED_RETENTION_DAYS"]),
        )


def _days(text: str) -> timedelta:
    return timedelta(days=int(text))
