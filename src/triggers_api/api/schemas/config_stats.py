"""Answers of `GET /notifications/configs/{config_id}/stats`; built at their first use."""

from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID, Time
from triggers_api.usage.config_hours import ConfigHour

_HOUR: Final[dict[str, Any]] = {
    "begins_at": "2026-11-21T22:00:00.000000Z",
    "succeeded": 120,
    "failed": 1,
    "attempts": 129,
    "p50_ms": 91,
    "p95_ms": 304,
}
_Count = Annotated[int, Field(ge=0)]
_Milliseconds = Annotated[
    int | None,
    Field(description="Of the receiver's answers, give or take 9 %; null without attempts."),
]


class ConfigHourOut(BaseModel):
    """An hour of the clock, in UTC."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    begins_at: Time
    succeeded: _Count = Field(description="Deliveries that succeeded.")
    failed: _Count = Field(description="Deliveries given up.")
    attempts: _Count = Field(description="Attempts of all deliveries, those that go on too.")
    p50_ms: _Milliseconds
    p95_ms: _Milliseconds

    @classmethod
    def of(cls, hour: ConfigHour) -> Self:
        """One hour of a config."""
        return cls(
            begins_at=hour.begins_at,
            succeeded=hour.succeeded,
            failed=hour.failed,
            attempts=hour.attempts,
            p50_ms=hour.p50_ms,
            p95_ms=hour.p95_ms,
        )


class ConfigStatsOut(BaseModel):
    """Oldest hour first; the last one is the running hour."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={"examples": [{"config_id": EXAMPLE_CONFIG_ID, "hours": [_HOUR]}]},
    )

    config_id: str
    hours: list[ConfigHourOut]
