"""Bodies of leasing and releasing, and what is answered."""

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictStr,
    StringConstraints,
)

from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.api.schemas.configs import Time
from triggers_api.api.schemas.events import EXAMPLE_EVENT, MAX_IDS, EventOut
from triggers_api.api.schemas.numbers import WholeNumber
from triggers_api.leases.count import COUNTED_UP_TO, InboxStats

EXAMPLE_LEASE_ID: Final = "lse_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"
MAX_LEASED: Final = 100
MAX_LEASE_SECONDS: Final = 12 * 60 * 60
LEASE_ID_PATTERN: Final = r"^lse_[0-7][0-9A-HJKMNP-TV-Z]{25}$"
PATTERN_HINTS[LEASE_ID_PATTERN] = "give the lease_id that POST /inbox/lease answered"


class LeaseIn(BaseModel):
    """How many events a worker wants, and for how long."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"limit": 10, "lease_seconds": 60}]}
    )

    limit: WholeNumber = Field(default=10, ge=1, le=MAX_LEASED, description="Events at most.")
    lease_seconds: WholeNumber = Field(
        default=60,
        ge=1,
        le=MAX_LEASE_SECONDS,
        description="How long they are hidden from other leases: longer than the work takes.",
    )


class LeaseOut(BaseModel):
    """Events that are the worker's until the lease ends."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lease_id": EXAMPLE_LEASE_ID,
                    "expires_at": "2026-11-21T22:56:18.123456Z",
                    "events": [EXAMPLE_EVENT],
                }
            ]
        },
    )

    lease_id: str | None = Field(description="To release them. Null if there are no events.")
    expires_at: datetime | None = Field(description="When the lease ends. Null if no events.")
    events: list[EventOut] = Field(description="Oldest first; may be fewer than asked for.")


class InboxStatsOut(BaseModel):
    """How much waits for the tenant's consumers."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "pending": 42,
                    "failed": 1,
                    "leased": 10,
                    "oldest_pending_at": "2026-11-21T22:55:18.123456Z",
                    "is_capped": False,
                }
            ]
        },
    )

    pending: Annotated[int, Field(ge=0, le=COUNTED_UP_TO)] = Field(
        description="Events that nobody has acknowledged, and whose pushes were not given up."
    )
    failed: Annotated[int, Field(ge=0, le=COUNTED_UP_TO)] = Field(
        description="Events whose every push was given up; they wait to be acknowledged as well."
    )
    leased: Annotated[int, Field(ge=0, le=COUNTED_UP_TO)] = Field(
        description="How many of these are leased to workers right now."
    )
    oldest_pending_at: Time | None = Field(
        description="When the oldest pending event was created; null if there is none."
    )
    is_capped: bool = Field(
        description="There are more: each number is exact up to 10,000 and counts no further."
    )

    @classmethod
    def of(cls, stats: InboxStats) -> Self:
        """What is answered of these."""
        return cls(
            pending=stats.pending,
            failed=stats.failed,
            leased=stats.leased,
            oldest_pending_at=stats.oldest_pending_at,
            is_capped=stats.is_capped,
        )


class ReleaseIn(BaseModel):
    """What a worker gives back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"lease_id": EXAMPLE_LEASE_ID}]}
    )

    lease_id: Annotated[
        str, StringConstraints(strict=True, max_length=64, pattern=LEASE_ID_PATTERN)
    ] = Field(examples=[EXAMPLE_LEASE_ID])
    event_ids: list[Annotated[StrictStr, StringConstraints(min_length=1, max_length=64)]] | None = (
        Field(
            default=None,
            min_length=1,
            max_length=MAX_IDS,
            description="Which events; all of the lease's if it is left out.",
        )
    )
