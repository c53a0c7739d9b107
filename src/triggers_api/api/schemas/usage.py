"""Answers of `/usage`."""

from datetime import date
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel

from triggers_api.api.schemas.configs import Time
from triggers_api.api.schemas.limits import LimitsOut
from triggers_api.usage.daily import DailyUsage
from triggers_api.usage.hourly import HourlyUsage

_LAZY: Final = ConfigDict(extra="forbid", defer_build=True)
_FIGURES: Final[dict[str, Any]] = {
    "date": "2026-11-21",
    "events_created": 4200,
    "payload_bytes": 3_906_000,
    "events_acknowledged": 4188,
    "attempts": 4310,
    "deliveries_succeeded": 4195,
    "deliveries_failed": 3,
}
_HOUR: Final[dict[str, Any]] = {
    "begins_at": "2026-11-21T22:00:00.000000Z",
    "events_created": 310,
    "deliveries_succeeded": 309,
    "deliveries_failed": 1,
}
_OF_A_TENANT: Final[Any] = {
    "days": [_FIGURES],
    "limits": LimitsOut.model_json_schema()["examples"][0],
}
_OF_ALL: Final[Any] = [{"tenant": "acme"} | _FIGURES]


class UsageOfDayOut(BaseModel):
    """What was used on a day, in UTC."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [_FIGURES]})

    date: date
    events_created: int = Field(description="Stored; a repeated request stores none.")
    payload_bytes: int = Field(
        description="Of the payloads of those, as they are kept: without the spacing between tokens."
    )
    events_acknowledged: int = Field(
        description="Became `delivered`; one that is replayed and acknowledged again counts again."
    )
    attempts: int = Field(description="Pushes tried, with every retry.")
    deliveries_succeeded: int = Field(description="Accepted by their receivers.")
    deliveries_failed: int = Field(description="Given up.")

    @classmethod
    def figures_of(cls, usage: DailyUsage) -> dict[str, Any]:
        """The members that tell of a day."""
        return {
            "date": usage.day,
            "events_created": usage.events_created,
            "payload_bytes": usage.payload_bytes,
            "events_acknowledged": usage.events_acknowledged,
            "attempts": usage.attempts,
            "deliveries_succeeded": usage.deliveries_succeeded,
            "deliveries_failed": usage.deliveries_failed,
        }

    @classmethod
    def of(cls, usage: DailyUsage) -> Self:
        """One day."""
        return cls.model_validate(cls.figures_of(usage))


class UsageOut(BaseModel):
    """A tenant's days, the oldest first; the last one is today, so far. And what it may use."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [_OF_A_TENANT]})

    days: list[UsageOfDayOut]
    limits: LimitsOut


class UsageOfHourOut(BaseModel):
    """What was used in an hour of the clock, in UTC."""

    model_config = _LAZY

    begins_at: Time
    events_created: int = Field(description="Stored; a repeated request stores none.")
    deliveries_succeeded: int = Field(description="Accepted by their receivers.")
    deliveries_failed: int = Field(description="Given up.")

    @classmethod
    def of(cls, usage: HourlyUsage) -> Self:
        """One hour."""
        return cls(
            begins_at=usage.begins_at,
            events_created=usage.events_created,
            deliveries_succeeded=usage.deliveries_succeeded,
            deliveries_failed=usage.deliveries_failed,
        )


class HourlyUsageOut(BaseModel):
    """Oldest hour first; the last one is the running hour."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [{"hours": [_HOUR]}]})

    hours: list[UsageOfHourOut]


class UsageOfTenantOut(UsageOfDayOut):
    """What a tenant used on a day, in UTC."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": _OF_ALL})

    tenant: str

    @classmethod
    def of_tenant(cls, tenant: str, usage: DailyUsage) -> Self:
        """One tenant's day."""
        return cls.model_validate(cls.figures_of(usage) | {"tenant": tenant})


class AnyUsageOut(RootModel[UsageOut | list[UsageOfTenantOut]]):
    """A tenant's own usage; or, for an operator key, a page of all tenants of a day."""

    model_config = ConfigDict(
        defer_build=True, json_schema_extra={"examples": [_OF_A_TENANT, _OF_ALL]}
    )
