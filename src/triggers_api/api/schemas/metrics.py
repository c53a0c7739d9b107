"""Answers of `/metrics` that are tables, as pydantic models; built at their first use."""

from datetime import date
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID, Time
from triggers_api.api.schemas.deliveries import EXAMPLE_DELIVERY_ID
from triggers_api.api.schemas.events import EXAMPLE_EVENT
from triggers_api.push.delivery import Delivery
from triggers_api.watch.figures import Row, percent
from triggers_api.watch.metrics import Metric

_LAZY: Final = ConfigDict(extra="forbid", defer_build=True)
EXAMPLE_NOW: Final = "2026-11-21T22:55:18.123456Z"
EXAMPLE_HOUR: Final = "2026-11-21T22:00:00.000000Z"
Percent = Annotated[float | None, Field(description="0 to 100; null if there was nothing at all.")]
AsOf = Annotated[Time, Field(description="When it was read; at most a minute ago.")]


class DayOfEventsOut(BaseModel):
    """A day, in UTC."""

    model_config = _LAZY

    date: date
    created: int
    acknowledged: int


class DailyEventsOut(BaseModel):
    """Oldest day first; the last one is today, so far."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": EXAMPLE_NOW,
                    "days": [{"date": "2026-11-21", "created": 4200, "acknowledged": 4188}],
                }
            ]
        }
    )

    as_of: AsOf
    days: list[DayOfEventsOut]


class DayOfChangesOut(BaseModel):
    """A day, in UTC."""

    model_config = _LAZY

    date: date
    delivered: int = Field(description="Acknowledged, by a consumer or by a push.")
    failed: int = Field(description="All pushes given up.")
    replayed: int = Field(description="Put back to pending.")


class StatusChangesOut(BaseModel):
    """Oldest day first; the last one is today, so far."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": EXAMPLE_NOW,
                    "days": [{"date": "2026-11-21", "delivered": 4188, "failed": 2, "replayed": 1}],
                }
            ]
        }
    )

    as_of: AsOf
    days: list[DayOfChangesOut]


class HourOfSuccessOut(BaseModel):
    """An hour of the clock."""

    model_config = _LAZY

    begins_at: Time
    succeeded: int
    failed: int
    success_rate_percent: Percent


class ChannelSuccessOut(BaseModel):
    """A channel, over all these hours."""

    model_config = _LAZY

    channel: str
    succeeded: int
    failed: int
    success_rate_percent: Percent

    @classmethod
    def of(cls, channel: str, succeeded: int, failed: int) -> Self:
        """With the rate that follows."""
        rate = percent(succeeded, failed)
        return cls(channel=channel, succeeded=succeeded, failed=failed, success_rate_percent=rate)


class SuccessRateOut(BaseModel):
    """Oldest hour first; the last one is the running hour."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": EXAMPLE_NOW,
                    "since": EXAMPLE_HOUR,
                    "succeeded": 98,
                    "failed": 2,
                    "success_rate_percent": 98.0,
                    "hours": [
                        {
                            "begins_at": EXAMPLE_HOUR,
                            "succeeded": 98,
                            "failed": 2,
                            "success_rate_percent": 98.0,
                        }
                    ],
                    "channels": [
                        {
                            "channel": "webhook",
                            "succeeded": 98,
                            "failed": 2,
                            "success_rate_percent": 98.0,
                        }
                    ],
                }
            ]
        }
    )

    as_of: AsOf
    since: Time
    succeeded: int
    failed: int
    success_rate_percent: Percent
    hours: list[HourOfSuccessOut]
    channels: list[ChannelSuccessOut] = Field(
        description="Every channel over all these hours. Their sum may be less than the whole: a "
        "delivery whose config was deleted meanwhile is of no channel."
    )


class HourOfFailuresOut(BaseModel):
    """An hour of the clock."""

    model_config = _LAZY

    begins_at: Time
    failed: int
    dead_letters: int

    @classmethod
    def of(cls, row: Row) -> Self:
        """One hour of a table."""
        return cls(
            begins_at=row.begins_at,
            failed=row.counts[Metric.DELIVERIES_FAILED],
            dead_letters=row.counts[Metric.DEAD_LETTERS],
        )


class DeadDeliveryOut(BaseModel):
    """A delivery of the caller's tenant that was given up."""

    model_config = _LAZY

    delivery_id: str
    config_id: str
    event_id: str
    event_type: str
    created_at: Time = Field(description="When it was first attempted.")
    attempts: int
    reason: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """What its record says."""
        return cls(
            delivery_id=delivery.id,
            config_id=delivery.task.config_id,
            event_id=delivery.task.event_id,
            event_type=delivery.event_type,
            created_at=delivery.created_at,
            attempts=len(delivery.attempts),
            reason=delivery.reason,
        )


class FailuresOut(BaseModel):
    """Of the deployment, oldest hour first; and the tenant's own latest, newest first."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": EXAMPLE_NOW,
                    "since": EXAMPLE_HOUR,
                    "failed": 2,
                    "dead_letters": 2,
                    "hours": [{"begins_at": EXAMPLE_HOUR, "failed": 2, "dead_letters": 2}],
                    "latest": [
                        {
                            "delivery_id": EXAMPLE_DELIVERY_ID,
                            "config_id": EXAMPLE_CONFIG_ID,
                            "event_id": EXAMPLE_EVENT["id"],
                            "event_type": "invoice.failed",
                            "created_at": EXAMPLE_NOW,
                            "attempts": 10,
                            "reason": "the receiver answered 500",
                        }
                    ],
                }
            ]
        }
    )

    as_of: AsOf
    since: Time
    failed: int
    dead_letters: int
    hours: list[HourOfFailuresOut]
    latest: list[DeadDeliveryOut] = Field(description="Of the caller's tenant only; at most 20.")
